"""Profiles: what every bin of a feature does to the prediction around a row, and how much that explains."""
