"""The parts of the page *Race*."""
