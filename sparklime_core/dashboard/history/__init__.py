"""The start of a run, and what is kept of it: opening, renaming, comparing."""
