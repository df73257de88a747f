"""The parts of the row panel, one module each; `panel` puts them together."""
