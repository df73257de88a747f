"""The parts of the row panel, each with what it shows of a finished run."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.settings import ExplainerSettings
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.app.conftest import OpenPage, Runs, sound, words
from tests.finished_run import make_run

UNBINNED = ExplainerSettings(discretizer="none", feature_selection="highest_weights")
PARTS = ["Why", "Values", "Trust", "Classes"]


@pytest.fixture
def run_of(tmp_path: Path, live_in: Callable[[Path], None]) -> Callable[[str], Run]:
    """Make a run of a kind of model."""

    def make(kind: str) -> Run:
        live_in(tmp_path)
        dataset = load_sample("penguins")
        model = train_with(dataset, ModelSettings(kind=kind, n_estimators=5))
        return make_run(RunStore(tmp_path / "runs"), dataset, model, 4)

    return make


def look_at(app: AppTest, part: str) -> AppTest:
    return sound(app.segmented_control(key="row-part").set_value(part).run())


@pytest.mark.parametrize("kind", ["classes", "all_labels", "nasty", "regression"])
def test_every_part_of_every_kind_of_run_is_drawn(runs: Runs, open_page: OpenPage, kind: str) -> None:
    app = open_page("rows", run=getattr(runs, kind).id, row=2)
    offered = app.segmented_control(key="row-part").options
    assert [name for name in PARTS if name in offered] == (PARTS[:3] if kind == "regression" else PARTS)

    for part in offered:
        look_at(app, part)
        assert "Explained by executor 0 on 127.0.0.1, process 100, at 2024-01-02 03:04:05 UTC" in words(app)
        for element in (*app.markdown, *app.caption):
            for piece in ("<img", "**bold**", "$x$", ":red[x]"):
                assert piece not in element.value.replace("\\<", ""), (part, element.value)


def test_the_second_half_was_explained_by_the_other_executor(runs: Runs, open_page: OpenPage) -> None:
    app = open_page("rows", run=runs.classes.id, row=6)

    assert "Explained by executor 1 on 127.0.0.1, process 101" in words(app)
    assert "in a block of rows 6 to 11 that took 1.2 s (208.3 ms per row)" in words(app)


def test_a_run_that_has_not_recorded_it_says_so(
    runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sparklime_core.runs.run.Run.block_files", lambda _: [])
    st.cache_data.clear()  # a test that clicks "Random row" may have opened this one

    app = open_page("rows", run=runs.classes.id, row=8)

    assert "not recorded" in words(app)
    st.cache_data.clear()  # what others ask of this row has another answer


def test_another_class_than_the_predicted_one_is_named(runs: Runs, open_page: OpenPage) -> None:
    app = open_page("rows", run=runs.all_labels.id, row=2, label=1)

    assert "The model predicts **Adelie** with probability" in words(app)
    assert "Explained below is **Chinstrap**, with probability" in words(app)


def test_weights_have_error_bars_where_they_were_measured(runs: Runs, open_page: OpenPage) -> None:
    app = open_page("rows", run=runs.all_labels.id, row=2)

    assert "± 1 standard deviation over 3 pools" in words(app)
    assert "without sampling" in words(app)


def test_trust_is_told_check_by_check(runs: Runs, open_page: OpenPage) -> None:
    app = look_at(open_page("rows", run=runs.all_labels.id, row=2), "Trust")

    for name in ("Fit.", "Gap.", "Stability.", "Sampling error."):
        assert f"**{name}**" in words(app)
    assert "(3 pools)" in words(app)
    spread = app.dataframe[-1].value
    assert list(spread.columns) == ["condition", "weight", "std", "exact", "chosen"]
    assert spread["std"].notna().any()
    assert spread["exact"].notna().any()


def test_stability_is_measured_on_request_and_from_then_on(runs: Runs, open_page: OpenPage) -> None:
    app = look_at(open_page("rows", run=runs.classes.id, row=2), "Trust")
    assert "**Stability.**" not in words(app)

    sound(app.button(key=f"measure-{runs.classes.id}").click().run())

    assert "(10 pools)" in words(app)
    assert "**Sampling error.**" in words(app)

    sound(next(button for button in app.button if button.label == "Random row").click().run())
    assert "**Stability.**" in words(app)


def test_values_have_the_strongest_features_and_those_one_picks(runs: Runs, open_page: OpenPage) -> None:
    app = look_at(open_page("rows", run=runs.all_labels.id, row=2), "Values")
    picker = next(box for box in app.multiselect if box.label == "Features")
    assert len(app.get("vega_lite_chart")) == len(picker.value) == 4
    assert "of the training rows" in words(app)

    sound(picker.set_value(["island", "body_mass_g"]).run())

    assert len(app.get("vega_lite_chart")) == 2
    assert "**island** = Torgersen" in words(app)


def test_classes_are_compared_where_all_are_explained(runs: Runs, open_page: OpenPage) -> None:
    app = look_at(open_page("rows", run=runs.all_labels.id, row=2), "Classes")

    table = app.dataframe[-1].value
    assert table["name"].iloc[0] == "Adelie"
    assert table["probability"].is_monotonic_decreasing
    assert table["score"].notna().all()
    assert len(app.get("vega_lite_chart")) == 1

    app = look_at(open_page("rows", run=runs.classes.id, row=2), "Classes")

    assert "Only one class of this row is explained." in words(app)
    assert not app.get("vega_lite_chart")


def test_a_bar_opens_into_the_profile_of_its_feature(open_page: OpenPage, runs: Runs) -> None:
    app = open_page("rows", run=runs.classes.id, row=1)
    (opened,) = [found for found in app.button_group if found.label.startswith("Open a bar")]

    assert len(opened.value) == 1
    assert "Partial dependence: the model's average over up to 200 rows" in words(app)
    assert "carry" in words(app)
    assert "account for" in words(app)
    assert "remaining" in words(app)


def test_the_dial_redraws_the_explanation_at_another_width(open_page: OpenPage, runs: Runs) -> None:
    app = open_page("rows", run=runs.classes.id, row=1)
    app = sound(
        next(found for found in app.button_group if "How local?" in found.options).set_value("How local?").run()
    )
    slider = next(found for found in app.select_slider if found.label == "How local?")
    before = words(app)

    app = sound(slider.set_value(len(slider.options) - 1).run())
    assert "would count" in before
    assert words(app) != before


def test_the_nearest_changes_are_found_by_the_model_and_locked_features_stay(
    runs: Runs, open_page: OpenPage
) -> None:
    app = open_page("rows", run=runs.all_labels.id, row=2)
    look_at(app, "Nearest change")
    assert "about the model, not the world" in words(app)
    assert "the model then predicts" in words(app)
    changed = next(line for line in words(app).splitlines() if " → " in line).split("**")[1]

    sound(app.multiselect(key="change-locked").select(changed).run())
    assert f"**{changed}**: " not in "".join(line for line in words(app).splitlines() if " → " in line)

    sound(app.button(key="change-many").click().run())
    table = app.dataframe[-1].value
    assert list(table["row"]) == list(range(2, 8))
    assert any("Changes as CSV" in str(button) for button in app.get("download_button"))


def test_a_number_goes_beyond_a_bound(runs: Runs, open_page: OpenPage) -> None:
    app = open_page("rows", run=runs.regression.id, row=2)
    look_at(app, "Nearest change")
    bound = next(number for number in app.number_input if str(number.key).startswith("change-bound-2"))
    said = [line for line in words(app).splitlines() if "the model then predicts" in line]
    assert said
    assert all(float(line.split()[-1]) > bound.value for line in said)

    sound(bound.set_value(1e6).run())
    assert "No change of up to three features gives this prediction" in words(app)


def test_shap_stands_beside_lime(runs: Runs, open_page: OpenPage) -> None:
    app = look_at(open_page("rows", run=runs.all_labels.id, row=2), "SHAP")

    assert re.search(r"Same sign \d of [67]", words(app))
    assert re.search(r"First 3 [0-3] of 3", words(app))
    assert "They agree on the sign of" in words(app)
    assert "LIME fits a line to the model on a neighbourhood of the row; SHAP shares out" in words(app)
    assert len(app.get("vega_lite_chart")) == 1
    lines = app.dataframe[-1].value
    assert list(lines.columns) == ["feature", "value", "lime", "shap"]
    assert lines["lime"].dropna().abs().is_monotonic_decreasing
    average, end = re.search(r"from the average ([\d.]+) to this row's ([\d.]+)", words(app)).groups()
    assert float(average) + lines["shap"].sum() == pytest.approx(float(end), abs=2e-4)
    assert f"with probability {float(end):.2f}" in words(app)


def test_shap_values_of_another_model_are_computed_on_request(
    open_page: OpenPage, run_of: Callable[[str], Run]
) -> None:
    linear = run_of("linear")
    app = look_at(open_page("rows", run=linear.id, row=1), "SHAP")
    assert "There is no fast way to SHAP values of Pipeline." in words(app)
    assert not app.get("vega_lite_chart")

    sound(app.button(key=f"shap-sampled-{linear.id}").click().run())

    assert "They agree on the sign of" in words(app)
    assert "predictions per row, of mixtures with 50 rows of the table" in words(app)


def test_raw_scores_of_several_classes_are_said_to_be_another_unit(
    open_page: OpenPage, run_of: Callable[[str], Run]
) -> None:
    boosted = run_of("boosting")
    app = look_at(open_page("rows", run=boosted.id, row=1), "SHAP")
    assert "SHAP's values of these trees add up to the class's raw score, which may rise while" in words(app)
    assert "log-odds" not in words(app)
    assert "Same sign" not in words(app)
    assert "on the sign of" not in words(app)
    assert "Same order" in words(app)

    sound(app.button(key=f"shap-sampled-{boosted.id}").click().run())

    assert "raw score" not in words(app)
    assert "Same sign" in words(app)
    assert "predictions per row" in words(app)


def test_without_bins_the_table_has_limes_own_weights(
    tmp_path: Path, live_in: Callable[[Path], None], open_page: OpenPage
) -> None:
    live_in(tmp_path)
    dataset = load_sample("diabetes")
    model = train_with(dataset, ModelSettings(n_estimators=5))
    run = make_run(RunStore(tmp_path / "runs"), dataset, model, 4, explainer=UNBINNED)
    app = look_at(open_page("rows", run=run.id, row=1), "SHAP")

    shown = app.dataframe[-1].value.set_index("feature")["lime"].dropna()

    weights = {entry["feature"]: entry["weight"] for entry in explanations_of(run, 1)[0]["explanation"]}
    assert shown.to_dict() == pytest.approx(weights)


def test_without_shap_the_extra_is_named_and_the_model_can_be_asked(
    runs: Runs, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "shap", None)
    st.cache_resource.clear()

    app = look_at(open_page("rows", run=runs.regression.id, row=2), "SHAP")
    assert "This needs the package shap: pip install 'sparklime[shap]'." in words(app)

    sound(app.button(key=f"shap-sampled-{runs.regression.id}").click().run())
    assert "They agree on the sign of" in words(app)
