"""What the row panel says of profiles: from an explanation whose figures are known."""

import pytest

from sparklime_core import build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.explain.profiles.carried import carried_words, expected_change, largest_effect, profiles_of


@pytest.fixture(scope="module")
def result():
    dataset = load_sample("wine")
    model = train_forest(dataset, n_estimators=5)
    rows = dataset.features[:1]
    explainer = build_explainer(dataset)
    return explain_rows(explainer, model.predict_fn, rows, num_features=4, profiles=True).to_pylist()[0]


def test_what_the_features_carry_adds_up_to_the_profile_score(result):
    profiles = profiles_of(result)

    assert [profile["feature"] for profile in profiles] == [entry["feature"] for entry in result["explanation"]]
    assert sum(profile["carries"] for profile in profiles) == pytest.approx(result["profile_score"])


def test_the_rows_own_bin_is_marked_once_a_feature(result):
    lines = profiles_frame(profiles_of(result))

    assert (lines["kind"] == "feature").sum() == 4
    assert lines["kind"].isin(["raises", "lowers"]).sum() == 4
    marked = lines.loc[lines["kind"].isin(["raises", "lowers"]), "text"]
    own = [entry["feature_explanation"] for entry in result["explanation"]]
    assert [text.removesuffix("   ◂ this row") for text in marked] == own


def test_all_profiles_of_a_row_share_one_scale(result):
    profiles = profiles_of(result)
    first, last = (
        profiles_chart(profiles_frame(part), largest_effect(profiles)) for part in (profiles[:1], profiles)
    )

    ends = [chart.to_dict()["layer"][1]["encoding"]["x"]["scale"]["domain"] for chart in (first, last)]
    assert ends[0] == ends[1] == [-largest_effect(profiles), largest_effect(profiles)]


def test_the_hidden_rest_is_said(result):
    profiles = profiles_of(result)
    first, others = (sum(profile["carries"] for profile in part) for part in (profiles[:3], profiles[3:]))

    told = carried_words(profiles, 3)
    assert f"The 3 features shown carry {first:.0%}" in told
    assert f"the other 1 of the explanation {others:.0%}" in told
    assert f"remaining {1 - result['profile_score']:.0%}" in told


def test_an_explanation_without_profiles_has_none():
    assert profiles_of({"profiles": None, "explanation": []}) == []
    assert profiles_of({"explanation": []}) == []


def test_a_move_to_another_bin_changes_the_prediction_by_the_difference_of_their_effects(result):
    (first, *_) = profiles_of(result)
    other = next(bin_ for bin_ in first["bins"] if bin_["condition"] != first["own"])
    own = next(bin_ for bin_ in first["bins"] if bin_["condition"] == first["own"])
    moved = {"explanation": [{"feature": first["feature"], "feature_explanation": other["condition"]}]}

    assert expected_change(result, moved, [first["feature"]]) == pytest.approx(other["effect"] - own["effect"])
    assert expected_change(result, result, [first["feature"]]) == 0.0


def test_of_a_feature_without_a_profile_nothing_is_expected(result):
    assert expected_change(result, result, ["a stranger"]) is None
    assert expected_change(result, {"explanation": []}, [result["explanation"][0]["feature"]]) is None


def test_partial_dependence_has_a_mark_in_the_bins_where_it_is_known(result):
    profiles = profiles_of(result)
    first = profiles[0]
    known = {bin_["condition"]: 3.0 for bin_ in first["bins"][:2]}
    lines = profiles_frame(profiles, {first["feature"]: known})

    assert lines["average"].count() == 2
    marks = [layer["mark"] for layer in profiles_chart(lines, 0.1).to_dict()["layer"]]
    assert [mark.get("shape") for mark in marks].count("diamond") == 1
    plain = profiles_chart(profiles_frame(profiles), 0.1).to_dict()["layer"]
    assert "diamond" not in [layer["mark"].get("shape") for layer in plain]
