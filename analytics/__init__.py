"""The questions of the analysts."""
