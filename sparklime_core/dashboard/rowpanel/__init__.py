"""The parts of the row panel, one module each; `dashboard.explanation` puts them together."""
