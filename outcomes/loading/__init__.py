"""The only readers of data files: one module per family of formats behind inspect_source and load_cohort."""
