"""Results that the tests of notebooks look at."""

import pyarrow as pa

from sparklime_core.explain.schema import result_schema
from tests.app.conftest import NASTY

WEIGHTS = {"age": 0.25, "income": -0.1}


def result(row: object, label: int, prediction: float, weights: dict[str, float] = WEIGHTS) -> dict[str, object]:
    """Return a result whose intercept and weights add up."""
    return {
        "row_id": row,
        "label": label,
        "label_name": f"class {label}",
        "prediction": prediction,
        "local_prediction": 0.5 + sum(weights.values()),
        "intercept": 0.5,
        "score": 0.4,
        "explanation": [
            {"feature": name, "feature_explanation": f"{name} > 3.00", "weight": weight}
            for name, weight in sorted(weights.items(), key=lambda pair: -abs(pair[1]))
        ],
        "profile_score": 0.8,
        "effective_share": 0.9,
    }


def failed(row: object) -> dict[str, object]:
    """Return the result of a row that could not be explained."""
    return {"row_id": row, "label": 0, "label_name": "class 0", "error": "The value of 'age' is missing."}


def table(*results: dict[str, object], ids: pa.DataType | None = None) -> pa.Table:
    """Return results as a table; `ids` is the type of ``row_id``."""
    schema = result_schema(profiles=False)
    return pa.Table.from_pylist(list(results), schema.set(0, pa.field("row_id", ids or pa.int64())))


def nasty_table() -> pa.Table:
    """Return results whose every text is of the kind that takes a page over."""
    lines = [result(row, 0, 0.5, {name: 0.1}) | {"label_name": name} for row, name in enumerate(NASTY)]
    return table(*lines, failed(99) | {"error": NASTY[0]})
