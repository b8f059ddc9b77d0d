"""What every page of a report says about who may see it."""

from __future__ import annotations

MARKS = {"internal": "INTERNAL - NOT FOR RELEASE: contains small cells"}
"""The mark of each audience; a report is never written without one."""
