"""The sections of the report, one module per group of pages; each function gives one section."""
