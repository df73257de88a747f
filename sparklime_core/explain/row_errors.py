"""Find the rows that LIME cannot explain, before lime finds them with an IndexError or a silent wrong bin."""

import numpy as np

from sparklime_core.explain.features import feature_names, is_categorical
from sparklime_core.explain.types import Explainer, FloatArray
from sparklime_core.explain.vocabulary import Vocabulary


def row_errors(explainer: Explainer, vocabulary: Vocabulary, rows: FloatArray) -> list[str | None]:
    """Return, for each row of (n, d), why it cannot be explained, or None."""
    errors: list[str | None] = [None] * len(rows)
    names, finite = feature_names(explainer), np.isfinite(rows)
    for row in np.flatnonzero(~finite.all(axis=1)):
        first = int(np.flatnonzero(~finite[row])[0])
        errors[row] = _not_finite(explainer, names[first], first, rows[row, first])
    for feature in np.flatnonzero(is_categorical(explainer)):
        values = rows[:, feature]
        codes = np.where(finite[:, feature], values, -1.0)
        known = (vocabulary.terms(int(feature), codes.astype(np.int64)) >= 0) & (codes == np.floor(codes))
        for row in np.flatnonzero(~known):
            unknown = f"The value {values[row]:g} of {names[feature]!r} is no category that is known."
            errors[row] = errors[row] or unknown
    return errors


def _not_finite(explainer: Explainer, name: str, feature: int, value: float) -> str:
    if not np.isnan(value):
        return f"The value of {name!r} is {value}, and LIME needs finite numbers."
    sentinel = getattr(explainer.discretizer, "missing", {}).get(feature)
    if sentinel is not None:
        # A gap is a number here, and NaN is what the encoding could not place.
        return (
            f"The value of {name!r} is far below all that the model has seen (nan; a gap would be {sentinel:g})."
        )
    return f"The value of {name!r} is missing, and the model has never seen it missing."
