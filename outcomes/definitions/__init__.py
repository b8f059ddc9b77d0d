"""What a questionnaire and an endpoint are: data with sources, not code."""
