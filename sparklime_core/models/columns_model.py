"""`ColumnsModel`: a model that is asked in a table's own columns, behind the encoded rows that LIME draws."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils.metaestimators import available_if

from sparklime_core.models.decoding import Decoding

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ColumnsModel:
    """A fitted estimator of raw columns; it predicts encoded rows, which it gets decoded.

    Attributes
    ----------
    estimator
        The fitted estimator, which takes a pandas DataFrame.
    decoding
        How encoded rows become that DataFrame.
    n_features_in_
        How many features an encoded row has.
    """

    estimator: Any
    decoding: Decoding
    n_features_in_: int

    @property
    def classes_(self) -> Any:
        """The estimator's classes, in the order of its probabilities; `AttributeError` in regression."""
        return self.estimator.classes_

    def predict(self, rows: FloatArray) -> npt.NDArray[Any]:
        """Return the estimator's predictions (n,) of encoded rows (n, d)."""
        return np.asarray(self.estimator.predict(self.decoding.decode(rows)))

    def last_step(self, rows: FloatArray | None = None) -> tuple[Any, Any]:
        """Return the estimator that predicts in the end, and encoded rows (n, d) as it gets them."""
        last, table = self.estimator, None if rows is None else self.decoding.decode(rows)
        while hasattr(last, "steps") or hasattr(last, "best_estimator_"):
            if hasattr(last, "best_estimator_"):
                last = last.best_estimator_
                continue
            if table is not None and len(last.steps) > 1:
                table = last[:-1].transform(table)
            last = last.steps[-1][1]
        return last, table

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, rows: FloatArray) -> npt.NDArray[Any]:
        """Return the estimator's probabilities (n, K) for encoded rows (n, d)."""
        return np.asarray(self.estimator.predict_proba(self.decoding.decode(rows)))
