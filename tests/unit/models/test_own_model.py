"""Models that were trained elsewhere."""

import numpy as np
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

from sparklime_core import SparkLimeError, read_csv
from sparklime_core.models.own_model import GAPS_AS_NUMBERS, adopt_model, load_model
from sparklime_core.models.settings import ModelSettings
from sparklime_core.models.train import train_with


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


def test_a_model_that_does_not_say_what_gaps_were_to_it_has_a_note(penguins, diabetes, tmp_path):
    gapped = penguins.features.copy()
    for feature, number in penguins.missing_values.items():
        gapped[gapped[:, feature] == number, feature] = np.nan
    model = HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(gapped, penguins.target)
    skops.io.dump(model, tmp_path / "mine.skops")
    for taken in (adopt_model(model, penguins), load_model(tmp_path / "mine.skops", penguins)):
        assert taken.notes[1:] == (GAPS_AS_NUMBERS,)
    whole = HistGradientBoostingRegressor(max_iter=3, random_state=0).fit(diabetes.features, diabetes.target)
    assert len(adopt_model(whole, diabetes).notes) == 1


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
