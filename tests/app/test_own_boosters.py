"""A booster's own file on the page: uploaded, measured, explained by margin, in log-odds."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import xgboost
from streamlit.testing.v1 import AppTest

from sparklime_core.data.dataset import Dataset
from sparklime_core.data.table_source import load_sample
from sparklime_core.models.own_model import adopt_model
from sparklime_core.models.train import Model
from sparklime_core.runs.store import RunStore
from tests.app.conftest import OpenPage, send, sound, words
from tests.finished_run import make_run

if TYPE_CHECKING:
    from sparklime_core.jobs.race import Race


def boosted(dataset: Dataset) -> xgboost.XGBClassifier:
    model = xgboost.XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1)
    return model.fit(dataset.features, dataset.target)


def test_a_boosters_file_is_measured(
    no_runs: RunStore, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model]
) -> None:
    dataset = wine_model[0]
    app.session_state["dataset"] = dataset
    open_page("model")
    content = bytes(boosted(dataset).get_booster().save_raw("ubj"))
    app.file_uploader(key="own-model").upload("mine.ubj", content)

    sound(app.run())

    model = app.session_state["model"]
    assert model.file.data == content
    np.testing.assert_array_equal(
        model.predict_fn(dataset.features), boosted(dataset).predict_proba(dataset.features)
    )
    assert "trained elsewhere" in " ".join(info.value for info in app.info)


def test_a_file_that_its_library_cannot_read_is_a_sentence(
    no_runs: RunStore, open_page: OpenPage, app: AppTest, wine_model: tuple[Dataset, Model]
) -> None:
    app.session_state["dataset"] = wine_model[0]
    open_page("model")
    app.file_uploader(key="own-model").upload("mine.txt", b"tree\nversion=v4\nnum_class=1\nend of trees\n")

    sound(app.run())

    assert "LightGBM cannot read the model" in app.error[0].value
    assert "model" not in app.session_state


def test_a_race_of_a_run_of_margins_says_that_it_is_about_probabilities(
    no_runs: RunStore, open_page: OpenPage, asked: Callable[[str], list["Race"]]
) -> None:
    queued = asked("submit_exclusive")
    dataset = load_sample("breast_cancer")
    run = make_run(no_runs, dataset, adopt_model(boosted(dataset), dataset), 20, engine="exact", output="margin")

    app = sound(send(open_page("race", run=run.id), "Start the race"))

    assert queued[0].plan.explain.output == "margin"
    assert "explaining the probability, which lime takes" in words(app)
    sound(app.button(key="cancel-race").click().run())


def test_a_row_of_margins_is_told_in_log_odds(no_runs: RunStore, open_page: OpenPage) -> None:
    dataset = load_sample("breast_cancer")
    model = adopt_model(boosted(dataset), dataset)
    run = make_run(no_runs, dataset, model, 20, engine="exact", output="margin")

    app = sound(open_page("rows", run=run.id, row=3))

    texts = " ".join(text.value for text in app.markdown)
    assert "log-odds" in texts
