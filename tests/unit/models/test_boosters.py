"""Boosters by file and in memory: asked in their own names, gaps and categories."""

import io
import json
import sys

import catboost
import lightgbm
import numpy as np
import pandas as pd
import pytest
import xgboost

from sparklime_core import adopt_model, build_explainer, explain_rows, load_model, read_csv
from sparklime_core.errors import MissingExtraError, SparkLimeError
from sparklime_core.models.boosters import restore_booster
from sparklime_core.models.model_files import ModelFile

STATE = np.random.RandomState(0)
SIZE = 300
RAW = pd.DataFrame(
    {
        "body mass": STATE.normal(size=SIZE).round(3),
        "b": STATE.normal(size=SIZE).round(3),
        "c": np.array(list("uvwxyz"))[STATE.randint(0, 6, SIZE)],
    }
)
RAW.loc[::7, "body mass"] = np.nan
SCORE = RAW["b"] + (RAW["c"] > "w") + RAW["body mass"].fillna(2)
CLASS = np.where(SCORE > 1, "yes", "no")
CATEGORICAL = RAW.astype({"c": "category"})
CODES = (CLASS == "yes").astype(int)


@pytest.fixture(scope="module")
def table():
    return read_csv(io.BytesIO(RAW.assign(y=CLASS).to_csv(index=False).encode()), "y")


def xgboosted(frame=CATEGORICAL, target=CODES, **settings):
    model = xgboost.XGBClassifier(n_estimators=10, max_depth=3, n_jobs=1, enable_categorical=True, **settings)
    return model.fit(frame, target)


def lightgbm_boosted(frame=CATEGORICAL, target=CLASS, **settings):
    chosen = {"n_estimators": 10, "n_jobs": 1, "verbose": -1, "min_data_per_group": 5, "cat_smooth": 1}
    return lightgbm.LGBMClassifier(**chosen, **settings).fit(frame, target)


def catboosted(frame=RAW, target=CLASS):
    settings = {"iterations": 10, "verbose": 0, "thread_count": 1, "allow_writing_files": False}
    return catboost.CatBoostClassifier(**settings, max_ctr_complexity=1, cat_features=["c"]).fit(frame, target)


MADE = {
    ".ubj": (xgboosted, CATEGORICAL, lambda model, path: model.save_model(path)),
    ".json": (xgboosted, CATEGORICAL, lambda model, path: model.save_model(path)),
    ".txt": (lightgbm_boosted, CATEGORICAL, lambda model, path: model.booster_.save_model(path)),
    ".cbm": (catboosted, RAW, lambda model, path: model.save_model(str(path))),
}


@pytest.mark.parametrize("suffix", MADE)
def test_a_booster_answers_as_it_does_on_the_raw_table(suffix, table, tmp_path):
    make, frame, save = MADE[suffix]
    own = make()
    path = tmp_path / f"model{suffix}"
    save(own, path)
    loaded, adopted = load_model(path, table), adopt_model(own, table)
    assert loaded.file.data == path.read_bytes()
    assert loaded.trained_elsewhere
    assert any("given to the model as gaps" in note for note in loaded.notes)
    for model in (loaded, adopted):
        np.testing.assert_array_equal(model.predict_fn(table.features), own.predict_proba(frame))
        assert model.metrics.values["accuracy"] == (own.predict(frame).ravel() == own.classes_[CODES]).mean()
    assert adopted.file.suffix == (".ubj" if suffix == ".json" else suffix)


@pytest.mark.parametrize("suffix", [".ubj", ".txt", ".cbm"])
def test_every_engine_explains_its_margin(suffix, table):
    model = adopt_model(MADE[suffix][0](), table)
    explainer = build_explainer(table)
    found = {
        engine: explain_rows(
            explainer, model, table.features[:2], engine=engine, num_samples=samples, output="margin"
        )
        for engine, samples in (("exact", 40_000), ("sampled", 40_000), ("reference", 2_000))
    }
    exact, sampled, reference = (
        {term["feature"]: term["weight"] for term in table["explanation"][0].as_py()} for table in found.values()
    )
    assert exact == pytest.approx(sampled, abs=0.08)
    assert exact == pytest.approx(reference, abs=0.5)


def test_columns_are_found_by_name_and_others_are_left_alone(table):
    model = adopt_model(xgboosted(CATEGORICAL[["c", "b"]]), table)
    np.testing.assert_array_equal(
        model.predict_fn(table.features), xgboosted(CATEGORICAL[["c", "b"]]).predict_proba(CATEGORICAL[["c", "b"]])
    )
    explained = explain_rows(
        build_explainer(table), model, table.features[:1], engine="exact", output="margin", num_features=3
    )
    weights = {term["feature"]: term["weight"] for term in explained["explanation"][0].as_py()}
    assert weights["body mass"] == pytest.approx(0, abs=1e-3)
    assert weights["b"] != 0


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")  # LightGBM 4.6, of any array
@pytest.mark.parametrize("make", [xgboosted, lightgbm_boosted])
def test_a_booster_of_encoded_features_keeps_the_number_that_stands_for_gaps(make, table):
    target = CODES if make is xgboosted else CLASS
    own = make(table.features, target)
    model = adopt_model(own, table)
    np.testing.assert_array_equal(model.predict_fn(table.features), own.predict_proba(table.features))
    assert not any("given to the model as gaps" in note for note in model.notes)


