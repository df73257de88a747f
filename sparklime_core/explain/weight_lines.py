"""Results laid out with one line for each weight: as tables and spreadsheets want them."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def weight_lines(results: pa.Table) -> pa.Table:
    """Return results (of the result's schema) with a line for each weight, or one for a row without any.

    Returns
    -------
    pyarrow.Table
        The columns of the results but for their lists, then ``feature``, ``feature_explanation``, ``weight`` (null
        where there is none) and ``error``. In the order of the results, and of each explanation.
    """
    entries = results["explanation"].combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(entries), 0).to_numpy(zero_copy_only=False)
    lines = np.maximum(lengths, 1)
    rows = pa.array(np.repeat(np.arange(len(lines)), lines), pa.int64())
    empty = np.repeat(lengths == 0, lines)
    places = pa.array(np.cumsum(~empty) - 1, pa.int64(), mask=empty)
    lists = [name for name in ("explanation", "profiles", "error") if name in results.column_names]
    table = results.drop_columns(lists).take(rows)
    parts = entries.flatten().take(places).flatten()
    for name, column in zip(("feature", "feature_explanation", "weight"), parts, strict=True):
        table = table.append_column(name, column)
    return table.append_column("error", results["error"].take(rows))
