"""The rules of COURSES and EVENTS once more, in plain Python from the clinical definitions; no pandas."""
