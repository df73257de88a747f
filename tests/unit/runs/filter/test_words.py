"""A filter in words."""

from sparklime_core.runs.filter.conditions import Range
from sparklime_core.runs.filter.kinds import Explained
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.filter.words import limits_of
from tests.unit.runs.filter.filters import EVERYTHING, FEATURES

LOANS = Explained(FEATURES, ("no", "yes"))


class TestWords:
    def test_every_limit_is_said_and_can_be_taken_away(self) -> None:
        limits = limits_of(EVERYTHING, LOANS)

        assert [limit.text for limit in limits] == [
            "wrong",
            "predicted yes",
            "truly no",
            "test rows",
            "probability 0.5 to 0.75",
            "error ≥ 0.1",
            "fit ≥ 0.7",
            "local R² ≤ 0.4",
            "stability ≥ 0.9",
            "strongest reason: **age** ~ 1.5 <b>&",
            "executor driver",
            "not explained: not a number~",
            "**age** -1.5 to 2e-05",
            "sex = f or missing",
            "income is missing",
            "weight of **age** ≤ -0.1",
            "weight of income is there",
        ]
        assert all(len(limits_of(limit.without, LOANS)) == len(limits) - 1 for limit in limits)
        assert all(limit.without.order == "weight" for limit in limits)

    def test_taking_all_away_leaves_the_order(self) -> None:
        left = EVERYTHING
        while limits := limits_of(left, LOANS):
            left = limits[0].without

        assert left == RowFilter(order="weight", descending=True, order_feature=2)

    def test_a_prediction_is_called_what_the_run_explains(self) -> None:
        positive = RowFilter(prediction=Range(0.5))
        runs = [(classes, output) for classes in (("no", "yes"), None) for output in ("probability", "margin")]

        assert [limits_of(positive, Explained(FEATURES, *run))[0].text for run in runs] == [
            "probability ≥ 0.5",
            "log-odds ≥ 0.5",
            "predicted value ≥ 0.5",
            "raw score ≥ 0.5",
        ]
