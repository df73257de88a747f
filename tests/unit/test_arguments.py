import decimal
import fractions

import numpy as np
import pandas as pd
import pytest

from sparklime_core import ExplainerSettings, SparkLimeError
from sparklime_core.explain.settings import ExplainSettings
from sparklime_core.explain.stability import StabilitySettings

SEVEN = [7, np.int8(7), np.uint64(7), np.array(7), pd.Series([7])[0], pd.array([7])[0]]
NO_WHOLE = [
    7.0,
    3.5,
    np.float64(7),
    True,
    np.True_,
    "7",
    None,
    pd.NA,
    np.nan,
    [7],
    np.array([7, 8]),
    decimal.Decimal(7),
]


@pytest.mark.parametrize("seven", SEVEN)
def test_a_whole_number_is_one_whoever_made_it(seven):
    settings = ExplainSettings(labels=[seven], num_features=seven, num_samples=seven, seed=seven)
    assert settings == ExplainSettings(labels=(7,), num_features=7, num_samples=7, seed=7)
    assert type(settings.seed) is int
    assert StabilitySettings(pools=seven, top=seven).pools == 7


@pytest.mark.parametrize("name", ["num_features", "num_samples", "seed"])
@pytest.mark.parametrize("value", NO_WHOLE)
def test_what_is_no_whole_number_is_refused(name, value):
    with pytest.raises(SparkLimeError, match=f"{name} must be a whole number"):
        ExplainSettings(**{name: value})


@pytest.mark.parametrize(
    "labels", [np.array([2, 0]), pd.Series([2, 0]), range(2, -1, -2), iter([2, 0]), [np.int64(2), 0]]
)
def test_labels_are_what_can_be_gone_through(labels):
    assert ExplainSettings(labels=labels).labels == (2, 0)


@pytest.mark.parametrize("labels", [1, None, [1.5], [True], ["1"], [0, 0], [], pd.NA, b"all", np.array([[0, 1]])])
def test_labels_that_are_none_are_refused(labels):
    with pytest.raises(SparkLimeError, match="labels"):
        ExplainSettings(labels=labels)


@pytest.mark.parametrize("engine", [None, 1, ["exact"], np.array(["exact", "exact"]), pd.NA, "Exact"])
def test_an_engine_is_one_of_three_names(engine):
    with pytest.raises(SparkLimeError, match="engine must be one of"):
        ExplainSettings(engine=engine)


def test_flags_and_widths_may_be_numpys():
    assert StabilitySettings(exact=np.True_).exact is True
    assert ExplainerSettings(kernel_width=np.float32(1.5)).kernel_width == 1.5
    assert ExplainerSettings(discretizer=np.str_("decile")).discretizer == "decile"
    for flag in (1, "yes", None, pd.NA, [True]):
        with pytest.raises(SparkLimeError, match="exact must be True or False"):
            StabilitySettings(exact=flag)
    for width in (0, -1.0, np.inf, np.nan, "1", pd.NA, True, [1.0], fractions.Fraction(1, 2)):
        with pytest.raises(SparkLimeError, match="kernel width"):
            ExplainerSettings(kernel_width=width)
