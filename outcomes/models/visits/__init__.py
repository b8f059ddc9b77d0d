"""Models for repeated measures at planned visits."""
