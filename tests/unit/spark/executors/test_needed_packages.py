"""The packages that a pickled model needs, whatever steps it is made of."""

from importlib.metadata import packages_distributions

import lightgbm
import numpy as np
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, VotingClassifier
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sparklime_core.spark.executors.needed_packages import packages_in
from sparklime_core.spark.waves.payload import pickled

ROWS = np.random.default_rng(1).normal(size=(60, 3))
CLASSES = (ROWS[:, 0] > 0).astype(int)
XGBOOST = packages_distributions()["xgboost"][0]  # of several packages that bring it
LIGHT = {"n_estimators": 2, "verbose": -1, "n_jobs": 1}


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
