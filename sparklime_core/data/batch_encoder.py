"""`BatchEncoder`: encode the rows of a table batch by batch, as executors get them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparklime_core.data.feature_encoding import Encoding, encode_feature
from sparklime_core.data.parse_column import Column, parse_column
from sparklime_core.data.read_options import ReadOptions, TableFormat
from sparklime_core.errors import DataError


@dataclass(frozen=True)
class BatchEncoder:
    """Encodes batches as the model's own table was encoded, value by value: how they are cut changes nothing.

    What depends on a whole column is settled beforehand: texts are written as in the model's table,
    unless the options say otherwise. A number or date in another notation cannot be explained.

    Attributes
    ----------
    encoding
        Of the table that the model was trained on.
    found
        For each of its columns, the name of the table's column; None where it is not there and taken as missing.
    options
        How texts are written, instead of what the encoding knows.
    """

    encoding: Encoding
    found: dict[str, str | None]
    options: ReadOptions

    @classmethod
    def of(cls, encoding: Encoding, names: Sequence[str], options: ReadOptions) -> "BatchEncoder":
        """Find the columns of a table by their names, spaces around them aside.

        Raises
        ------
        DataError
            When a column is not there that the model has never seen without values.
        """
        stripped = {name.strip(): name for name in reversed(names)}
        found = {name: name if name in names else stripped.get(name.strip()) for name in encoding.columns()}
        for feature in encoding.features:
            if found[feature.column] is None and feature.missing is None:
                shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
                raise DataError(
                    f"The table has no column {feature.column!r}, which the model needs; it has {shown}."
                )
        return cls(encoding, found, options)

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns that `encode` needs, in the order in which it takes them."""
        return tuple(name for name in self.found.values() if name is not None)

    def encode(self, columns: Sequence[pa.Array]) -> npt.NDArray[np.float64]:
        """Return a batch (n, d) of features; NaN where the model has never seen such a value."""
        arrays = dict(zip(self.columns, columns, strict=True))
        understood: dict[str, Column] = {
            name: self._understand(name, arrays[held]) for name, held in self.found.items() if held is not None
        }
        features = np.empty((len(columns[0]), len(self.encoding.features)))
        for at, feature in enumerate(self.encoding.features):
            column = understood.get(feature.column)
            features[:, at] = feature.missing if column is None else encode_feature(feature, column)[0]
            if column is not None and column.misfits is not None:
                features[np.asarray(column.misfits.to_numpy(zero_copy_only=False)), at] = np.nan
        return features

    def _understand(self, name: str, values: pa.Array) -> Column:
        kind = next(feature.kind for feature in self.encoding.features if feature.column == name)
        form = self.encoding.format or TableFormat(ReadOptions())
        like = form.column(name, kind, self.options)
        options = self.options.over(form.options)
        return parse_column(name, pa.chunked_array([values]), options, decimal=".", wanted=kind, like=like)
