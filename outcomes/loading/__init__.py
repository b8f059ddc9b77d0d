"""The only readers of data files: one module per family of formats behind load_cohort and inspect_source."""
