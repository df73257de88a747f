"""`Explanations`: results as a notebook shows them, and as lime, pandas, altair and SHAP take them."""

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from sparklime_core.explain.schema import weight_lines
from sparklime_core.extras import extras_named
from sparklime_core.notebook.explanations_html import explanations_html
from sparklime_core.notebook.find_explanation import find_explanation
from sparklime_core.notebook.result_table import result_table
from sparklime_core.wording import count

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd
    import shap

SHOWN = 5
"""Explanations that a notebook shows; the others are counted."""

BARS = 15
"""Features of a plot that have a bar of their own."""


class Explanations:
    """Explanations of rows, which a notebook shows as it shows a table.

    Parameters
    ----------
    table
        Results: what `explain_rows` returns, ``explanations.parquet`` of a run, or what has been collected of
        `explain_dataframe`; a table of Arrow, of pandas, or of what gives an Arrow stream.

    Attributes
    ----------
    table
        The results as a `pyarrow.Table`.

    Raises
    ------
    DataError
        When the table holds no results.
    """

    def __init__(self, table: Any) -> None:
        self.table: pa.Table = result_table(table)

    def __len__(self) -> int:
        """Return how many explanations there are, one for each row and label."""
        return int(self.table.num_rows)

    def __repr__(self) -> str:
        return f"<{self._counted()}>"

    def _repr_html_(self) -> str:
        """Return the first explanations as HTML without a script, for light and for dark pages."""
        shown = self.table.slice(0, SHOWN).to_pylist()
        left = len(self) - len(shown)
        more = f" The first {len(shown)} are shown." if left else ""
        return explanations_html(f"{self._counted()}.{more}", shown, self._largest())

    def as_list(self, row: Any, label: int | str | None = None) -> list[tuple[str, float]]:
        """Return the explanation of a row in lime's own form.

        Parameters
        ----------
        row
            A value of ``row_id``.
        label
            A class by its index or name; None: the most probable one of those that are explained.

        Returns
        -------
        list of (str, float)
            Condition and weight, by falling \\|weight\\|.

        Raises
        ------
        DataError
            When there is no such row or label, or the row could not be explained.
        """
        found = find_explanation(self.table, row, label)
        return [(entry["feature_explanation"], entry["weight"]) for entry in found["explanation"]]

    def to_pandas(self) -> "pd.DataFrame":
        """Return a frame with one line for each weight, and one without a weight for a row that has none.

        Returns
        -------
        pandas.DataFrame
            The columns of the result but for ``explanation`` and ``profiles``, with ``feature``,
            ``feature_explanation`` and ``weight`` in their place.
        """
        frame: pd.DataFrame = weight_lines(self.table).to_pandas()
        return frame

    def plot(self, row: Any, label: int | str | None = None) -> "alt.Chart | alt.LayerChart":
        """Return the explanation of a row as a chart of altair.

        Parameters
        ----------
        row, label
            As `as_list` takes them.

        Raises
        ------
        DataError
            When there is no such row or label, or the row could not be explained.
        MissingExtraError
            When altair is not installed.
        """
        found = find_explanation(self.table, row, label)
        with extras_named():
            from sparklime_core.charts.chart_template import WIDTH  # noqa: PLC0415 - altair, of an extra
            from sparklime_core.charts.weights import fold_weights, weights_chart  # noqa: PLC0415

            return weights_chart(fold_weights(found["explanation"], {}, BARS), self._largest()).to_altair(WIDTH)

    def to_shap(self, label: int | str | None = None, data: Any = None) -> "shap.Explanation":
        """Return the explanations as SHAP's plots take them.

        Parameters
        ----------
        label
            A class by its index or name; None: for each row the most probable one of those that are explained.
        data
            A table of pandas or Arrow with a column of each feature and a line for each explained row, in their
            order: what SHAP colours its dots by.

        Returns
        -------
        shap.Explanation
            ``values`` (n, d): the weights, 0 where an explanation leaves a feature out; ``base_values`` (n,): the
            surrogate's intercept; ``feature_names``: by falling mean \\|weight\\|; ``instance_names``: the row
            ids. Rows that have no explanation of the label are left out. Base value and weights add up to the
            surrogate's value at the row, as in SHAP to the model's.

        Raises
        ------
        DataError
            When no row has an explanation of the label, or the weights do not add up: without bins, lime's
            weights are slopes.
        MissingExtraError
            When shap is not installed.
        """
        with extras_named():
            from sparklime_core.notebook.shap_form import shap_explanation  # noqa: PLC0415 - needs shap

            return shap_explanation(self.table, label, data)

    def _counted(self) -> str:
        rows = pc.count_distinct(self.table["row_id"], mode="all").as_py()
        return f"{count(len(self), 'explanation')} of {count(rows, 'row')}"

    def _largest(self) -> float:
        """Return the largest \\|weight\\|: the end of every plot's axis, so that rows can be compared."""
        weights = pc.struct_field(pc.list_flatten(self.table["explanation"]), "weight")
        return float(pc.max(pc.abs(weights)).as_py() or 0.0)
