"""Nothing but a `SparkLimeError` of one sentence comes out of a public function that is given nonsense."""

import numpy as np
import pandas as pd
import pytest

import sparklime_core as sparklime

NONSENSE = [None, 5, 2.5, True, "nope", b"x", [1], {"a": 1}, object(), pd.NA, np.array([1, 2])]
CSV = b"a,b\n" + b"\n".join(b"%d,%d" % (row, row % 2) for row in range(40))
WINE = sparklime.load_sample("wine")
NOWHERE = "spark://127.0.0.1:1"


def of(names, call):
    return {name: (lambda value, name=name: call(**{name: value})) for name in names}


READING = ("categorical", "drop", "task", "roles", "options")
CALLS = {
    "load_sample": sparklime.load_sample,
    "read_csv": lambda value: sparklime.read_csv(value, "b"),
    "read_csv target": lambda value: sparklime.read_csv(CSV, value),
    **{
        f"read_csv {name}": call
        for name, call in of(READING, lambda **k: sparklime.read_csv(CSV, "b", **k)).items()
    },
    "read_table": sparklime.read_table,
    "read_table options": lambda value: sparklime.read_table(CSV, value),
    "read_rows": lambda value: sparklime.read_rows(value, WINE.encoding),
    "read_rows encoding": lambda value: sparklime.read_rows(CSV, value),
    "load_model": lambda value: sparklime.load_model(value, WINE),
    "build_explainer": sparklime.build_explainer,
    "build_explainer settings": lambda value: sparklime.build_explainer(WINE, value),
    "train_forest": sparklime.train_forest,
    "train_with": lambda value: sparklime.train_with(WINE, value),
    **of(("kind", "class_weight", "test_size", "seed", "max_depth", "n_estimators"), sparklime.ModelSettings),
    **of(("discretizer", "feature_selection", "kernel_width"), sparklime.ExplainerSettings),
    **of(
        ("encoding", "delimiter", "quote", "header", "decimal", "missing_words", "member"), sparklime.ReadOptions
    ),
    "connect": lambda value: sparklime.connect(NOWHERE if value is None else value),  # None is Spark in here
    **of(("timeout", "archive", "conf"), lambda **keywords: sparklime.connect(NOWHERE, **keywords)),
    "cluster workers": lambda value: sparklime.LocalCluster.start(workers=value, cores=0),
    "cluster memory": lambda value: sparklime.LocalCluster.start(memory=value, workers=1),
}


@pytest.mark.parametrize("call", CALLS)
def test_nonsense_is_refused_in_one_sentence(call):
    sentences = []
    for value in NONSENSE:
        try:
            CALLS[call](value)
        except sparklime.SparkLimeError as error:
            sentences.append(str(error))
    assert len(sentences) >= len(NONSENSE) // 2
    assert not any("\n" in sentence for sentence in sentences)


@pytest.mark.parametrize("value", [np.int64(3), pd.Series([3])[0]])
def test_numpys_numbers_are_settings_of_a_model(value):
    settings = sparklime.ModelSettings(n_estimators=value, max_depth=value, seed=value, test_size=np.float32(0.5))
    assert settings == sparklime.ModelSettings(n_estimators=3, max_depth=3, seed=3, test_size=0.5)
    assert all(type(number) in (int, float) for number in (settings.seed, settings.max_depth, settings.test_size))


def test_a_path_may_be_a_text(tmp_path):
    for path in (tmp_path / "absent.skops", str(tmp_path / "absent.skops")):
        with pytest.raises(sparklime.SparkLimeError, match=r"absent\.skops"):
            sparklime.load_model(path, WINE)
    (tmp_path / "table.csv").write_bytes(CSV)
    assert sparklime.read_csv(str(tmp_path / "table.csv"), "b").rows == 40


def test_options_of_reading_may_be_numpys():
    options = sparklime.ReadOptions(header=np.True_, missing_words=["-"], day_first=np.False_)
    assert options == sparklime.ReadOptions(header=True, missing_words=("-",), day_first=False)
