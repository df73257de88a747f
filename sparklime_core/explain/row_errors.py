"""Find the rows that LIME cannot explain, before lime finds them with an IndexError or a silent wrong bin."""

import numpy as np

from sparklime_core.explain.types import Explainer, FloatArray
from sparklime_core.explain.vocabulary import Vocabulary, is_categorical


def row_errors(explainer: Explainer, vocabulary: Vocabulary, rows: FloatArray) -> list[str | None]:
    """Return, for each row of (n, d), why it cannot be explained, or None."""
    errors: list[str | None] = [None] * len(rows)
    finite = np.isfinite(rows)
    for row in np.flatnonzero(~finite.all(axis=1)):
        first = int(np.flatnonzero(~finite[row])[0])
        name = explainer.feature_names[first]
        found = "missing (nan)" if np.isnan(rows[row, first]) else rows[row, first]
        errors[row] = f"The value of {name!r} is {found}, and LIME needs finite numbers."
    for feature in np.flatnonzero(is_categorical(explainer)):
        values = rows[:, feature]
        codes = np.where(finite[:, feature], values, -1.0)
        known = (vocabulary.terms(int(feature), codes.astype(np.int64)) >= 0) & (codes == np.floor(codes))
        for row in np.flatnonzero(~known):
            name = explainer.feature_names[feature]
            errors[row] = errors[row] or f"The value {values[row]:g} of {name!r} is no category that is known."
    return errors
