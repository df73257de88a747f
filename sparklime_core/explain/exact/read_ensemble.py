"""Read the sum of trees from the model behind a predict function."""

from sparklime_core.errors import EngineError
from sparklime_core.explain.exact.ensemble import Ensemble
from sparklime_core.explain.kinds.model_kind import Margin, ModelKind, predict_name
from sparklime_core.explain.kinds.registry import KINDS, kind_of
from sparklime_core.explain.types import PredictFn


def read_ensemble(predict_fn: PredictFn, mode: str) -> Ensemble:
    """Read the sum of trees behind a margin, or a bound ``predict_proba`` (``predict`` in regression).

    Raises
    ------
    EngineError
        When the function is anything else, or the model of a kind whose expectations have no closed form here.
    """
    needed = predict_name(mode)
    margin = isinstance(predict_fn, Margin)
    model = getattr(predict_fn, "__self__", None)
    known = margin or isinstance(model, ModelKind) or getattr(predict_fn, "__name__", None) == needed
    if model is None or not known:
        name = getattr(predict_fn, "__qualname__", type(predict_fn).__name__)
        raise EngineError(
            f"Engine 'exact' in {mode} needs the bound {needed} of a tree ensemble (or the estimator itself), "
            f"not {name!r}; use engine 'sampled', which takes any predict function."
        )
    kind = predict_fn.kind if isinstance(predict_fn, Margin) else kind_of(model)
    if kind is None:
        titles = ", ".join(entry.title for entry in KINDS if entry.title)
        raise EngineError(
            f"Engine 'exact' in {mode} does not know {type(model).__name__}; it knows {titles}. "
            "Use engine 'sampled', which takes any model."
        )
    return kind.trees(mode, "margin" if margin else "probability")
