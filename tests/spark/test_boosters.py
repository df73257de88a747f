"""The margins of boosters of other libraries, explained in Spark's Python workers."""

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from sparklime_core import (
    adopt_model,
    build_explainer,
    connect,
    explain_dataframe,
    explain_rows,
    explainer_udf,
    read_csv,
)
from tests.spark.conftest import EMBEDDED, asked, weights_of

pytestmark = pytest.mark.spark
FEW = {"num_samples": 60, "num_features": 8}


def lightgbm_boosted(raw, target):
    settings = {"n_estimators": 5, "n_jobs": 1, "verbose": -1, "min_child_samples": 5, "min_data_per_group": 5}
    own = lightgbm.LGBMClassifier(**settings).fit(raw, target)
    return own, own.predict_proba(raw, raw_score=True)


def xgboosted(raw, target):
    own = xgboost.XGBClassifier(n_estimators=5, n_jobs=1, enable_categorical=True).fit(raw, target)
    return own, own.predict(raw, output_margin=True)


def catboosted(raw, target):
    settings = {"iterations": 5, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
    own = catboost.CatBoostClassifier(**settings, max_ctr_complexity=1, cat_features=["c"])
    own.fit(raw, target)
    return own, own.predict(raw, prediction_type="RawFormulaVal")


@pytest.mark.parametrize("engine", ["exact", "sampled"])
@pytest.mark.parametrize("boosted", [lightgbm_boosted, xgboosted, catboosted])
def test_margins_of_a_booster_are_explained_on_executors(engine, boosted):
    frame = pd.DataFrame({"a": [1.0, None, 3.0, 4.5, None, 2.0] * 15, "c": list("uvwuwv") * 15})
    frame["y"] = (frame["a"].fillna(5) + (frame["c"] == "w") > 3.5).astype(int)
    dataset = read_csv(frame.to_csv(index=False).encode(), "y")
    own, margins = boosted(frame[["a", "c"]].astype({"c": "category"}), frame["y"])
    model = adopt_model(own, dataset)
    explainer, settings = build_explainer(dataset), {"engine": engine, "output": "margin", **FEW}
    spark = connect(EMBEDDED)
    df = spark.createDataFrame(dataset.features[:6].tolist(), list(dataset.feature_names))
    found = explain_dataframe(df, explainer, model, list(dataset.feature_names), **settings).toArrow()
    here = explain_rows(explainer, model, dataset.features[:6], **settings)
    assert found.sort_by("row_id")["prediction"].to_pylist() == here["prediction"].to_pylist()
    assert found.sort_by("row_id")["explanation"].to_pylist() == here["explanation"].to_pylist()
    np.testing.assert_allclose(here["prediction"].to_numpy(), margins[:6], rtol=1e-6)
    explain = explainer_udf(spark, explainer, model, **settings)
    assert asked(df, explain(*dataset.feature_names)) == weights_of(here["explanation"].to_pylist())
