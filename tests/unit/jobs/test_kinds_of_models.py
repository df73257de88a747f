"""What is done with a run, for every kind of model that people bring: what if, stability, reports, new rows."""

import io
from collections.abc import Callable
from pathlib import Path

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import skops.io
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from sparklime_core import load_model, read_csv, read_rows
from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.stability_task import prepare_measured
from sparklime_core.jobs.plan import plan_new_rows
from sparklime_core.jobs.what_if import prepare_what_if
from sparklime_core.reports.row_report import row_report
from sparklime_core.reports.run_report import run_report
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run
from tests.unit.models.spark_ml.saved import leaf, pipeline, split
from tests.unit.models.spark_ml.test_read_model import CONTENT, assembler, imputer, indexer, trees

TABLE = pd.read_csv(io.StringIO(CONTENT))
COLUMNS = TABLE[["size", "town", "owner"]]
CLASSES = (TABLE["good"] == "yes").astype(int)
CODED = COLUMNS.assign(town=pd.Categorical(COLUMNS["town"]))


def xgboosted(folder: Path) -> Path:
    own = xgboost.XGBClassifier(n_estimators=4, max_depth=2, n_jobs=1, enable_categorical=True)
    own.fit(CODED, CLASSES).save_model(folder / "mine.json")
    return folder / "mine.json"


def lightgbm_boosted(folder: Path) -> Path:
    few = {"min_child_samples": 1, "min_data_per_group": 1, "verbose": -1, "n_jobs": 1}
    own = lightgbm.LGBMClassifier(n_estimators=4, **few).fit(CODED, CLASSES)
    own.booster_.save_model(folder / "mine.txt")
    return folder / "mine.txt"


def catboosted(folder: Path) -> Path:
    few = {"iterations": 4, "depth": 2, "max_ctr_complexity": 1, "verbose": 0, "thread_count": 1}
    own = catboost.CatBoostClassifier(**few, allow_writing_files=False, cat_features=["town"])
    own.fit(COLUMNS.assign(town=COLUMNS["town"].fillna("missing")), TABLE["good"]).save_model(
        str(folder / "mine.cbm")
    )
    return folder / "mine.cbm"


def of_raw_columns(folder: Path) -> Path:
    columns = ColumnTransformer([("town", OneHotEncoder(), ["town"])], remainder=SimpleImputer())
    own = make_pipeline(columns, GradientBoostingClassifier(n_estimators=4, random_state=0))
    skops.io.dump(own.fit(COLUMNS, TABLE["good"]), folder / "mine.skops")
    return folder / "mine.skops"


def of_spark(folder: Path) -> Path:
    root = split(0, split(1, leaf(-1.0), leaf(1.0), among=[0.0], of=4), leaf(2.0), below=1.0)
    boosted = trees(root, leaf(-0.5), kind="GBTClassificationModel")
    return pipeline(folder / "mine", imputer, indexer, assembler, boosted)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return read_csv(CONTENT.encode(), "good", name="houses")


@pytest.mark.parametrize("save", [xgboosted, lightgbm_boosted, catboosted, of_raw_columns, of_spark])
def test_a_run_of_margins_answers_all_that_is_asked_of_it(
    save: Callable[[Path], Path], dataset: Dataset, tmp_path: Path
) -> None:
    model, store = load_model(save(tmp_path), dataset), RunStore(tmp_path / "runs")
    run = make_run(store, dataset, model, 6, stability=2, output="margin")
    predicted = model.predict_fn(dataset.features)
    margins = np.log(predicted[:, 1] / predicted[:, 0])
    inputs, manifest = run.inputs(), run.manifest()
    (stored,) = explanations_of(run, 0)
    assert stored["error"] is None
    assert stored["prediction"] == pytest.approx(margins[0], abs=1e-5)

    (same,) = prepare_what_if(manifest, inputs).explain(inputs.dataset.features[:1], 1)
    assert same.result["explanation"] == stored["explanation"]
    assert list(same.probabilities) == pytest.approx([-margins[0], margins[0]], abs=1e-5)

    assert run.stability_files()
    assert "log-odds" in row_report(run, 0).decode()
    assert "log-odds" in run_report(run).decode()

    new = read_rows(io.BytesIO(b"size,town,owner\n,Oslo,1\n-2,Rome,0\n"), dataset.encoding)
    plan = plan_new_rows(run, new, manifest.explain, manifest.explainer)
    task = prepare_measured(build_explainer(dataset, plan.explainer), plan.model.predict_fn, plan.explain, 0)
    explained, _ = task.explain_and_measure(new.features, np.arange(2))
    assert explained["prediction"].to_pylist() == pytest.approx(margins[[1, 3]], abs=1e-5)
