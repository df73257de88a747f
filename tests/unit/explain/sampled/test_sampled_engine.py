import dill
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lime.lime_tabular import LimeTabularExplainer
from scipy.special import softmax

from sparklime_core import explain_rows
from sparklime_core.errors import EngineError, PredictionError
from sparklime_core.explain.explain_rows import explain_with, prepare_task
from sparklime_core.explain.sampled.binned_pool import whole_weights
from sparklime_core.explain.settings import ExplainSettings

RNG = np.random.default_rng(0)
ROWS = np.column_stack([RNG.normal(size=(300, 4)), RNG.integers(0, 3, 300), np.full(300, 2.0)])
ROWS[200:] = ROWS[:100]  # so that some have the same bins
SLOPES = RNG.normal(size=(6, 3))
FEW = {"engine": "sampled", "num_samples": 200}


def model(rows):
    return softmax(rows @ SLOPES, axis=1)


def explainer_of(**options):
    return LimeTabularExplainer(ROWS, categorical_features=[4], feature_names=list("abcdef"), **options)


def task_of(options, **keywords):
    return prepare_task(explainer_of(**options), model, ExplainSettings(num_samples=200, **keywords))


KINDS = [{}, {"discretizer": "decile"}, {"discretize_continuous": False}]
TASKS = {
    (kind, num_features): task_of(KINDS[kind], num_features=num_features, labels="all")
    for kind in range(len(KINDS))
    for num_features in (3, 7)
}


@settings(deadline=None)
@given(
    at=st.lists(st.integers(0, len(ROWS) - 1), min_size=1, max_size=40),
    cut=st.integers(0, 40),
    kind=st.integers(0, len(KINDS) - 1),
    num_features=st.sampled_from([3, 7]),
)
def test_a_row_has_the_same_bits_whatever_rows_are_beside_it(at, cut, kind, num_features):
    task = TASKS[kind, num_features]
    ids = np.array(at)
    together = explain_with(task, ROWS[ids], ids).to_pylist()
    parts = [part for part in (ids[:cut][::-1], ids[cut:]) if len(part)]
    apart = {
        (row["row_id"], row["label"]): row
        for part in parts
        for row in explain_with(task, ROWS[part], part).to_pylist()
    }
    for row in together:
        assert row == apart[row["row_id"], row["label"]]


@pytest.mark.parametrize("kind", range(len(KINDS)))
@pytest.mark.parametrize("num_features", [3, 7])
def test_a_label_has_the_same_bits_whatever_labels_are_beside_it(kind, num_features):
    everything = explain_with(TASKS[kind, num_features], ROWS[:20], np.arange(20)).to_pylist()
    for labels in ([2], "predicted"):
        some = task_of(KINDS[kind], num_features=num_features, labels=labels)
        for row in explain_with(some, ROWS[:20], np.arange(20)).to_pylist():
            assert row in everything


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_a_task_that_dill_carried_has_the_same_bits(kind):
    task = TASKS[kind, 7]
    carried = dill.loads(dill.dumps(task, recurse=True))
    assert explain_with(carried, ROWS[:5], np.arange(5)).equals(explain_with(task, ROWS[:5], np.arange(5)))


def test_the_pool_is_predicted_once():
    calls = []

    def counting(rows):
        calls.append(len(rows))
        return model(rows)

    explain_rows(explainer_of(), counting, ROWS[:256], **FEW)
    assert calls.count(199) == 1
    assert len(calls) == 3  # a probe, the pool, and the block of rows


def test_bad_rows_have_errors_and_the_others_are_explained():
    rows = ROWS[:4].copy()
    rows[1, 2], rows[2, 4] = np.inf, 7
    found = explain_rows(explainer_of(), model, rows, **FEW).to_pylist()
    assert [row["error"] is None for row in found] == [True, False, False, True]
    assert "inf" in found[1]["error"]
    assert "no category" in found[2]["error"]
    alone = explain_rows(explainer_of(), model, rows[3:], **FEW).to_pylist()
    assert found[3]["explanation"] == alone[0]["explanation"]


def test_no_rows_at_all():
    assert explain_rows(explainer_of(), model, ROWS[:0], **FEW).num_rows == 0


@pytest.mark.parametrize("kernel", [lambda d, kernel_width: -d, lambda d, kernel_width: d * np.nan])
@pytest.mark.parametrize("options", KINDS[::2])
def test_a_kernel_that_returns_no_weights_is_refused(kernel, options):
    explainer = explainer_of(kernel=kernel, **options)
    with pytest.raises(EngineError, match="kernel returns weights that are negative or not finite"):
        explain_rows(explainer, model, ROWS[:1], **FEW)


def test_a_kernel_that_leaves_no_neighbourhood_is_the_rows_error():
    explainer = explainer_of(kernel=lambda d, kernel_width: np.zeros_like(d))
    (found,) = explain_rows(explainer, model, ROWS[:1], **FEW).to_pylist()
    assert "every sample the weight 0" in found["error"]


@pytest.mark.parametrize("options", KINDS[::2])
def test_a_kernel_under_which_only_the_row_itself_counts(options):
    explainer = explainer_of(kernel=lambda d, kernel_width: (d == 0).astype(float), **options)
    (found,) = explain_rows(explainer, model, ROWS[:1], **FEW).to_pylist()
    assert found["local_prediction"] == pytest.approx(found["prediction"])
    assert all(term["weight"] == 0 for term in found["explanation"])


def test_a_feature_selection_that_lime_does_not_have_is_refused():
    with pytest.raises(EngineError, match="feature_selection is 'best'"):
        explain_rows(explainer_of(feature_selection="best"), model, ROWS[:1], **FEW)


def test_a_model_that_goes_wrong_on_the_pool_alone_is_refused():
    def wrong(rows):
        return model(rows) * (2 if len(rows) == 199 else 1)

    with pytest.raises(PredictionError, match="sum to 2 and not to 1"):
        explain_rows(explainer_of(), wrong, ROWS[:1], **FEW)


def test_a_model_that_goes_wrong_around_one_row_costs_that_row_only():
    def wrong(rows):
        return model(rows) * (2 if len(rows) == 199 and rows[:, 0].mean() > 50 else 1)

    rows = ROWS[:3].copy()
    rows[1, 0] = 100
    explainer = explainer_of(discretize_continuous=False, sample_around_instance=True)
    found = explain_rows(explainer, wrong, rows, **FEW).to_pylist()
    assert [row["error"] is None for row in found] == [True, False, True]
    assert "sum to 2 and not to 1" in found[1]["error"]


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e-200, 1e200])
def test_whole_weights_are_whole_exact_and_their_sums_fit(scale):
    kernel = scale * np.exp(-np.arange(6) / 0.3)
    whole, units = whole_weights(kernel, 5000)
    np.testing.assert_array_equal(whole, np.rint(whole))
    assert whole.max() * 5000 <= 2**53
    for most in range(6):
        allowed = kernel[::-1][: most + 1]
        np.testing.assert_allclose(
            whole[most, : most + 1] * units[most], allowed, rtol=0, atol=2e-12 * allowed.max()
        )


def test_whole_weights_that_are_all_zero():
    whole, units = whole_weights(np.zeros(3), 10)
    assert not whole.any()
    assert (units > 0).all()