def test_two_rows_do_not_decide_that_gaps_are_numbers(table):
    whole = RAW["body mass"].notna()
    own = xgboosted(CATEGORICAL[whole], CODES[whole])
    two = CATEGORICAL[whole | (RAW.index < 8)]
    of_numbers = own.predict(two.fillna({"body mass": -1e9}))
    few = read_csv(two.assign(y=np.array(["no", "yes"])[of_numbers]).to_csv(index=False).encode(), "y")
    assert adopt_model(own, few).predict_fn(few.features).tolist() == own.predict_proba(two).tolist()


def test_catboost_may_have_learnt_codes_of_categories(table):
    frame = RAW.assign(c=table.features[:, 2].astype(int))
    own = catboosted(frame)
    model = adopt_model(own, table)
    np.testing.assert_array_equal(model.predict_fn(table.features), own.predict_proba(frame))
    assert_knows_numbers_alone(model)


def test_a_file_without_names_of_categories_says_what_their_numbers_stand_for(table, tmp_path):
    own = xgboosted(CATEGORICAL, CODES)
    saved = json.loads(own.get_booster().save_raw("json"))
    del saved["learner"]["gradient_booster"]["model"]["cats"]  # as XGBoost before 3.1 writes them
    (tmp_path / "old.json").write_text(json.dumps(saved))
    assert_knows_numbers_alone(load_model(tmp_path / "old.json", table))
    assert not any("only by numbers" in note for note in adopt_model(own, table).notes)


def assert_knows_numbers_alone(model):
    (note,) = [note for note in model.notes if "only by numbers" in note]
    assert note.startswith("the model knows the categories of 'c' only by numbers, and gets 0 for ")
    assert note.endswith("if it was trained with another order, its predictions are wrong")


def test_what_does_not_fit_is_said_by_name(table):
    other = CATEGORICAL.rename(columns={"b": "bee"})
    with pytest.raises(SparkLimeError, match="a feature that the table does not have: 'bee'"):
        adopt_model(xgboosted(other), table)
    with pytest.raises(SparkLimeError, match="takes 'b' as categories"):
        adopt_model(lightgbm_boosted(RAW.assign(b=RAW["b"].round().astype("category"), c=0)), table)
    with pytest.raises(SparkLimeError, match="none of the table's categories of 'c': it knows 'k', 'l'"):
        adopt_model(xgboosted(CATEGORICAL.assign(c=pd.Categorical(np.where(CODES, "k", "l")))), table)
    with pytest.raises(SparkLimeError, match="wants 2 features, and the table has 3"):
        adopt_model(xgboosted(table.features[:, :2]), table)
    with pytest.raises(SparkLimeError, match="knows the classes '0', '1', '2'"):
        adopt_model(xgboosted(target=np.digitize(SCORE, [0, 1])), table)
    with pytest.raises(SparkLimeError, match="predicts numbers"):
        adopt_model(xgboost.XGBRegressor(n_estimators=2, n_jobs=1).fit(table.features, SCORE), table)


def bad_files():
    good = bytes(xgboosted().get_booster().save_raw("ubj"))
    text = lightgbm_boosted().booster_.model_to_string().encode()
    native = catboosted()._serialize_model()
    ranked = xgboost.train(
        {"objective": "rank:pairwise", "nthread": 1}, xgboost.DMatrix(RAW[["b"]], CODES, nthread=1), 2
    )
    return {
        "truncated.ubj": (good[: len(good) // 2], "XGBoost cannot read"),
        "truncated.json": (b'{"learner": {"attributes"', "XGBoost cannot read"),
        "empty.json": (b"{}", "XGBoost cannot read"),
        "truncated.txt": (text[: len(text) // 2], "no whole LightGBM model"),
        "says-so.txt": (b"tree\nversion=v4\nnum_class=1\nend of trees\n", "LightGBM cannot read"),
        "cut-inside.txt": (text.replace(b"left_child=", b"left_child=9999 ", 1), "crashed|LightGBM cannot read"),
        "prose.txt": (b"This is a LightGBM model, honestly.", "no whole LightGBM model"),
        "truncated.cbm": (native[: len(native) // 2], "CatBoost cannot read|crashed"),
        "prose.cbm": (b"CBM1 and nothing else", "CatBoost cannot read|crashed"),
        "ranks.ubj": (bytes(ranked.save_raw("ubj")), "'rank:pairwise'"),
        "another.json": (b'{"version": [9, 9, 9], "learner": {}}', "XGBoost cannot read"),
    }


@pytest.mark.parametrize("name", list(bad_files()))
def test_a_bad_file_is_one_sentence(name, table, tmp_path):
    content, sentence = bad_files()[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SparkLimeError, match=sentence) as caught:
        load_model(path, table)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("suffix", "library"), [(".ubj", "xgboost"), (".txt", "lightgbm"), (".cbm", "catboost")])
def test_a_missing_library_is_named_with_what_brings_it(suffix, library, table, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    monkeypatch.delitem(sys.modules, f"sparklime_core.explain.kinds.{library}_model", raising=False)
    with pytest.raises(MissingExtraError, match=rf"the package {library}: pip install 'sparklime\[boosters\]'"):
        restore_booster(ModelFile(suffix, b""), table)
