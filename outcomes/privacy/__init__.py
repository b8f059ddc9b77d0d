"""What must never come in or go out: identifiers of persons."""
