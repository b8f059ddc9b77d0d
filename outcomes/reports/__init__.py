"""The quarterly report: blocks, sections, renderers and the only writers of files."""
