"""The corpus of bad inputs: each case is a small file made by code, and what it must give."""
