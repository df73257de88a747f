"""Models that were trained elsewhere."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import Pipeline
from sklearn.svm import LinearSVC

from sparklime_core import SparkLimeError, build_explainer, explain_rows, read_csv, train_forest
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.models.own_model import GAPS_AS_GAPS, GAPS_AS_NUMBERS, adopt_model, load_model
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with
from sparklime_core.runs.store import RunStore


def test_ones_own_model_is_taken_over(penguins, tmp_path):
    forest = RandomForestClassifier(5, random_state=0, n_jobs=2).fit(penguins.features, penguins.target)
    skops.io.dump(forest, tmp_path / "mine.skops")
    model = load_model(tmp_path / "mine.skops", penguins)
    assert model.estimator.n_jobs == 1
    assert len(model.test_rows) == 0
    assert "trained elsewhere" in model.notes[0]
    named = RandomForestClassifier(5, random_state=0).fit(
        penguins.features, np.array(penguins.class_names)[penguins.target]
    )
    assert adopt_model(named, penguins).metrics.values["accuracy"] > 0.9


@pytest.fixture(scope="module")
def gappy():
    """A table of numbers whose gaps say more than its numbers, and the same as an array with NaN."""
    state = np.random.RandomState(0)
    frame = pd.DataFrame(state.normal(size=(300, 2)).round(3), columns=["a", "b"])
    frame.loc[state.rand(300) < 0.3, "a"] = np.nan
    target = (frame["a"].isna() ^ (frame["b"] > 0)).astype(int)
    return read_csv(frame.assign(y=target).to_csv(index=False).encode(), "y"), frame.to_numpy()


@pytest.mark.parametrize(
    "own",
    [HistGradientBoostingClassifier(max_iter=4), RandomForestClassifier(4, random_state=0)],
    ids=["boosted", "forest"],
)
def test_a_model_of_an_array_with_gaps_gets_gaps(own, gappy, tmp_path):
    dataset, array = gappy
    own.fit(array, dataset.target)
    skops.io.dump(own, tmp_path / "mine.skops")
    output = "margin" if hasattr(own, "decision_function") else "probability"
    for taken in (adopt_model(own, dataset), load_model(tmp_path / "mine.skops", dataset)):
        assert taken.notes[1:] == (GAPS_AS_GAPS,)
        np.testing.assert_array_equal(taken.predict_fn(dataset.features), own.predict_proba(array))
        plan = RunPlan(dataset, taken, ExplainSettings("exact", output=output))
        kept = RunStore(tmp_path / "runs").create(plan.manifest("local[2]"), plan.inputs()).inputs()
        np.testing.assert_array_equal(kept.estimator.predict_proba(dataset.features), own.predict_proba(array))
        assert_as_sampled(taken, dataset, output)


def assert_as_sampled(model, dataset, output):
    explainer, rows, few = (
        build_explainer(dataset),
        dataset.features[:3],
        {"num_samples": 50_000, "output": output},
    )
    found = [explain_rows(explainer, model, rows, engine=engine, **few) for engine in ("exact", "sampled")]
    exact, sampled = (
        [{term["feature"]: term["weight"] for term in row} for row in table["explanation"].to_pylist()]
        for table in found
    )
    np.testing.assert_allclose(found[0]["prediction"], found[1]["prediction"], atol=1e-9)
    assert all(exact[row] == pytest.approx(sampled[row], abs=0.03) for row in range(3))


def test_a_model_of_the_numbers_that_stand_for_gaps_gets_these(gappy, penguins, diabetes):
    dataset, _ = gappy
    own = HistGradientBoostingClassifier(max_iter=4).fit(dataset.features, dataset.target)
    taken = adopt_model(own, dataset)
    assert taken.notes[1:] == (GAPS_AS_NUMBERS,)
    np.testing.assert_array_equal(taken.predict_fn(dataset.features), own.predict_proba(dataset.features))
    with pytest.raises(SparkLimeError, match="wants 1 features"):
        adopt_model(
            HistGradientBoostingClassifier(max_iter=1).fit(dataset.features[:, :1], dataset.target), dataset
        )
    whole = HistGradientBoostingRegressor(max_iter=3, random_state=0).fit(diabetes.features, diabetes.target)
    assert len(adopt_model(whole, diabetes).notes) == 1


def test_a_saved_forest_of_ours_answers_as_before_where_few_rows_have_gaps(penguins, tmp_path):
    ours = train_forest(penguins, n_estimators=20)
    skops.io.dump(ours.estimator, tmp_path / "model.skops")
    for taken in (adopt_model(ours.estimator, penguins), load_model(tmp_path / "model.skops", penguins)):
        np.testing.assert_array_equal(taken.predict_fn(penguins.features), ours.predict_fn(penguins.features))


def test_ones_own_model_must_fit(penguins, diabetes):
    narrow = RandomForestClassifier(2).fit(penguins.features[:, :3], penguins.target)
    with pytest.raises(SparkLimeError, match="wants 3 features"):
        adopt_model(narrow, penguins)
    other = RandomForestClassifier(2).fit(penguins.features, penguins.target > 0)
    with pytest.raises(SparkLimeError, match="knows the classes False, True, and the target has 'Adelie'"):
        adopt_model(other, penguins)
    with pytest.raises(SparkLimeError, match="predicts numbers"):
        adopt_model(RandomForestRegressor(2).fit(penguins.features, penguins.target), penguins)
    with pytest.raises(SparkLimeError, match="predicts classes"):
        adopt_model(RandomForestClassifier(2).fit(diabetes.features, diabetes.target > 100), diabetes)
    with pytest.raises(SparkLimeError, match="no predict_proba"):
        adopt_model(LinearSVC().fit(penguins.features, penguins.target), penguins)
    with pytest.raises(SparkLimeError, match="no fitted"):
        adopt_model(RandomForestClassifier(), penguins)


@pytest.mark.parametrize("kind", ["forest", "boosting"])
@pytest.mark.parametrize(("field", "value"), [("left", 10**6), ("left", 0), ("feature", 99)])
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_tree_that_could_crash_or_never_end_is_refused(penguins, kind, field, value, wrapped):
    model = train_with(penguins, ModelSettings(2, kind=kind, class_weight="none")).estimator
    if kind == "forest":
        tree = model.estimators_[0].tree_
        state = tree.__getstate__()
        state["nodes"][0][{"left": "left_child", "feature": "feature"}[field]] = value
        tree.__setstate__(state)
    else:
        model._predictors[0][0].nodes[0][{"left": "left", "feature": "feature_idx"}[field]] = value
    if wrapped:
        model = Pipeline([("model", model)])
    with pytest.raises(SparkLimeError, match="damaged tree"):
        adopt_model(model, penguins)


@pytest.mark.parametrize(
    ("written", "labels"),
    [
        (("0", "1"), [0.0, 1.0]),
        (("0", "1"), [False, True]),
        (("0", "1"), ["0.0", "1.0"]),
        (("FALSE", "TRUE"), [False, True]),
        (("no", "yes"), np.array([" no", "yes "])),
        (("no", "yes"), np.array([b"no", b"yes"])),
        (("No", "Yes"), np.array(["no", "yes"], dtype=object)),
    ],
)
def test_the_same_labels_in_another_spelling_are_the_model_s(written, labels):
    x = np.arange(40) * 37 % 41 / 2
    content = "x,y\n" + "\n".join(f"{value},{written[int(value > 10)]}" for value in x)
    forest = RandomForestClassifier(5, random_state=0).fit(x[:, None], np.asarray(labels)[(x > 10).astype(int)])
    model = adopt_model(forest, read_csv(content.encode(), "y"))
    assert model.metrics.values["accuracy"] > 0.9


def test_labels_that_differ_in_case_alone_or_in_their_order_are_refused():
    x = np.arange(40) * 37 % 41 / 2
    content = "x,y\n" + "\n".join(f"{value},{'Aa'[int(value > 10)]}" for value in x)
    other = RandomForestClassifier(2).fit(x[:, None], np.where(x > 10, "A ", "a "))
    with pytest.raises(SparkLimeError, match="knows the classes 'A ', 'a ', and the target has 'A', 'a'"):
        adopt_model(other, read_csv(content.encode(), "y"))
