"""Colours that mean the same on every chart, on light and on dark, for colour-blind people too.

Each stands out from both backgrounds by a contrast of at least 3 to 1 (WCAG 2.2, 1.4.11); a test holds it, and the
distance of blue and orange as people without red or green cones see them.
"""

FOR = "#3d7fc9"
"""Blue: speaks for the label."""
AGAINST = "#cc6f1c"
"""Orange: speaks against it."""
REST = "#7f8998"
"""Grey: everything that is folded into one bar, or is not looked at."""

LOW = "#8560d0"
"""Violet: a low value of a feature."""
HIGH = "#d9a514"
"""Amber: a high one."""

FIRST = "#2f9c86"
"""Green-blue: more in the first of two groups of rows."""
SECOND = "#b3669f"
"""Mauve: more in the second."""

CHOSEN = "#dc443e"
"""Red: the one row that is looked at, among many."""

EXACT = "#9b72c7"
"""Purple: what there is without sampling."""

AVERAGED = "#3a956f"
"""Green: the model's average over rows of the table, with a feature put into a bin (partial dependence)."""

INK = "currentColor"
"""The page's own text colour, as an SVG takes it; for a canvas or a picture, `theme.inked` fills in a theme's."""

AXIS = 62
"""Pixels that a horizontal axis with its title takes of a chart's height."""

EXECUTORS = ("#3d7fc9", "#cc6f1c", "#3a956f", "#9b72c7", "#c65b74", "#a08620", "#2f93ad", "#7f8998")
"""One for each executor, in turn."""
