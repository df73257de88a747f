"""Results as a notebook shows them, and as lime, pandas and altair have them."""

import subprocess
import sys
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pytest

from sparklime_core import Explanations, SparkLimeError, build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.extras import EXTRAS
from tests.unit.notebook.results import WEIGHTS, failed, result, table

TWO_LABELS = table(result(3, 0, 0.3), result(3, 1, 0.7, {"age": 0.2}), result(4, 0, 0.9), failed(5))


def test_a_list_is_limes_own() -> None:
    dataset = load_sample("wine")
    model, explainer = train_forest(dataset, n_estimators=3), build_explainer(dataset)
    found = Explanations(
        explain_rows(explainer, model.predict_fn, dataset.features[:2], engine="reference", num_samples=200)
    )
    state = np.random.RandomState(0)
    for part in (explainer, explainer.base, explainer.discretizer):
        part.random_state = state
    label = int(np.argmax(model.predict_fn(dataset.features[:1])[0]))
    own = explainer.explain_instance(
        dataset.features[0], model.predict_fn, labels=(label,), num_features=10, num_samples=200
    )

    assert found.as_list(0) == own.as_list(label)
    assert found.as_list(np.int64(0), label) == own.as_list(label)


def test_without_a_label_the_most_probable_one_is_meant() -> None:
    found = Explanations(TWO_LABELS)

    assert found.as_list(3) == found.as_list(3, 1) == found.as_list(3, "class 1") == [("age > 3.00", 0.2)]
    assert found.as_list(3, 0) == [("age > 3.00", 0.25), ("income > 3.00", -0.1)]


@pytest.mark.parametrize(
    ("row", "label", "sentence"),
    [
        (7, None, "There is no row 7"),
        ("3", None, "There is no row '3'"),
        (3.5, None, "There is no row 3.5"),
        (True, None, "There is no row True"),
        (None, None, "There is no row None"),
        (4, 1, r"Row 4 has no explanation of the label 1, but of 0 \(class 0\)\."),
        (4, "class 1", "no explanation of the label 'class 1'"),
        (4, 1.0, "label must be a class by its index or its name, not 1.0"),
        (5, None, "Row 5 could not be explained: The value of 'age' is missing.$"),
    ],
)
def test_what_is_not_there_is_one_sentence(row: object, label: object, sentence: str) -> None:
    found = Explanations(TWO_LABELS)

    for ask in (found.as_list, found.plot):
        with pytest.raises(SparkLimeError, match=sentence):
            ask(row, label)  # type: ignore[operator]


def test_an_id_of_several_rows_names_none_of_them() -> None:
    with pytest.raises(SparkLimeError, match="Several rows have the row_id 3"):
        Explanations(table(result(3, 0, 0.3), result(3, 0, 0.4))).as_list(3)


def test_rows_are_found_by_ids_of_any_type() -> None:
    found = Explanations(table(result("b-17", 0, 0.3), result("b-18", 0, 0.4), ids=pa.string()))

    assert found.as_list("b-18")[0] == ("age > 3.00", 0.25)
    with pytest.raises(SparkLimeError, match="There is no row 17"):
        found.as_list(17)


def test_a_frame_has_a_line_for_each_weight() -> None:
    frame = Explanations(TWO_LABELS).to_pandas()

    assert frame["row_id"].tolist() == [3, 3, 3, 4, 4, 5]
    assert frame["label"].tolist() == [0, 0, 1, 0, 0, 0]
    assert frame["feature"].tolist()[:5] == ["age", "income", "age", "age", "income"]
    assert frame["weight"].tolist()[:5] == [0.25, -0.1, 0.2, 0.25, -0.1]
    assert frame["feature"].isna().tolist() == [False] * 5 + [True]
    assert frame["error"].isna().tolist() == [True] * 5 + [False]
    assert not {"explanation", "profiles"} & set(frame.columns)


def test_a_plot_shows_its_weights_on_the_scale_of_all_rows() -> None:
    chart = Explanations(table(result(0, 0, 0.9), result(1, 0, 0.5, {"age": -0.8}))).plot(0)
    spec = chart.to_dict()
    bars = next(frame for frame in spec["datasets"].values() if "weight" in frame[0])

    assert {bar["text"]: bar["weight"] for bar in bars} == {f"{name} > 3.00": WEIGHTS[name] for name in WEIGHTS}
    scales = [layer["encoding"].get("x", {}).get("scale") for layer in spec["layer"]]
    assert {"domain": [-0.8, 0.8], "nice": False} in scales


@pytest.mark.parametrize("package", ["shap", "altair"])
def test_a_package_that_is_not_installed_is_named_with_its_extra(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for module in [name for name in sys.modules if name.startswith(("sparklime_core.notebook.", package))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, package, None)
    found = Explanations(TWO_LABELS)

    with pytest.raises(SparkLimeError, match=rf"pip install 'sparklime\[{EXTRAS[package]}\]'"):
        found.to_shap() if package == "shap" else found.plot(3)


def without(packages: Iterable[str], code: str) -> str:
    """Return what code prints in a Python that lacks some packages."""
    script = f"import sys\nfor name in {sorted(packages)}: sys.modules[name] = None\n{code}"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def test_showing_needs_no_package_of_an_extra() -> None:
    code = (
        "from sparklime_core import Explanations, RESULT_SCHEMA\n"
        "print(Explanations(RESULT_SCHEMA.empty_table())._repr_html_())"
    )
    assert "0 explanations of 0 rows." in without(EXTRAS, code)


def test_a_plot_needs_what_the_extra_for_notebooks_brings_and_no_more() -> None:
    drawn = "from sparklime_core.charts.weights import weights_chart\nprint('drawn')"
    assert without(EXTRAS.keys() - {"altair"}, drawn) == "drawn\n"
