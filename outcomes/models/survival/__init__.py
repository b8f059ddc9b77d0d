"""Times to onset and relapse."""
