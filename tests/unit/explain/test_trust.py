import pytest

from sparklime_core.explain.trust import CHECKS, FIT, GAP, RULE, STABILITY, judge, locality, locality_words


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
