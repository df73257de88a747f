"""The parts of the page *Workers*."""
