"""Charts: a DataFrame with fixed column names in, a `template.Drawing` out; nothing is computed from runs here.

Names from a person's data are only ever *values* of a column: as field names, Vega would read their dots and
brackets as paths.
"""
