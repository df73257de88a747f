"""The parts of the row panel, one module each; `dashboard.rowpanel.panel` puts them together."""
