"""The parts of a model that was loaded: each where it belongs, its arrays as wide as what it is fed.

scikit-learn's trees are followed without looking where they lead, so a damaged one reads the memory around a row.
What scikit-learn itself checks whenever it predicts is that a part is fed as many columns as its
``n_features_in_`` says; everything here is held against that number.
"""

import functools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor
from sklearn.tree._tree import Tree
from sklearn.utils.validation import check_array

from sparklime_core.errors import ModelError
from sparklime_core.explain.kinds.booster import Booster

TREES = (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor)
FORESTS = (RandomForestClassifier, RandomForestRegressor, ExtraTreesClassifier, ExtraTreesRegressor)
BOOSTED = (GradientBoostingClassifier, GradientBoostingRegressor)
BINNED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
NETWORKS = (MLPClassifier, MLPRegressor)
DUMMIES = (DummyClassifier, DummyRegressor)

COLUMNS_LAST = (
    *("coef_", "mean_", "scale_", "var_", "min_", "center_", "max_abs_", "data_min_", "data_max_", "statistics_"),
    *("lambdas_", "theta_", "quantiles_"),
)
"""Fitted attributes whose last axis is the columns that a part is fed."""

FITTED = ("tree_", "estimators_", "_predictors", "coefs_", "categories_")
"""Attributes that nothing has that does not say how many columns it is fed."""

CHECK_ARGUMENTS = frozenset({"dtype", "ensure_all_finite"})
"""What boosting of categories gives to ``check_array``."""

_WORDS = 8
"""32-bit words of a set of categories."""


def check_parts(estimator: Any) -> None:
    """Look at every part of a loaded model.

    Raises
    ------
    ModelError
        When a part is damaged, or is where it does not belong.
    """
    for part in parts_of(estimator):
        try:
            _check_part(part)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise _damaged(part) from error


def use_one_thread(estimator: Any) -> None:
    """Let no part of a model start threads or processes: the rows are already shared among executors."""
    for part in parts_of(estimator):
        if "n_jobs" in getattr(part, "__dict__", {}):
            part.n_jobs = 1


def parts_of(found: Any, seen: dict[int, Any] | None = None) -> Iterator[Any]:
    """Yield a model and everything in it, once each; of a booster itself alone, whose trees are its library's."""
    seen = {} if seen is None else seen
    if id(found) in seen or isinstance(found, (str, bytes, int, float, type, type(None))):
        return
    seen[id(found)] = found
    inside: Iterable[Any] = () if isinstance(found, Booster) else getattr(found, "__dict__", {}).values()
    if isinstance(found, dict):
        inside = found.values()
    elif isinstance(found, (list, tuple)):
        inside = found
    elif isinstance(found, np.ndarray):
        inside = found.ravel() if found.dtype == object else ()
    else:
        yield found
    for part in inside:
        yield from parts_of(part, seen)


def check_trees(estimator: Any) -> None:
    """Look at the trees of a model alone, wherever it comes from; see `check_parts`."""
    for part in parts_of(estimator):
        if isinstance(part, (*TREES, *FORESTS, *BOOSTED, *BINNED)):
            _check_fitted(part)


def _check_part(part: Any) -> None:
    _check_names(part)
    if isinstance(part, FunctionTransformer):
        _check_function(part)
    if isinstance(part, BaseEstimator):
        _check_fitted(part)


def _check_fitted(part: Any) -> None:
    """Hold a part against the number of columns that it is fed, when it is fitted."""
    fitted = vars(part)
    width = fitted.get("n_features_in_")
    if width is None:
        _require(not any(name in fitted for name in FITTED), part)
        return
    _require(_is_whole(width) and width > 0, part)
    for name in COLUMNS_LAST:
        values = fitted.get(name)
        _require(not isinstance(values, np.ndarray) or not values.ndim or values.shape[-1] == width, part)
    for kinds, check in _CHECKS:
        if isinstance(part, kinds):
            check(part)


def _check_names(part: Any) -> None:
    """Refuse an attribute that takes the place of a method: the method may be the one that checks what is fed."""
    for name in getattr(part, "__dict__", {}):
        if callable(getattr(type(part), name, None)) and name != "__class__":
            raise ModelError(f"The model holds a part {type(part).__name__} with its own {name!r}; save it again.")


