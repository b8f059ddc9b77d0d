"""What is read off a fitted mixed model: means, differences, predictions, diagnostics."""
