"""Colours that mean the same on every chart, on light and on dark, for colour-blind people too."""

FOR = "#3d7fc9"
"""Blue: speaks for the label."""
AGAINST = "#e0812b"
"""Orange: speaks against it."""
REST = "#8d97a5"
"""Grey: everything that is folded into one bar, or is not looked at."""

INK = "currentColor"
"""The page's own text colour, which follows the theme; Vega draws texts in black otherwise."""

AXIS = 62
"""Pixels that a horizontal axis with its title takes of a chart's height."""

EXECUTORS = ("#3d7fc9", "#e0812b", "#3f9e78", "#9b72c7", "#c65b74", "#b3982a", "#4aa7bf", "#8d97a5")
"""One for each executor, in turn."""
