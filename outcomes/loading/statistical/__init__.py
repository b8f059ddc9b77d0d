"""SPSS, Stata and SAS transport files."""
