"""What charts are made of, as Vega-Lite has it."""

import json
from typing import Any

NASTY = "a.b[0] 'x' <img src=x onerror=alert(1)>"


def spec_of(chart: Any) -> dict[str, Any]:
    return json.loads(json.dumps(chart.to_dict(), sort_keys=True))


def fields_of(node: Any) -> set[str]:
    """Return every field name of a chart's encodings."""
    if isinstance(node, dict):
        found = {node["field"]} if isinstance(node.get("field"), str) else set()
        return found.union(*(fields_of(value) for name, value in node.items() if name != "datasets"))
    if isinstance(node, list):
        return set().union(*(fields_of(value) for value in node))
    return set()


def values_of(spec: dict[str, Any]) -> str:
    return json.dumps(list(spec["datasets"].values()), ensure_ascii=False)
