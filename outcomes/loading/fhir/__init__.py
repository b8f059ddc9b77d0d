"""FHIR JSON: resources, who and what they are about, and the rows they make."""