def _check_tree_estimator(part: Any) -> None:
    _require(isinstance(part.tree_, Tree), part)
    _check_tree(part.tree_, part.n_features_in_)


def _check_tree(tree: Any, width: int) -> None:
    fits = tree.n_outputs == 1 and tree.n_features == width and tree.node_count > 0
    if not fits or len(tree.value) != tree.node_count:
        raise _damaged_tree()
    inner = np.flatnonzero(tree.children_left != -1)
    children = (tree.children_left[inner], tree.children_right[inner])
    _check_nodes(inner, children, tree.feature[inner], tree.node_count, width)


def _check_nodes(
    at: npt.NDArray[Any],
    children: tuple[npt.NDArray[Any], npt.NDArray[Any]],
    feature: npt.NDArray[Any],
    count: int,
    width: int,
) -> None:
    """Check a tree's splits: their positions, children and features, of so many nodes and features."""
    backward = any(
        (child.astype(np.int64) <= at).any() or (child.astype(np.int64) >= count).any() for child in children
    )
    if backward or (feature < 0).any() or (feature >= width).any():
        raise _damaged_tree()


def _check_forest(part: Any) -> None:
    trees = vars(part).get("estimators_")
    _require(isinstance(trees, list) and trees, part)
    for tree in trees:
        _require(isinstance(tree, TREES) and vars(tree).get("n_features_in_") == part.n_features_in_, part)


def _check_boosted(part: Any) -> None:
    trees = vars(part).get("estimators_")
    _require(isinstance(trees, np.ndarray) and trees.ndim == 2 and trees.size > 0, part)
    outputs, width = trees.shape[1], part.n_features_in_
    _require(part.n_trees_per_iteration_ == outputs, part)
    for tree in trees.ravel():
        _require(isinstance(tree, DecisionTreeRegressor) and vars(tree).get("n_features_in_") == width, part)
        _require(tree.tree_.value.shape[1:] == (1, 1), part)
    _require((isinstance(part.init_, str) and part.init_ == "zero") or isinstance(part.init_, DUMMIES), part)
    for tree in trees.ravel():
        _check_tree_estimator(tree)
    # Its trees add to what the first guess returns, wherever that ends.
    _require(part._raw_predict_init(np.zeros((2, width), dtype=np.float32)).shape == (2, outputs), part)


def _check_binned(part: Any) -> None:
    width, mapper = part.n_features_in_, vars(part).get("_bin_mapper")
    _require(isinstance(mapper, _BinMapper), part)
    coded = np.asarray(mapper.is_categorical_)
    _require(coded.shape == (width,) and coded.dtype.kind in "bu", part)
    _require(len(mapper.bin_thresholds_) == width, part)
    rounds = vars(part).get("_predictors")
    _require(isinstance(rounds, list) and rounds and len(part._baseline_prediction.T) >= 1, part)
    for predictors in rounds:
        _require(len(predictors) == part.n_trees_per_iteration_, part)
        for tree in predictors:
            _require(isinstance(tree, TreePredictor), part)
            _check_predictor(tree, coded.astype(bool))
    preprocessor = vars(part).get("_preprocessor")
    if preprocessor is not None:
        _check_recoding(preprocessor, width)


def _check_predictor(tree: Any, coded: npt.NDArray[np.bool_]) -> None:
    nodes, sets = tree.nodes, (tree.raw_left_cat_bitsets, tree.binned_left_cat_bitsets)
    if nodes.ndim != 1 or not len(nodes):
        raise _damaged_tree()
    at = np.flatnonzero(nodes["is_leaf"] == 0)
    inner = nodes[at]
    _check_nodes(at, (inner["left"], inner["right"]), inner["feature_idx"], len(nodes), len(coded))
    choosing = inner[inner["is_categorical"] != 0]
    known = all(words.ndim == 2 and words.shape[1] == _WORDS for words in sets)
    known = known and all((choosing["bitset_idx"] < len(words)).all() for words in sets)
    if not known or not coded[choosing["feature_idx"].astype(np.int64)].all():
        raise _damaged_tree()


