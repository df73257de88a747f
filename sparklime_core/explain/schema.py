"""All Arrow schemas: the public result, the compact one of executors, tasks, blocks, and stability.

A *term* is one condition of an explanation ("petal width <= 0.30"): the number of a (feature, bin or category)
pair in the `Vocabulary`. Executors return terms; texts are put in place once, on the driver.
"""

import numpy as np
import pyarrow as pa

from sparklime_core.explain.runtime import PHASES

SCHEMA_VERSION = 2
"""Of the public result: 1 had neither ``profile_score`` nor ``effective_share``, nor ``profiles``."""

VERSION_KEY = "sparklime_schema_version"
"""Under which the metadata of Arrow tables and Parquet files hold the version."""

EXPLANATION_TYPE = pa.list_(
    pa.struct([("feature", pa.string()), ("feature_explanation", pa.string()), ("weight", pa.float64())])
)

REASONS_TYPE = pa.list_(pa.struct([("feature_explanation", pa.string()), ("weight", pa.float64())]))
"""An explanation as ``as_list()`` of lime gives it: the value of a UDF's column."""

BIN_TYPE = pa.struct([("condition", pa.string()), ("share", pa.float64()), ("effect", pa.float64())])
PROFILES_TYPE = pa.list_(pa.struct([("feature", pa.string()), ("bins", pa.list_(BIN_TYPE))]))
"""One entry for each feature of the explanation, in its order; ``explain.neighbourhood`` defines a bin's figures.

An effect is null where nothing is known of it: no sample of the pool has the bin.
"""

_FIGURES = [
    ("prediction", pa.float64()),
    ("local_prediction", pa.float64()),
    ("intercept", pa.float64()),
    ("score", pa.float64()),
]
_PROFILE_FIGURES = [("profile_score", pa.float64()), ("effective_share", pa.float64())]


def result_schema(*, profiles: bool) -> pa.Schema:
    """Return the schema of results: one row for each (row, label), in row order."""
    return pa.schema(
        [
            ("row_id", pa.int64()),
            ("label", pa.int32()),
            ("label_name", pa.string()),
            *_FIGURES,
            ("explanation", EXPLANATION_TYPE),
            *_PROFILE_FIGURES,
            *([("profiles", PROFILES_TYPE)] if profiles else []),
            ("error", pa.string()),
        ],
        metadata={VERSION_KEY: str(SCHEMA_VERSION)},
    )


RESULT_SCHEMA = result_schema(profiles=False)
"""What people get who do not ask for profiles."""


BIN_COLUMNS = ("bin_terms", "shares", "effects")


def compact_schema(*, profiles: bool) -> pa.Schema:
    """Return the schema of what executors return: a result with terms for texts.

    ``bin_terms``, ``shares`` and ``effects`` are the bins of all profiles of an explanation, end to end.
    """
    kinds = (pa.int32(), pa.float64(), pa.float64())
    bins = [(name, pa.list_(kind)) for name, kind in zip(BIN_COLUMNS, kinds, strict=True)]
    return pa.schema(
        [
            ("row_id", pa.int64()),
            ("label", pa.int32()),
            *_FIGURES,
            ("terms", pa.list_(pa.int32())),
            ("weights", pa.list_(pa.float64())),
            *_PROFILE_FIGURES,
            *(bins if profiles else []),
            ("error", pa.string()),
        ]
    )


COMPACT_SCHEMA = compact_schema(profiles=False)

_TASK = [("wave", pa.int32()), ("partition", pa.int32()), ("attempt", pa.int32())]
_PROCESS = [("executor", pa.string()), ("host", pa.string()), ("pid", pa.int64())]
_TIME = [("started", pa.timestamp("us", tz="UTC")), ("seconds", pa.float64())]

TASK_SCHEMA = pa.schema([*_TASK, *_PROCESS, ("rows", pa.int64()), *_TIME])
"""One row for each finished task: its executor, how many rows it explained, when, and how long it took."""

WORK_SCHEMA = pa.schema(
    [("block", pa.int64()), ("first_row", pa.int64()), ("last_row", pa.int64()), *_TASK, *_PROCESS, *_TIME]
)
"""One row for each explained block: its executor, when, and how long the block took.

``first_row`` and ``last_row`` are row ids. Those of a run ascend, so no two blocks overlap, and every explained
row lies in exactly one, also where only some rows of a table are explained.
"""

