"""A filter as SQL, in a link, and in words."""

from pathlib import Path

import duckdb
import pytest

from sparklime_core.errors import SettingsError
from sparklime_core.runs.filter.conditions import Range, ValueCondition, WeightCondition
from sparklime_core.runs.filter.kinds import Explained
from sparklime_core.runs.filter.row_filter import FIELDS, RowFilter
from sparklime_core.runs.filter.translations import filter_text, limits_of, read_filter, where_sql
from sparklime_core.runs.run import Run
from tests.unit.runs.filter.filters import EVERYTHING, FEATURES

ODD_TEXTS = ["it's", "'; DROP TABLE rows; --", "back\\slash", "?", "$1", "line\nbreak", "é😀", "stability"]
LOANS = Explained(FEATURES, ("no", "yes"))


def passing(row_filter: RowFilter, **columns: object) -> int:
    names = ", ".join(columns)
    with duckdb.connect() as connection:
        connection.execute(
            f"CREATE TABLE rows AS SELECT {', '.join(f'? AS {name}' for name in columns)}", [*columns.values()]
        )
        sql = f"SELECT {names} FROM rows {where_sql(Run(Path('nowhere')), row_filter)}"
        return len(connection.execute(sql).fetchall())


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_a_text_is_only_a_text(text: str) -> None:
    assert passing(RowFilter(top_feature=text), top_feature=text) == 1
    assert passing(RowFilter(top_feature=text), top_feature=f"{text} ") == 0
    assert passing(RowFilter(error_text=text), error=f"because of {text.upper()}!") == 1


@pytest.mark.parametrize("limit", [0.1, 1 / 3, 0.1234567890123456789, 5e-324, 1.7976931348623157e308, -2e-05])
def test_a_limit_keeps_every_bit(limit: float) -> None:
    assert passing(RowFilter(score=Range(limit, limit)), score=limit) == 1
    assert (
        passing(
            RowFilter(score=Range(limit, None)), score=float.fromhex(limit.hex()) - abs(limit) / 2**52 - 5e-324
        )
        == 0
    )


def test_the_filter_of_everything_uses_every_field() -> None:
    usual = RowFilter()
    assert all(getattr(EVERYTHING, name) != getattr(usual, name) for name in FIELDS)


class TestLink:
    def test_a_filter_comes_back_from_its_text(self) -> None:
        assert read_filter(filter_text(EVERYTHING), 3, 2) == EVERYTHING

    def test_the_usual_filter_needs_no_text(self) -> None:
        assert filter_text(RowFilter()) == ""
        assert read_filter("", 3, 2) == RowFilter()

    def test_a_link_needs_no_escapes_but_those_of_names(self) -> None:
        plain = RowFilter(outcome="wrong", score=Range(0.4, None), values=(ValueCondition(0, Range(-1.5, 2)),))

        assert filter_text(plain) == "outcome.wrong~score.0.4_~value0.-1.5_2"

    @pytest.mark.parametrize(
        "text",
        [
            "nonsense",
            "label.7",
            "label.-1",
            "value9.0_1",
            "weight.1_2",
            "outcome.maybe",
            "sort.secret",
            "sort.weight9",
            "score.a_b",
            "score.nan_inf",
            "~~~..__",
            "rows.all",
            "executor.",
            "label.²",
            "label.99",
            "value99.1_2",
            "~.~",
            "<b>x</b>",
        ],
    )
    def test_what_a_run_does_not_know_is_left_out(self, text: str) -> None:
        assert read_filter(text, 3, 2) == RowFilter()

    def test_without_classes_nothing_is_right_or_wrong(self) -> None:
        assert read_filter("outcome.wrong~label.0", 3, 0) == RowFilter()
        assert read_filter("outcome.failed", 3, 0) == RowFilter(outcome="failed")


def test_of_two_terms_about_one_thing_the_last_one_holds() -> None:
    found = read_filter("value0.1_2~value0.3_4~weight1.0_1~weight1.0.5_~label.0~label.1~value2.is_1_1_0", 3, 2)

    assert found.values == (ValueCondition(0, Range(3, 4)), ValueCondition(2, codes=(1, 0)))
    assert found.weights == (WeightCondition(1, Range(0.5)),)
    assert found.label == 1


def test_a_link_of_many_terms_is_short_or_a_sentence() -> None:
    assert len(read_filter("~".join(["weight0.1_2"] * 20_000), 3, 2).weights) == 1
    with pytest.raises(SettingsError, match="can have 50 conditions on values, not 1,000"):
        read_filter("~".join(f"value{at}.1_2" for at in range(1000)), 1000, 2)
    with pytest.raises(SettingsError, match="can have 50 conditions on weights, not 5,000"):
        RowFilter(weights=(WeightCondition(0),) * 5000)


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