def _check_recoding(preprocessor: Any, width: int) -> None:
    """Check what turns categories into codes before a boosted model: as many columns leave it as enter it."""
    _require(type(preprocessor) is ColumnTransformer and preprocessor.n_features_in_ == width, preprocessor)
    taken: list[int] = []
    for _, part, columns in preprocessor.transformers_:
        chosen = np.arange(width)[np.asarray(columns, dtype=bool)]
        if isinstance(part, str):
            _require(not len(chosen), preprocessor)
        else:
            _require(type(part) in (OrdinalEncoder, FunctionTransformer), preprocessor)
            taken += chosen.tolist()
    _require(sorted(taken) == list(range(width)), preprocessor)
    for part in parts_of(preprocessor):
        _check_part(part)
    _require(preprocessor.transform(_rows_to_recode(preprocessor, width)).shape == (3, width), preprocessor)


def _rows_to_recode(preprocessor: Any, width: int) -> Any:
    """Return three rows: of zeros, or of the first categories where columns have names."""
    if "feature_names_in_" not in vars(preprocessor):
        return np.zeros((3, width))
    names = np.asarray(preprocessor.feature_names_in_)
    values: dict[Any, Any] = dict.fromkeys(names, [0.0] * 3)
    for _, part, columns in preprocessor.transformers_:
        chosen = names[np.asarray(columns, dtype=bool)]
        if isinstance(part, OrdinalEncoder):
            values.update((name, [known[0]] * 3) for name, known in zip(chosen, part.categories_, strict=True))
    return pd.DataFrame(values)


def _check_function(part: Any) -> None:
    """Allow no function but the check for numbers that boosting of categories uses."""
    function = part.func
    plain = isinstance(function, functools.partial) and function.func is check_array and not function.args
    _require(function is None or (plain and set(function.keywords) <= CHECK_ARGUMENTS), part)
    _require(part.inverse_func is None and not part.kw_args and not part.inv_kw_args, part)


def _check_one_hot(part: Any) -> None:
    """Check that each category leads to a column: nothing looks when the columns are filled."""
    widths = part._compute_n_features_outs()
    _require(len(part.categories_) == part.n_features_in_ == len(widths), part)
    _require(list(part._n_features_outs) == list(widths), part)
    for at, width in enumerate(widths):
        columns = _columns_of(part, at)
        _require(columns.dtype.kind in "iu" and bool(((columns >= 0) & (columns < width)).all()), part)


def _columns_of(part: Any, at: int) -> npt.NDArray[Any]:
    """Return the columns that the categories of the feature at a position are turned into."""
    codes = np.arange(len(part.categories_[at]))
    if part._infrequent_enabled and part._infrequent_indices[at] is not None:
        codes = np.append(codes, part._infrequent_indices[at][0])
        mapping = part._default_to_infrequent_mappings[at]
        codes = codes if mapping is None else np.take(mapping, codes)
    dropped = None if part._drop_idx_after_grouping is None else part._drop_idx_after_grouping[at]
    if dropped is not None:
        codes = codes[codes != dropped]
        codes[codes > dropped] -= 1
    return codes


def _check_network(part: Any) -> None:
    """Check that each layer of a network takes what the one before it returns."""
    width, biases = part.n_features_in_, part.intercepts_
    _require(len(part.coefs_) == len(biases) == part.n_layers_ - 1, part)
    for weights, bias in zip(part.coefs_, biases, strict=True):
        _require(weights.ndim == 2 and weights.shape[0] == width and bias.shape == (weights.shape[1],), part)
        width = weights.shape[1]


_CHECKS: tuple[tuple[tuple[type, ...], Any], ...] = (
    (TREES, _check_tree_estimator),
    (FORESTS, _check_forest),
    (BOOSTED, _check_boosted),
    (BINNED, _check_binned),
    (NETWORKS, _check_network),
    ((OneHotEncoder,), _check_one_hot),
)


def _is_whole(number: Any) -> bool:
    return isinstance(number, (int, np.integer)) and not isinstance(number, bool)


def _require(true: Any, part: Any) -> None:
    if not true:
        raise _damaged(part)


def _damaged(part: Any) -> ModelError:
    return ModelError(f"The model holds a damaged {type(part).__name__}; save it again.")


def _damaged_tree() -> ModelError:
    return ModelError("The model holds a damaged tree; save it again.")
