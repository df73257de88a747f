"""`TableRecord`: what a table of explanations says of itself, so that a later command can go on with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from sparklime_core.explain.schema import SCHEMA_VERSION, VERSION_KEY

HOME = "row_id"
"""The column whose metadata has the record: files of Parquet, Delta tables and tables of the catalog keep it."""

KEY = "sparklime"


@dataclass(frozen=True)
class TableRecord:
    """From what a table of explanations was made. Every commit carries it, so no explanation is without it.

    Attributes
    ----------
    request
        All that an explanation depends on besides its row: settings, and digests of the model and its table.
    rows
        How many rows the source had.
    digest
        Of these rows: their ids and the columns that the model needs.
    version
        Of the schema of results.
    """

    request: Mapping[str, Any]
    rows: int
    digest: int
    version: int = SCHEMA_VERSION

    def attach(self, explained: DataFrame) -> DataFrame:
        """Return explanations that carry the record."""
        held = {"request": dict(self.request), "rows": self.rows, "digest": self.digest, VERSION_KEY: self.version}
        return explained.withMetadata(HOME, {KEY: json.dumps(held)})

    @classmethod
    def of(cls, table: DataFrame) -> "TableRecord | None":
        """Return the record of a table; None where it has none that can be read."""
        texts = [field.metadata.get(KEY) for field in table.schema.fields if field.name == HOME]
        try:
            held = json.loads(texts[0] or "")
            return cls(dict(held["request"]), int(held["rows"]), int(held["digest"]), int(held[VERSION_KEY]))
        except (IndexError, TypeError, ValueError, KeyError):
            return None

    def differences(self, request: Mapping[str, Any]) -> list[str]:
        """Return the names of what is not as in another request."""
        names = dict.fromkeys([*request, *self.request])
        return [name for name in names if self.request.get(name) != request.get(name)]
