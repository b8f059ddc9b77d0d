"""Tidy summaries of a cohort: one row per group, every proportion with its denominator and interval."""
