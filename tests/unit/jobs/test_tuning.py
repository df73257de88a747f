"""A tuning study."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier

from sparklime_core.charts.studies import grid_chart, tradeoff_chart
from sparklime_core.dashboard.tuning.study_panel import cells_frame
from sparklime_core.data.table_source import load_sample
from sparklime_core.errors import SettingsError
from sparklime_core.explain.explain_rows import explain_rows
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.explain.stability import stability
from sparklime_core.jobs.tuning import TuningPlan, TuningStudy
from sparklime_core.models.train import train_forest

SETTINGS = ExplainSettings(num_features=6, seed=5)


@pytest.fixture(scope="module")
def plan() -> TuningPlan:
    dataset = load_sample("wine")
    estimator = train_forest(dataset, n_estimators=8, max_depth=4).estimator
    return TuningPlan(
        "wine", dataset, estimator, SETTINGS, rows=6, widths=(0.5, 1.0), samples=(100, 2000), pools=4, top=3
    )


@pytest.fixture(scope="module")
def study(plan: TuningPlan) -> TuningStudy:
    study = TuningStudy(plan)
    study.run()
    return study


def test_every_choice_is_measured(study: TuningStudy, plan: TuningPlan) -> None:
    state = study.state()

    assert state.ended
    assert state.error is None
    assert [(cell.num_samples, cell.kernel_width / plan.usual_width) for cell in state.cells] == [
        (100, 0.5),
        (100, 1.0),
        (2000, 0.5),
        (2000, 1.0),
    ]
    assert {cell.rows for cell in state.cells} == {6}
    assert all(cell.seconds > 0 for cell in state.cells)


def test_a_cell_is_what_the_library_says_with_these_settings(study: TuningStudy, plan: TuningPlan) -> None:
    cell = study.state().cells[-1]
    order = np.random.default_rng(5).permutation(plan.dataset.rows)[:6]
    rows = plan.dataset.features[np.sort(order)]
    explainer = build_explainer(plan.dataset, ExplainerSettings(kernel_width=cell.kernel_width))
    predict = plan.estimator.predict_proba
    same = {"num_features": 6, "num_samples": 2000, "seed": 5}

    explained = explain_rows(explainer, predict, rows, **same)
    steady = stability(explainer, predict, rows, pools=4, top=3, **same)

    assert cell.score == pytest.approx(np.mean(explained["score"].to_numpy()))
    assert cell.fit == pytest.approx(np.mean(explained["profile_score"].to_numpy()))
    assert cell.effective_share == pytest.approx(np.mean(explained["effective_share"].to_numpy()))
    assert cell.jaccard == pytest.approx(np.mean(steady.rows["jaccard"].to_numpy()))
    assert cell.vsi == pytest.approx(np.mean(steady.rows["vsi"].to_numpy()))


def test_a_study_of_margins_explains_margins() -> None:
    dataset = load_sample("breast_cancer")
    boosted = GradientBoostingClassifier(n_estimators=5, random_state=0).fit(dataset.features, dataset.target)
    margins = replace(SETTINGS, output="margin")
    study = TuningStudy(TuningPlan("tumours", dataset, boosted, margins, rows=4, widths=(1.0,), samples=(200,)))
    study.run()
    rows = dataset.features[np.sort(np.random.default_rng(5).permutation(dataset.rows)[:4])]

    explained = explain_rows(
        build_explainer(dataset), boosted, rows, num_features=6, num_samples=200, seed=5, output="margin"
    )

    (cell,) = study.state().cells
    assert cell.score == pytest.approx(np.mean(explained["score"].to_numpy()))


def test_more_samples_are_steadier(study: TuningStudy) -> None:
    few, many = study.state().cells[1], study.state().cells[3]

    assert many.jaccard > few.jaccard
    assert many.noise < few.noise


def test_a_cancelled_study_keeps_what_it_has(plan: TuningPlan) -> None:
    study = TuningStudy(plan)
    study.cancel()

    study.run()

    assert study.state().ended
    assert study.state().cancelled
    assert study.state().cells == ()


def test_what_a_model_raises_is_told(plan: TuningPlan) -> None:
    class Broken:
        def predict_proba(self, rows: object) -> object:
            raise ZeroDivisionError("no row is good enough")

    study = TuningStudy(TuningPlan("wine", plan.dataset, Broken(), SETTINGS))

    study.run()

    assert "no row is good enough" in str(study.state().error)


@pytest.mark.parametrize("wrong", [{"rows": 0}, {"widths": ()}, {"widths": (0.0,)}, {"pools": 1}, {"samples": ()}])
def test_a_study_of_nothing_is_refused(plan: TuningPlan, wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        TuningPlan("wine", plan.dataset, plan.estimator, **wrong)  # type: ignore[arg-type]


def test_the_charts_mark_the_choice(study: TuningStudy) -> None:
    frame = cells_frame(study.state())

    for chart in (tradeoff_chart(frame, 2), grid_chart(frame, "fit", "Fit", 2)):
        assert "(datum.cell === 2)" in str(chart.to_dict())
