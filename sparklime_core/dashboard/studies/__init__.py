"""The race and the tuning page: work on some rows that is no run."""
