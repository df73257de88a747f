"""A task as executors load it."""

from importlib.metadata import packages_distributions

import lightgbm
import numpy as np
import pytest
import xgboost
from lime.lime_tabular import LimeTabularExplainer
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.spark.session.backend import BroadcastBytes
from sparklime_core.spark.waves import payload
from sparklime_core.spark.waves.payload import packages_in, pickled

ROWS = np.random.default_rng(1).normal(size=(60, 3))
CLASSES = (ROWS[:, 0] > 0).astype(int)
XGBOOST = packages_distributions()["xgboost"][0]  # of several packages that bring it
LIGHT = {"n_estimators": 2, "verbose": -1, "n_jobs": 1}


class Broadcast:
    """Stands in for Spark's: counts how often its value is read."""

    def __init__(self, data):
        self._value = data
        self.reads = 0

    @property
    def value(self):
        self.reads += 1
        return self._value


def published(seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(40, 3))
    model = RandomForestClassifier(2, random_state=0, n_jobs=2).fit(rows, rows[:, 0] > 0)
    task = prepare_task(LimeTabularExplainer(rows), model.predict_proba, ExplainSettings("reference"))
    data = payload.dill.dumps(task, recurse=True)
    return payload.Payload(str(seed), BroadcastBytes(Broadcast(data))), data


def test_a_payload_is_loaded_once_and_only_the_last_are_kept(monkeypatch, capsys):
    monkeypatch.setattr(payload, "_loaded", type(payload._loaded)())
    made = [published(seed) for seed in range(payload.MOST_LOADED + 1)]
    first = made[0][0]
    task = first.load()
    assert first.load() is task
    assert first.sent.broadcast.reads == 1
    assert capsys.readouterr().err.count("loaded model RandomForestClassifier(") == 1
    assert "_value" not in first.sent.broadcast.__dict__
    assert task.predict_fn.__self__.n_jobs == 1
    for other, _ in made[1:]:
        other.load()
    assert list(payload._loaded) == [other.id for other, _ in made[1:]]


def test_models_of_scikit_learn_need_no_more():
    for model in (RandomForestClassifier(2), HistGradientBoostingClassifier(max_iter=2), LogisticRegression()):
        assert packages_in(pickled(model.fit(ROWS, CLASSES))) == ()


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")  # LightGBM 4.6, of any array
def test_every_step_of_a_pipeline_is_seen():
    chosen = ColumnTransformer([("chosen", SelectFromModel(lightgbm.LGBMClassifier(**LIGHT)), [0, 1])])
    voting = VotingClassifier(
        [("one", xgboost.XGBClassifier(n_estimators=2, n_jobs=1)), ("two", LogisticRegression())]
    )
    whole = make_pipeline(chosen, voting).fit(ROWS, CLASSES)
    assert packages_in(pickled(whole)) == ("lightgbm", XGBOOST)
    assert packages_in(pickled(whole[:1])) == ("lightgbm",)


def test_a_function_of_ones_own_is_looked_into():
    booster = lightgbm.LGBMClassifier(**LIGHT).fit(ROWS, CLASSES)
    assert packages_in(pickled(lambda rows: booster.predict_proba(rows) / 2)) == ("lightgbm",)
    assert packages_in(pickled(lambda rows: np.abs(rows) / 2)) == ()
