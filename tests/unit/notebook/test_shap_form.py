"""Explanations as SHAP's own plots take them."""

from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from sparklime_core import Explanations, SparkLimeError, build_explainer, explain_rows, load_sample, train_forest
from tests.unit.notebook.results import failed, result, table

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")

ROWS = 12


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    mpl.use("Agg")
    yield
    from matplotlib import pyplot as plt

    plt.close("all")


@pytest.fixture(scope="module")
def wine() -> tuple[Explanations, pd.DataFrame]:
    dataset = load_sample("wine")
    model, rows = train_forest(dataset, n_estimators=3), dataset.features[::15]
    found = explain_rows(build_explainer(dataset), model.predict_fn, rows, num_samples=300, labels="all")
    return Explanations(found), pd.DataFrame(rows, columns=list(dataset.feature_names))


def test_shaps_own_plots_draw_them(wine: tuple[Explanations, pd.DataFrame]) -> None:
    import shap
    from matplotlib import pyplot as plt

    found, data = wine
    shap.plots.beeswarm(found.to_shap(1, data), show=False)
    names = {text.get_text() for text in plt.gca().get_yticklabels()}
    dots = sum(len(part.get_offsets()) for part in plt.gca().collections)
    assert {"proline", "alcohol"} & names
    assert dots >= ROWS * (len(names) - 1)

    plt.figure()
    form = found.to_shap()
    shap.plots.waterfall(form[0], show=False)
    words = {text.get_text().replace("\u2212", "-") for axes in plt.gcf().axes for text in axes.texts}
    strongest = max(found.as_list(0), key=lambda pair: abs(pair[1]))
    assert f"{strongest[1]:+.2f}".rstrip("0") in words
    shap.plots.bar(form, show=False)
    shap.plots.beeswarm(form, show=False)


def test_base_values_and_weights_add_up_to_the_surrogate(wine: tuple[Explanations, pd.DataFrame]) -> None:
    found, _ = wine
    form = found.to_shap(2)
    results = [line for line in found.table.to_pylist() if line["label"] == 2]

    assert form.values.shape == (ROWS, 13)
    assert form.base_values + form.values.sum(axis=1) == pytest.approx([r["local_prediction"] for r in results])
    for at, line in enumerate(results):
        weights = dict(zip(form.feature_names, form.values[at], strict=True))
        assert {e["feature"]: e["weight"] for e in line["explanation"]} == {k: v for k, v in weights.items() if v}
    assert list(np.abs(form.values).mean(axis=0)) == sorted(np.abs(form.values).mean(axis=0), reverse=True)


def test_without_a_label_each_row_has_its_most_probable_one(wine: tuple[Explanations, pd.DataFrame]) -> None:
    found, _ = wine
    frame = found.table.to_pandas()
    best = frame.loc[frame.groupby("row_id")["prediction"].idxmax()]

    assert found.to_shap().base_values == pytest.approx(best["intercept"].to_numpy())


def test_rows_without_an_explanation_are_left_out_and_the_others_named() -> None:
    data = pd.DataFrame({"income": [1.0, 2.0, 3.0], "age": [4.0, 5.0, 6.0], "city": list("abc")})
    form = Explanations(table(result(10, 0, 0.4), failed(11), result(12, 0, 0.6))).to_shap(0, data)

    assert form.instance_names == ["10", "12"]
    assert form.feature_names == ["age", "income"]
    assert form.data.tolist() == [[4.0, 1.0], [6.0, 3.0]]


SLOPES = result(1, 0, 0.5) | {"local_prediction": 0.9}
TWICE = table(result(1, 0, 0.5), result(1, 0, 0.6))
UNEVEN = table(result(1, 0, 0.5), result(1, 1, 0.6), result(2, 0, 0.6))
ONE = table(result(1, 0, 0.5))


@pytest.mark.parametrize(
    ("results", "label", "data", "sentence"),
    [
        (ONE, 3, None, "No row has an explanation of the label 3"),
        (ONE, "x", None, "No row has an explanation of the label 'x'"),
        (ONE, 2.5, None, "label must be a class by its index or its name, not 2.5"),
        (table(failed(1)), None, None, "No row has an explanation"),
        (table(SLOPES), None, None, "weights of row 1 do not add up"),
        (TWICE, None, None, "Several rows have the same row_id"),
        (UNEVEN, None, None, "Several rows have the same row_id"),
        (ONE, None, np.zeros((1, 2)), "data must be a table with the features' names, not ndarray"),
        (ONE, None, pd.DataFrame({"age": [1.0]}), "data has no column 'income'"),
        (
            ONE,
            None,
            pd.DataFrame({"age": [1.0, 2], "income": [1.0, 2]}),
            "data has 2 rows, but 1 row was explained",
        ),
        (ONE, None, pd.DataFrame({"age": ["old"], "income": [1.0]}), "data must hold numbers"),
    ],
)
def test_what_has_no_such_form_is_one_sentence(
    results: object, label: object, data: object, sentence: str
) -> None:
    with pytest.raises(SparkLimeError, match=sentence):
        Explanations(results).to_shap(label, data)  # type: ignore[arg-type]
