"""Stability measured beside the explanations, against the library's own `stability` and the plain engines."""

import dill
import numpy as np
import pyarrow as pa
import pytest
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from sparklime_core import stability
from sparklime_core.errors import SettingsError
from sparklime_core.explain import stability_task
from sparklime_core.explain.explain_rows import prepare_task
from sparklime_core.explain.schema import COMPACT_SCHEMA, STABILITY_SCHEMA
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.stability_task import prepare_measured

POOLS = 9
FEW = {"labels": "all", "num_features": 4, "num_samples": 200, "seed": 3}
SOME = 12


@pytest.fixture(scope="module")
def wine():
    bunch = load_wine()
    forest = RandomForestClassifier(10, random_state=0).fit(bunch.data, bunch.target)
    explainer = LimeTabularExplainer(bunch.data, feature_names=bunch.feature_names, class_names=["a", "b", "c"])
    return bunch.data, forest, explainer


def measured(explainer, predict_fn, rows, engine="sampled", pools=POOLS):
    task = prepare_measured(explainer, predict_fn, ExplainSettings(engine=engine, **FEW), pools)
    explained, found = task.explain_and_measure(rows, np.arange(len(rows)))
    decoded = task.vocabulary.decode(pa.Table.from_batches([explained]))
    return explained, found, decoded.to_pylist()


@pytest.mark.parametrize("engine", ["sampled", "exact", "reference"])
def test_the_explanations_stay_as_they_are_and_the_figures_are_the_librarys(wine, engine):
    rows, forest, explainer = wine
    few = rows[: 3 if engine == "reference" else SOME]
    explained, found, decoded = measured(explainer, forest.predict_proba, few, engine)
    plain = prepare_task(explainer, forest.predict_proba, ExplainSettings(engine=engine, **FEW))
    assert explained.schema.equals(COMPACT_SCHEMA)
    assert explained.equals(plain.explain(few, np.arange(len(few))))
    assert found.schema.equals(STABILITY_SCHEMA)

    told = stability(explainer, forest.predict_proba, few, pools=POOLS, exact=True, **FEW)
    for name in ("row_id", "label", "jaccard", "vsi", "csi", "sampling_rmse", "sampling_max"):
        assert found[name].equals(told.rows[name].cast(found.schema.field(name).type).combine_chunks()), name
    by_feature = {
        (row["row_id"], row["label"], row["feature_explanation"]): row for row in told.features.to_pylist()
    }
    for result, row in zip(decoded, found.to_pylist(), strict=True):
        for place, entry in enumerate(result["explanation"]):
            of = by_feature.get((result["row_id"], result["label"], entry["feature_explanation"]))
            assert row["chosen"][place] == (0 if of is None else round(of["chosen"] * POOLS))
            for name in ("std", "exact"):
                value = None if of is None or of[name] is None else float(np.float32(of[name]))
                assert row[name][place] == value


def test_a_rows_bits_do_not_depend_on_the_rows_beside_it(wine):
    rows, forest, explainer = wine
    task = prepare_measured(explainer, forest.predict_proba, ExplainSettings(**FEW), POOLS)
    ids = np.arange(40)
    _, whole = task.explain_and_measure(rows[:40], ids)
    alone = [task.explain_and_measure(rows[at : at + 1], ids[at : at + 1])[1] for at in range(40)]
    assert pa.Table.from_batches([whole]).equals(pa.Table.from_batches(alone).combine_chunks())


def test_the_task_travels(wine):
    rows, forest, explainer = wine
    task = prepare_measured(explainer, forest.predict_proba, ExplainSettings(**FEW), 2)
    there = dill.loads(dill.dumps(task, recurse=True))
    assert there.pools[0] is there.engine
    here, again = (each.explain_and_measure(rows[:5], np.arange(5)) for each in (task, there))
    assert here[0].equals(again[0])
    assert here[1].equals(again[1])


