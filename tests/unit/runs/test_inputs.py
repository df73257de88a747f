"""What a run keeps of its data and model."""

import hashlib
import io
from importlib.metadata import packages_distributions

import numpy as np
import pandas as pd
import pytest
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from sparklime_core import (
    ExplainerSettings,
    ExplainSettings,
    SparkLimeError,
    adopt_model,
    load_model,
    read_csv,
    read_rows,
)
from sparklime_core.jobs.plan import RunPlan, plan_new_rows
from sparklime_core.jobs.what_if import prepare_what_if
from sparklime_core.runs.inputs import DECODING_FILE
from sparklime_core.runs.store import RunStore
from sparklime_core.spark.waves.payload import packages_in, pickled


def test_inputs_come_back_as_they_were(run, plan):
    inputs = run.inputs()
    for name in ("feature_names", "class_names", "categorical_names", "missing_values", "report", "target_name"):
        assert getattr(inputs.dataset, name) == getattr(plan.dataset, name)
    np.testing.assert_array_equal(inputs.dataset.features, plan.dataset.features)
    np.testing.assert_array_equal(inputs.test_rows, plan.model.test_rows)
    np.testing.assert_array_equal(inputs.row_ids, plan.row_ids())
    np.testing.assert_array_equal(
        inputs.estimator.predict_proba(plan.dataset.features), plan.model.predict_fn(plan.dataset.features)
    )


def test_a_model_of_raw_columns_comes_back_with_its_decoding(tmp_path):
    content = "town,size,y\n" + "".join(
        f"{'ab'[n % 3 > 1]},{n % 11 or ''},{int(n % 3 > 1 or n % 5 > 3)}\n" for n in range(60)
    )
    table, dataset = pd.read_csv(io.StringIO(content)), read_csv(content.encode(), "y")
    columns = ColumnTransformer([("town", OneHotEncoder(), ["town"])], remainder=SimpleImputer())
    own = make_pipeline(columns, LogisticRegression()).fit(table[["size", "town"]], table["y"])
    plan = RunPlan(dataset, adopt_model(own, dataset), ExplainSettings(num_samples=60))
    run = RunStore(tmp_path).create(plan.manifest("local[2]"), plan.inputs())
    inputs = run.inputs()
    np.testing.assert_array_equal(
        inputs.estimator.predict_proba(inputs.dataset.features), own.predict_proba(table[["size", "town"]])
    )
    (answer,) = prepare_what_if(run.manifest(), inputs).explain(dataset.features[:1], 0)
    np.testing.assert_array_equal(answer.probabilities, own.predict_proba(table[["size", "town"]][:1])[0])
    assert answer.result["error"] is None
    (run.folder / DECODING_FILE).write_text("{")
    with pytest.raises(SparkLimeError, match=r"decoding.json is cut off, or another file"):
        run.inputs()


def test_a_boosters_file_is_kept_as_it_was_given(tmp_path):
    content = "a,c,y\n" + "".join(
        f"{n % 13 or ''},{'uvw'[n % 3]},{int(n % 13 > 4 or n % 3 > 1)}\n" for n in range(90)
    )
    table, dataset = pd.read_csv(io.StringIO(content)), read_csv(content.encode(), "y")
    raw = table[["a", "c"]].astype({"c": "category"})
    own = xgboost.XGBClassifier(n_estimators=4, n_jobs=1, enable_categorical=True).fit(raw, table["y"])
    own.save_model(tmp_path / "mine.json")
    model = load_model(tmp_path / "mine.json", dataset)
    settings = ExplainSettings("exact", output="margin")
    plan = RunPlan(dataset, model, settings)
    run = RunStore(tmp_path / "runs").create(plan.manifest("local[2]"), plan.inputs())
    given = (tmp_path / "mine.json").read_bytes()
    assert (run.folder / "model.json").read_bytes() == given
    facts = run.manifest().model
    assert (facts.type, facts.file) == ("XGBoost model", "model.json")
    assert facts.sha256 == hashlib.sha256(given).hexdigest()
    inputs = run.inputs()
    np.testing.assert_array_equal(inputs.estimator.predict_proba(dataset.features), own.predict_proba(raw))
    assert packages_in(pickled(inputs.estimator)) == tuple(packages_distributions()["xgboost"])
    new = read_rows(io.BytesIO(b"a,c\n,u\n3,w\n"), dataset.encoding)
    plan = plan_new_rows(run, new, settings, ExplainerSettings())
    later = RunStore(tmp_path / "runs").create(plan.manifest("local[2]"), plan.inputs())
    np.testing.assert_array_equal(
        later.inputs().estimator.predict_proba(new.features),
        own.predict_proba(pd.DataFrame({"a": [np.nan, 3.0], "c": pd.Categorical(["u", "w"], list("uvw"))})),
    )
    (answer,) = prepare_what_if(run.manifest(), inputs).explain(dataset.features[:1], 1)
    assert answer.result["error"] is None


def test_a_model_with_steps_of_one_s_own_is_explained_and_not_read_back(tmp_path):
    """It is at hand where the run is made; read back, it could run any program."""
    content = "town,size,y\n" + "".join(
        f"{'ab'[n % 3 > 1]},{n % 11},{int(n % 3 > 1 or n % 5 > 3)}\n" for n in range(60)
    )
    table, dataset = pd.read_csv(io.StringIO(content)), read_csv(content.encode(), "y")
    doubled = FunctionTransformer(lambda asked: asked[["size"]] * 2)
    own = make_pipeline(doubled, LogisticRegression()).fit(table[["size", "town"]], table["y"])
    plan = RunPlan(dataset, adopt_model(own, dataset), ExplainSettings(num_samples=60))
    run = RunStore(tmp_path).create(plan.manifest("local[2]"), plan.inputs())
    with pytest.raises(SparkLimeError, match="holds types that are not trusted, so nothing of it was loaded"):
        run.inputs()
