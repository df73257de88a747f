import subprocess
import sys

import sparklime_core


def test_the_public_names_are_these():
    assert sorted(sparklime_core.__all__) == [
        "Dataset",
        "ExplainSettings",
        "ExplainerSettings",
        "Explanations",
        "LocalCluster",
        "Model",
        "ModelSettings",
        "RESULT_SCHEMA",
        "ReadOptions",
        "SparkLimeError",
        "Trap",
        "adopt_model",
        "build_explainer",
        "connect",
        "disconnect",
        "explain_dataframe",
        "explain_rows",
        "explainer_udf",
        "find_traps",
        "load_model",
        "load_sample",
        "read_csv",
        "read_rows",
        "read_table",
        "stability",
        "train_forest",
        "train_with",
    ]
    for name in sparklime_core.__all__:
        assert getattr(sparklime_core, name) is not None


def test_what_executors_import_is_light():
    heavy = "pyspark", "streamlit", "duckdb", "altair", "skops", "pandas"
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({heavy}));"  # now importing one of them fails
        "import sparklime_core.explain.task, sparklime_core.explain.explain_rows, sparklime_core.explain.stability"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
