"""The dial: its widths, and what is said of the samples at each."""

import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sparklime_core import build_explainer, load_sample, train_forest
from sparklime_core.dashboard.row_panel.locality import dial_widths, explanation_at, samples_words
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.locality import ENOUGH, LocalityDial
from sparklime_core.explain.settings import ExplainSettings

USUAL = 2.7


@pytest.fixture(scope="module")
def dials():
    dataset = load_sample("wine")
    explainer = build_explainer(dataset)
    forest = train_forest(dataset, n_estimators=3).predict_fn
    linear = (
        make_pipeline(StandardScaler(), LogisticRegression()).fit(dataset.features, dataset.target).predict_proba
    )
    settings = {"exact": forest, "sampled": linear}
    return {
        engine: LocalityDial(
            prepare_task(explainer, predict, ExplainSettings(engine, (1,), num_samples=1000)), dataset.features[0]
        )
        for engine, predict in settings.items()
    }


def test_exact_serves_the_whole_dial_and_says_where_samples_stop_being_enough(dials):
    dial = dials["exact"]
    widths = dial_widths(dial, USUAL)

    assert (widths[0], widths[-1]) == pytest.approx((4 * USUAL, 0.1 * USUAL))
    assert "They stop being enough below the width" in samples_words(dial, widths[0])
    assert ": too few. Below the width" in samples_words(dial, widths[-1])
    narrow, wide = (explanation_at(dial, width, 1) for width in (widths[-1], widths[0]))
    assert narrow["effective_share"] < 0.05 < 0.9 < wide["effective_share"]


def test_a_pools_dial_ends_where_its_samples_stop_being_enough(dials):
    dial = dials["sampled"]
    widths = dial_widths(dial, USUAL)

    assert widths[-1] >= dial.narrowest > 0.1 * USUAL
    assert dial.effective_size(widths[-1]) >= ENOUGH
    assert "The dial ends at the width" in samples_words(dial, widths[-1])
    assert explanation_at(dial, widths[-1], 1)["label"] == 1
