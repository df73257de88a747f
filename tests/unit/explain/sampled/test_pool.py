import numpy as np
import pytest
from lime.discretize import QuartileDiscretizer
from lime.lime_base import LimeBase
from lime.lime_tabular import LimeTabularExplainer, RecurrentTabularExplainer

from sparklime_core.errors import EngineError, PredictionError
from sparklime_core.explain.explainer_facts import check_explainer, check_fit
from sparklime_core.explain.sampled import pool as pools
from sparklime_core.explain.sampled.pool import check_memory, draw_pool
from sparklime_core.explain.settings import ExplainSettings

ROWS = np.column_stack([np.random.default_rng(0).normal(size=(100, 3)), np.arange(100) % 3])
SETTINGS = ExplainSettings(num_samples=50, seed=3)


def model(rows):
    first = 1 / (1 + np.exp(-rows[:, 0]))
    return np.column_stack([first, 1 - first])


def explainer_of(**options):
    return LimeTabularExplainer(ROWS, categorical_features=[3], **options)


class SeenError(Exception):
    pass


def limes_samples(explainer, row):
    """Return what lime itself asks its model to predict."""
    state = np.random.RandomState(SETTINGS.seed)
    explainer.random_state = explainer.base.random_state = state
    if explainer.discretizer is not None:
        explainer.discretizer.random_state = state
    seen = []

    def keep(samples):
        seen.append(samples.copy())
        raise SeenError

    with pytest.raises(SeenError):
        explainer.explain_instance(row, keep, num_samples=SETTINGS.num_samples)
    return seen[0]


@pytest.mark.parametrize("options", [{}, {"discretizer": "decile"}, {"discretize_continuous": False}])
@pytest.mark.parametrize("row", [0, 7])
def test_the_samples_are_limes_own_to_the_last_bit_whatever_the_row(options, row):
    explainer = explainer_of(**options)
    drawn = draw_pool(explainer, model, SETTINGS)
    expected = limes_samples(explainer, ROWS[row])
    np.testing.assert_array_equal(drawn.samples, expected[1:])
    np.testing.assert_array_equal(drawn.predictions, model(expected[1:]))
    np.testing.assert_array_equal(expected[0], ROWS[row])


def test_the_explainer_keeps_its_own_random_state():
    explainer = explainer_of(random_state=np.random.RandomState(1))
    before = explainer.random_state.get_state()[1].copy()
    draw_pool(explainer, model, SETTINGS)
    np.testing.assert_array_equal(explainer.random_state.get_state()[1], before)


def test_a_pool_that_would_not_fit_is_refused_with_its_size():
    with pytest.raises(EngineError, match=r"1,000,000 samples of 200 features needs about 7.5 GiB .* 2.0 GiB"):
        check_memory(1_000_000, 200, 2 * 2**30)
    check_memory(5000, 30, 2**30)


def test_the_memory_that_is_free_is_asked_for_before_drawing(monkeypatch):
    monkeypatch.setattr(pools, "available_memory", lambda: 1000)
    with pytest.raises(EngineError, match="50 samples of 4 features"):
        draw_pool(explainer_of(), model, SETTINGS)


def test_some_memory_is_free():
    assert pools.available_memory() > 2**20


@pytest.mark.parametrize(
    ("predict", "said"),
    [
        (lambda rows: np.ones(len(rows)), "shape"),
        (lambda rows: np.full((len(rows), 2), np.nan), "not a finite number"),
        (lambda rows: np.ones((len(rows), 2)), "sum to 2 and not to 1"),
    ],
)
def test_what_a_predict_function_returns_is_checked(predict, said):
    with pytest.raises(PredictionError, match=said):
        draw_pool(explainer_of(), predict, SETTINGS)


def test_sequences_are_refused():
    series = np.random.default_rng(0).normal(size=(20, 4, 2))
    recurrent = RecurrentTabularExplainer(series, feature_names=["a", "b"])
    with pytest.raises(EngineError, match=r"RecurrentTabularExplainer .* no engine"):
        check_fit(recurrent)


class OwnExplainer(LimeTabularExplainer):
    pass


class OwnBase(LimeBase):
    pass


class OwnDiscretizer(QuartileDiscretizer):
    def undiscretize(self, data):
        return super().undiscretize(data) + 1


def own_base():
    explainer = explainer_of()
    explainer.base = OwnBase(explainer.base.kernel_fn)
    return explainer


@pytest.mark.parametrize(
    ("explainer", "name"),
    [
        (OwnExplainer(ROWS), "OwnExplainer"),
        (own_base(), "OwnBase"),
        (explainer_of(discretizer=OwnDiscretizer(ROWS, [3], list("abcd"))), "OwnDiscretizer"),
    ],
    ids=["explainer", "base", "discretizer"],
)
def test_what_draws_or_fits_otherwise_is_refused_with_the_engine_that_can(explainer, name):
    with pytest.raises(EngineError, match=f"{name} .* use engine 'reference'"):
        check_explainer(explainer)