def test_models_without_closed_forms_have_no_exact_weights(wine):
    rows, _, explainer = wine
    model = LogisticRegression(max_iter=1000).fit(rows / 100, load_wine().target)
    _, found, _ = measured(explainer, model.predict_proba, rows[:4])
    assert found["exact"].null_count == len(found) == 12
    assert found["sampling_rmse"].null_count == 12
    assert found["vsi"].null_count == 0


def test_exact_weights_are_left_out_where_they_would_cost_much(wine, monkeypatch):
    rows, forest, explainer = wine
    monkeypatch.setattr(stability_task, "EXACT_SECONDS", 0.0)
    _, found, _ = measured(explainer, forest.predict_proba, rows[:2])
    assert found["exact"].null_count == len(found)
    _, found, _ = measured(explainer, forest.predict_proba, rows[:2], engine="exact")
    assert found["exact"].null_count == 0


def test_bad_rows_are_not_there(wine):
    rows, forest, explainer = wine
    some = rows[:3].copy()
    some[1, 0] = np.nan
    explained, found, _ = measured(explainer, forest.predict_proba, some)
    assert found["row_id"].to_pylist() == [0, 0, 0, 2, 2, 2]
    assert explained["row_id"].to_pylist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    nothing = measured(explainer, forest.predict_proba, some[1:2])[1]
    assert nothing.schema.equals(STABILITY_SCHEMA)
    assert len(nothing) == 0


def test_what_fails_in_measuring_costs_no_explanation(wine):
    """Around the instance each pool asks the model for neighbours of its own, and it may refuse some."""
    rows, forest, _ = wine
    explainer = LimeTabularExplainer(rows, discretize_continuous=False, sample_around_instance=True)
    few = rows[:SOME]
    limit = [np.inf]

    def predict(values):
        if (values[:, 0] > limit[0]).any():
            raise ValueError("too much alcohol")
        return forest.predict_proba(values)

    def task_of(seed):
        return prepare_measured(explainer, predict, ExplainSettings(**{**FEW, "seed": seed}), 2)

    # The second pool reaches further than the first, and does so furthest from the row with the most alcohol.
    def reach(task):
        return [pool.pool.pool.samples[:, 0].max() for pool in task.pools]

    task = max((task_of(seed) for seed in range(20)), key=lambda task: reach(task)[1] - reach(task)[0])
    first, second = reach(task)
    expected = task.explain(few, np.arange(SOME))
    last, highest = np.sort(few[:, 0])[-2:]
    limit[0] = (last + highest) / 2 + second
    assert limit[0] > highest + first

    explained, found = task.explain_and_measure(few, np.arange(SOME))

    assert explained.equals(expected)
    assert set(range(SOME)) - set(found["row_id"].to_pylist()) == {int(np.argmax(few[:, 0]))}


@pytest.mark.parametrize("wrong", [1, -1, 101, 2.5, True])
def test_the_number_of_pools_is_checked(wine, wrong):
    _, forest, explainer = wine
    with pytest.raises(SettingsError, match="tability"):
        prepare_measured(explainer, forest.predict_proba, ExplainSettings(**FEW), wrong)


def test_of_a_sample_of_the_rows_the_figures_are_the_same_and_of_others_there_are_none(wine):
    rows, forest, explainer = wine
    settings, ids = ExplainSettings(**FEW), np.arange(100, 140)
    every_row = prepare_measured(explainer, forest.predict_proba, settings, 2)
    some_rows = prepare_measured(explainer, forest.predict_proba, settings, 2, every=7)
    explained, found = every_row.explain_and_measure(rows[:40], ids)
    same, some = some_rows.explain_and_measure(rows[:40], ids)
    assert same.equals(explained)
    assert sorted(set(some["row_id"].to_pylist())) == [105, 112, 119, 126, 133]
    assert some.equals(found.filter(pa.array(found["row_id"].to_numpy() % 7 == 0)))
    assert some_rows.explain_and_measure(rows[:3], ids[:3])[1].num_rows == 0
