"""The parts of the page *Tuning*."""
