"""The parts of the page *Spark*."""
