"""All cases, by the headings of the corpus."""

from . import dates, degenerate, duplicates, encoding, excel, ids, kinds, labels, lines, scores, shape

GROUPS = (encoding, shape, kinds, lines, ids, scores, dates, duplicates, excel, labels, degenerate)
CASES = tuple(case for group in GROUPS for case in group.CASES)
