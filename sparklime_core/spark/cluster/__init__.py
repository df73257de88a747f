"""A standalone cluster on this machine."""
