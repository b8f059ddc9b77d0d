"""The layout file: what it may say, how it is read, and how one is drafted."""
