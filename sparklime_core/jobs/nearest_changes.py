"""The nearest changes of a run's rows, in the table's own words: one row at once, or many as a table."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.nearest_changes import Change, ChangeSearch, Observed, Wanted, observe
from sparklime_core.explain.types import FloatArray, predict_fn_of
from sparklime_core.runs.inputs import Inputs

LOOKED_AT = 20_000
"""Rows of the model's table whose values count as observed."""


TABLE = pa.schema(
    [
        ("row", pa.int64()),
        ("now", pa.string()),
        ("then", pa.string()),
        ("changed", pa.int64()),
        ("change", pa.string()),
        ("distance", pa.float64()),
    ]
)
"""The columns of `NearestChanges.table`."""


@dataclass(frozen=True)
class NearestChanges:
    """Finds the nearest changes of the rows of a run.

    Attributes
    ----------
    inputs
        The run's table and model.
    observed
        What was observed of each feature in the table that the model has learnt from.
    """

    inputs: Inputs
    observed: tuple[Observed, ...]

    @classmethod
    def of(cls, inputs: Inputs) -> "NearestChanges":
        """Observe the table that a run's model has learnt from."""
        table = inputs.learnt_from
        rows = table.features[:: max(1, table.rows // LOOKED_AT)]
        features = enumerate(table.encoding.features)
        return cls(
            inputs,
            tuple(
                observe(rows[:, at], feature.categories is not None, feature.missing) for at, feature in features
            ),
        )

    @property
    def usually_locked(self) -> tuple[str, ...]:
        """Features that stay unless a person frees them: the parts of a date hang together."""
        return tuple(feature.name for feature in self._table.encoding.features if feature.part is not None)

    def predict(self, rows: FloatArray) -> FloatArray:
        """Return the model's probabilities (n, K) of encoded rows, or its values (n, 1)."""
        predicted = np.asarray(predict_fn_of(self.inputs.estimator)(rows), dtype=np.float64)
        return predicted.reshape(len(rows), -1)

    def find(self, row_id: int, wanted: Wanted, locked: Collection[str] = (), most: int = 5) -> list[Change]:
        """Return the nearest changes of a row, the fewest features first; see `ChangeSearch.find`.

        Parameters
        ----------
        row_id
            Position of the row in the run's table.
        wanted
            What the model should say.
        locked
            Names of features that stay as they are.
        most
            How many changes are returned at most.
        """
        places = frozenset(at for at, name in enumerate(self._table.feature_names) if name in locked)
        row = self._table.features[row_id].astype(np.float64)
        return ChangeSearch(self.predict, self.observed, places).find(row, wanted, most)

    def table(self, row_ids: Iterable[int], wanted: Wanted, locked: Collection[str] = ()) -> pa.Table:
        """Return one line a row: its nearest change, or that none was found.

        Columns ``row``, ``now`` and ``then`` (predictions), ``changed`` (how many features), ``change``
        (in words) and ``distance``.
        """
        lines: list[dict[str, Any]] = []
        for row_id in row_ids:
            if not np.isfinite(self._table.features[row_id]).all():
                continue  # the model has never seen such values: the row has no explanation either
            found = self.find(row_id, wanted, locked, most=1)
            now = self.predict(self._table.features[[row_id]].astype(np.float64))[0]
            line = {"row": row_id, "now": self.prediction_text(now), "then": None, "changed": None, "change": None}
            if found:
                words = "; ".join(f"{name}: {old} → {new}" for name, old, new in self.words(row_id, found[0]))
                then = self.prediction_text(found[0].predicted)
                line |= {"then": then, "changed": len(found[0].features), "change": words}
            lines.append({**line, "distance": found[0].distance if found else None})
        return pa.Table.from_pylist(lines, TABLE)

    def words(self, row_id: int, change: Change) -> list[tuple[str, str, str]]:
        """Return a change as (feature, value before, value after), as a person would write them."""
        row = self._table.features[row_id]
        return [
            (
                self._table.feature_names[at],
                self._table.value_text(at, float(row[at])),
                self._table.value_text(at, value),
            )
            for at, value in zip(change.features, change.values, strict=True)
        ]

    def prediction_text(self, predicted: FloatArray) -> str:
        """Return the model's prediction in words."""
        names = self._table.class_names
        if names is None:
            return f"{predicted[0]:.6g}"
        label = int(predicted.argmax())
        return f"{names[label]} ({predicted[label]:.2f})"

    @property
    def _table(self) -> Dataset:
        return self.inputs.dataset
