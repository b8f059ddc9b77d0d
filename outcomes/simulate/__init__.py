"""A synthetic ketamine network with known truth: sample data and tests."""
