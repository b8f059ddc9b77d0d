"""REDCap: records, data dictionary, events, label exports and the project XML."""