BLOCK_SCHEMA = pa.schema([("block", pa.int64()), ("rows", pa.binary()), ("row_ids", pa.binary())])
"""A block of rows on its way to an executor, as the bytes of its float64 rows and int64 ids."""

DONE_SCHEMA = pa.schema(
    [
        ("block", pa.int64()),
        ("explained", pa.binary()),
        ("measured", pa.binary()),
        ("rows", pa.int64()),
        ("block_seconds", pa.float64()),
        *_TASK[1:],
        *_PROCESS,
        ("started", pa.int64()),
        ("seconds", pa.float64()),
        *((name, pa.float64()) for name in PHASES),
    ]
)
"""An explained block, with the facts of its task so far; ``started`` in microseconds since 1970, UTC.

The phases are seconds since the block before; loading is with a task's first block.
"""

PART_SCHEMA = pa.schema([("first", pa.int64()), ("end", pa.int64())])
"""A part on its way to an executor that writes: its blocks are those from ``first`` up to ``end``, without it."""

WRITTEN_SCHEMA = pa.schema(
    [
        *((name, pa.int64()) for name in ("rows", "failed")),
        ("block_seconds", pa.float64()),
        *_TASK[1:],
        *_PROCESS,
        ("started", pa.int64()),
        ("seconds", pa.float64()),
        *((name, pa.float64()) for name in PHASES),
    ]
)
"""A part that an executor wrote: its rows, how many of them failed, and the facts of its task.

``block_seconds`` is the mean over its blocks.
"""

STABILITY_SCHEMA = pa.schema(
    [
        ("row_id", pa.int64()),
        ("label", pa.int32()),
        *((name, pa.float32()) for name in ("jaccard", "vsi", "csi", "sampling_rmse", "sampling_max")),
        ("std", pa.list_(pa.float32())),
        ("chosen", pa.list_(pa.int8())),
        ("exact", pa.list_(pa.float32())),
    ]
)
"""Stability in a run: one row for each explained (row, label), in row order.

``jaccard`` (0 to 1), ``vsi`` and ``csi`` (0 to 100), ``sampling_rmse`` and ``sampling_max`` are those of
`STABILITY_ROW_SCHEMA`. The lists are in the order of the row's explanation: the standard deviation of
each weight over the pools that chose its feature (null where fewer than two did), how many pools chose it, and its
weight without sampling (null where that leaves the feature out). ``exact`` and the sampling errors are null where
the engine ``exact`` does not serve the model, or would cost much. Rows that cannot be measured are left out.
"""

STABILITY_ROW_SCHEMA = pa.schema(
    [
        ("row_id", pa.int64()),
        ("label", pa.int32()),
        ("label_name", pa.string()),
        *((name, pa.float64()) for name in ("vsi", "csi", "jaccard", "sampling_rmse", "sampling_max")),
        ("error", pa.string()),
    ]
)
"""Stability in the library: one row for each (row, label), in row order.

``vsi`` and ``csi`` are Visani's indices, from 0 to 100; ``jaccard`` is that of the top features, from 0 to 1;
``sampling_rmse`` and ``sampling_max`` are the errors of a single run's weights against the engine ``exact``, null
unless that was asked for. A row that cannot be explained has its reason in ``error``, and a null label.
"""

STABILITY_FEATURE_SCHEMA = pa.schema(
    [
        ("row_id", pa.int64()),
        ("label", pa.int32()),
        ("feature", pa.string()),
        ("feature_explanation", pa.string()),
        *((name, pa.float64()) for name in ("chosen", "top", "mean", "std", "sign_agreement", "exact")),
    ]
)
"""One row for each feature that any pool or the engine ``exact`` chose, by falling \\|mean\\| in a (row, label).

``chosen`` and ``top`` are the shares of the pools that have it in the explanation, and among its top features.
``mean``, ``std`` (of a sample) and ``sign_agreement`` (the share that has the more frequent sign) are over the
pools that chose it. ``exact`` is the weight without sampling, null unless asked for and the feature is chosen.
"""


def weight_lines(results: pa.Table) -> pa.Table:
    """Return results (of the result's schema) with a line for each weight, or one for a row without any.

    Returns
    -------
    pyarrow.Table
        The columns of the results but for their lists, then ``feature``, ``feature_explanation``, ``weight`` (null
        where there is none) and ``error``. In the order of the results, and of each explanation.
    """
    entries = results["explanation"].combine_chunks()
    lengths = entries.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
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
