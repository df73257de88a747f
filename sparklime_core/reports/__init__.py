"""Reports: one HTML file of a run or of a row, which opens anywhere: no server, no script."""
