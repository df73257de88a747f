"""SparkLIME: distributed LIME on Apache Spark.

The public names are loaded when they are first used, so that an executor that explains rows imports neither
Spark's driver side nor a model library it does not need.
"""

from importlib import import_module
from typing import Any

from sparklime_core.extras import extras_named

_HOME = {
    "SparkLimeError": "sparklime_core.errors",
    "build_explainer": "sparklime_core.explain.explainer",
    "explain_rows": "sparklime_core.explain.explain_rows",
    "RESULT_SCHEMA": "sparklime_core.explain.schema",
    "read_csv": "sparklime_core.data.build_dataset",
    "read_table": "sparklime_core.data.read_table",
    "read_rows": "sparklime_core.data.build_dataset",
    "ReadOptions": "sparklime_core.data.read_options",
    "load_sample": "sparklime_core.data.table_source",
    "Dataset": "sparklime_core.data.dataset",
    "train_forest": "sparklime_core.models.train",
    "train_with": "sparklime_core.models.train",
    "ModelSettings": "sparklime_core.models.settings",
    "Model": "sparklime_core.models.train",
    "find_traps": "sparklime_core.models.traps.find_traps",
    "Trap": "sparklime_core.models.traps.evidence",
    "ExplainSettings": "sparklime_core.explain.settings",
    "ExplainerSettings": "sparklime_core.explain.settings",
    "load_model": "sparklime_core.models.own_model",
    "adopt_model": "sparklime_core.models.own_model",
    "connect": "sparklime_core.spark.session.connect",
    "disconnect": "sparklime_core.spark.session.connect",
    "LocalCluster": "sparklime_core.spark.cluster.local_cluster",
    "explainer_udf": "sparklime_core.spark.udf",
    "explain_dataframe": "sparklime_core.spark.explain_dataframe",
    "Explanations": "sparklime_core.notebook.explanations",
    "stability": "sparklime_core.explain.stability",
}

__all__ = list(_HOME)
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with extras_named():
        return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return __all__
