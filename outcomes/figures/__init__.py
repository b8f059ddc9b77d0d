"""One module per kind of picture; they draw finished frames and compute nothing."""
