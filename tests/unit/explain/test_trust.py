"""The verdict's rule, and how much of the model's behaviour each feature carries."""

import pytest

from sparklime_core import build_explainer, explain_rows, load_sample, train_forest
from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.explain.trust import (
    CHECKS,
    FIT,
    GAP,
    RULE,
    STABILITY,
    carried_words,
    expected_change,
    judge,
    largest_effect,
    locality,
    locality_words,
    profiles_of,
)


@pytest.mark.parametrize(
    ("limits", "figures"),
    [
        (FIT, [(1.0, "good"), (0.7, "good"), (0.69, "fair"), (0.4, "fair"), (0.39, "weak"), (-2.0, "weak")]),
        (GAP, [(0.0, "good"), (0.1, "good"), (0.11, "fair"), (0.25, "fair"), (0.26, "weak")]),
    ],
)
def test_a_limit_belongs_to_the_better_side(limits, figures):
    assert [limits.level(figure) for figure, _ in figures] == [level for _, level in figures]


def test_the_whole_is_the_worst_of_what_was_measured():
    good = judge(0.9, 0.05, jaccard=0.9, sampling_rmse=0.01, strongest=-0.2)
    assert good.level == "good"
    assert good.reasons == ()
    assert [check.limits for check in good.checks] == list(CHECKS)
    unstable = judge(0.9, 0.05, jaccard=0.3, sampling_rmse=0.01, strongest=0.2)
    assert (unstable.level, unstable.reasons) == ("weak", (STABILITY.name,))
    both = judge(0.5, -0.2, jaccard=0.9)
    assert (both.level, both.reasons) == ("fair", (FIT.name, GAP.name))


def test_what_was_not_measured_is_not_judged():
    assert judge(None, None).level is None
    assert judge(0.9, None).level == "good"
    assert len(judge(0.9, 0.0, sampling_rmse=0.1, strongest=0.0).checks) == 2
    assert len(judge(0.9, 0.0, span=0.0).checks) == 1


def test_a_gap_of_values_is_seen_beside_their_range():
    assert judge(0.9, 30.0, span=1000.0).level == "good"
    assert judge(0.9, -300.0, span=1000.0).level == "weak"


def test_the_rule_is_told_in_words():
    assert FIT.rule.endswith("Good when at least 70%, fair when at least 40%, weak below that.")
    assert GAP.rule.endswith("Good when at most 10%, fair when at most 25%, weak above that.")
    assert "worst" in RULE


def test_profiles_say_the_fit_where_there_are_any():
    assert judge(0.1, 0.0, profile_score=0.8).level == "good"
    assert judge(0.9, 0.0, profile_score=0.3).reasons == (FIT.name,)


@pytest.mark.parametrize(
    ("share", "expected", "about"),
    [(0.99, "whole table", "nearly the whole table"), (0.9, "whole table", "whole"), (0.6, "broad", "large part"),
     (0.49, "local", "the row's surroundings")],
)  # fmt: skip
def test_locality_says_what_the_explanation_is_about(share, expected, about):
    assert locality(share) == expected
    assert about in locality_words(share)


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
