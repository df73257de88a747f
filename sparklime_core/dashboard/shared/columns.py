"""The columns that tables of several pages have: one name, one form, one help each.

``**options`` are those of ``st.column_config``: a width, or a help of the table's own.
"""

from typing import Any

from streamlit.column_config import CheckboxColumn, NumberColumn, TextColumn

ROW = NumberColumn("Row", format="%d", width=56, pinned=True)
FEATURE = TextColumn("Feature", pinned=True)
VALUE = TextColumn("Value")
CONDITION = TextColumn("Condition", width="medium")
TRUTH = TextColumn("True", width=78)
PREDICTED = TextColumn("Predicted", width=78)
RIGHT = CheckboxColumn("Right", width=46)
REASON = TextColumn("Strongest reason")
MISSING = NumberColumn("Missing", help="Rows without a value")
DISTINCT = NumberColumn("Different values")
ROWS_PER_SECOND = NumberColumn("Rows/s", format="%.1f")


SHORT = {"probability": "Prob.", "log-odds": "Log-odds"}
"""The predictions of classes, as the title of a narrow column."""


def prediction(noun: str = "probability", *, regression: bool) -> Any:
    """Return the column of the predicted value, or of the predicted class's probability or log-odds."""
    name, form = ("Predicted", "%.4g") if regression else (SHORT[noun], "%.3f")
    return NumberColumn(name, format=form, width=62)


def weight(name: str = "Weight", **options: Any) -> Any:
    """Return a column of weights, each with its sign."""
    return NumberColumn(name, format="%+.4f", **options)


def score(name: str = "R²", **options: Any) -> Any:
    """Return a column of a fit or of local R²."""
    return NumberColumn(name, format="%.2f", **options)


def seconds(name: str = "Seconds", **options: Any) -> Any:
    """Return a column of seconds."""
    return NumberColumn(name, format="%.2f", **options)
