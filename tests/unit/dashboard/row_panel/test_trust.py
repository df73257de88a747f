from datetime import UTC, datetime

from sparklime_core.dashboard.row_panel.panel import origin_words
from sparklime_core.dashboard.row_panel.trust import (
    badge_words,
    check_words,
    missing_words,
    rule_words,
    stability_frame,
)
from sparklime_core.explain.trust import CHECKS, judge

RESULT = {"prediction": 0.97, "local_prediction": 0.85, "score": 0.62}
MEASURED = {
    "jaccard": 0.6,
    "vsi": 91.3,
    "csi": None,
    "sampling_rmse": 0.004,
    "sampling_max": 0.02,
    "std": [0.01, None],
    "chosen": [5, 2],
    "exact": [0.2, None],
}


def test_a_badge_says_what_made_it_so():
    assert badge_words(judge(0.9, 0.0)) == "trust: good"
    assert badge_words(judge(0.5, 0.2, jaccard=0.9)) == "trust: fair (fit, gap)"
    assert badge_words(judge(0.1, 0.2)) == "trust: weak (fit)"
    assert badge_words(judge(None, None)) == "trust: unknown"


def test_every_check_is_told_with_its_figures():
    verdict = judge(0.62, -0.12, jaccard=0.6, sampling_rmse=0.004, strongest=0.2)
    told = [check_words(check, RESULT, MEASURED, 5) for check in verdict.checks]
    assert told[0] == "The surrogate explains 62% of the model's behaviour around this row (local R² 0.62)."
    assert "the surrogate predicts 0.85 and the model 0.97: a difference of 12% of" in told[1]
    assert "(5 pools), 60% of the five strongest features stay the same (VSI 91 of 100)." in told[2]
    assert "is 0.004 (root mean square; at most 0.02): 2% of" in told[3]


def test_without_profiles_the_fit_is_limes_own():
    low = {**RESULT, "score": -0.1}
    assert "explains nothing" in check_words(judge(-0.1, None).checks[0], low, None, 0)


def test_with_profiles_the_fit_is_theirs_and_limes_own_beside_it():
    result = {**RESULT, "score": 0.2, "profile_score": 0.81, "explanation": [{}] * 3}
    verdict = judge(0.2, 0.0, profile_score=0.81)
    assert verdict.level == "good"
    told = check_words(verdict.checks[0], result, None, 0)
    assert told.startswith("The 3 features account for 81% of the model's behaviour around this row.")
    assert "lime's own local R² is 0.20: lime asks only whether" in told


def test_the_rule_names_every_check():
    assert all(limits.name in rule_words() for limits in CHECKS)


def test_what_could_not_be_compared_is_said():
    assert missing_words(judge(0.5, 0.0), None) is None
    assert "engine exact" in missing_words(judge(0.5, 0.0, jaccard=1.0), MEASURED)
    assert missing_words(judge(0.5, 0.0, sampling_rmse=0.1, strongest=0.2), MEASURED) is None


def test_the_spread_is_a_line_for_each_condition():
    explanation = [
        {"feature_explanation": "a <= 1", "weight": 0.2},
        {"feature_explanation": "b=x", "weight": -0.1},
    ]
    frame = stability_frame(explanation, MEASURED, 5)
    assert list(frame["chosen"]) == [1.0, 0.4]
    assert frame["std"].isna().tolist() == frame["exact"].isna().tolist() == [False, True]
    without = stability_frame(explanation, {**MEASURED, "exact": None}, 5)
    assert without["exact"].isna().all()
    assert list(stability_frame(explanation, None, 0).columns) == ["condition", "weight"]


def test_who_explained_a_row_is_a_sentence():
    block = {
        "block": 3,
        "first_row": 48,
        "last_row": 63,
        "wave": 1,
        "partition": 0,
        "attempt": 0,
        "executor": "1",
        "host": "host-a",
        "pid": 4711,
        "started": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        "seconds": 0.8,
    }
    words = origin_words(block).replace("\\", "")
    assert words == (
        "Explained by executor 1 on host-a, process 4711, at 2024-01-02 03:04:05 UTC, in a block of rows 48 to 63 "
        "that took 0.8 s (50 ms per row); wave 1, partition 0."
    )
    assert "Explained by embedded Spark on host-a" in origin_words({**block, "executor": "driver"}).replace(
        "\\", ""
    )
    assert "attempt 2." in origin_words({**block, "attempt": 1})
    assert "not recorded" in origin_words(None)
