"""The trial of a model file in a limited process, before this one opens it: audit, load, check, ask.

A skops file names the class of every object in it and how skops is to make it. Both must be in a list of ours:
skops' own list trusts all of scikit-learn, of which some parts open files, call functions or never end. The file's
table of contents is audited before anything of the file is made.

The module takes seconds to load, once in the process that limited ones are forked from.
"""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import skops.io

from sparklime_core.data.unpack import BOUNDED, DAMAGED
from sparklime_core.errors import ModelError
from sparklime_core.models.model_parts import check_parts, use_one_thread

SCHEMA = "schema.json"
PROTOCOL = 2
"""Of skops' format. Files of earlier ones make functions and random generators in ways that can be abused."""

NEWER = ("FunctionNode", "PartialNode", "RandomGeneratorNode")

MOST_SCHEMA = 2**29
"""The longest table of contents, in bytes: a forest of 5,000 trees has about 80 million."""

DEEPEST = 100
"""How deep objects may lie in each other; a boosted model behind a column transformer has 25."""

MOST_REPEATED = 2_000_000
"""How many objects may be there because earlier ones are referred to again, counted with all that is in them."""

ESTIMATORS = {
    "sklearn.tree._classes": "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor",
    "sklearn.ensemble._forest": "RandomForestClassifier RandomForestRegressor ExtraTreesClassifier "
    "ExtraTreesRegressor",
    "sklearn.ensemble._gb": "GradientBoostingClassifier GradientBoostingRegressor",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": "HistGradientBoostingClassifier "
    "HistGradientBoostingRegressor",
    "sklearn.linear_model._base": "LinearRegression",
    "sklearn.linear_model._bayes": "ARDRegression BayesianRidge",
    "sklearn.linear_model._coordinate_descent": "ElasticNet ElasticNetCV Lasso LassoCV",
    "sklearn.linear_model._glm.glm": "GammaRegressor PoissonRegressor TweedieRegressor",
    "sklearn.linear_model._huber": "HuberRegressor",
    "sklearn.linear_model._least_angle": "Lars LarsCV LassoLars LassoLarsCV LassoLarsIC",
    "sklearn.linear_model._logistic": "LogisticRegression LogisticRegressionCV",
    "sklearn.linear_model._omp": "OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV",
    "sklearn.linear_model._quantile": "QuantileRegressor",
    "sklearn.linear_model._ridge": "Ridge RidgeCV",
    "sklearn.linear_model._stochastic_gradient": "SGDClassifier SGDRegressor",
    "sklearn.linear_model._theil_sen": "TheilSenRegressor",
    "sklearn.neural_network._multilayer_perceptron": "MLPClassifier MLPRegressor",
    "sklearn.naive_bayes": "GaussianNB",
    "sklearn.dummy": "DummyClassifier DummyRegressor",
    "sklearn.pipeline": "Pipeline",
    "sklearn.compose._column_transformer": "ColumnTransformer",
    "sklearn.impute._base": "MissingIndicator SimpleImputer",
    "sklearn.preprocessing._data": "Binarizer MaxAbsScaler MinMaxScaler Normalizer PowerTransformer "
    "QuantileTransformer RobustScaler StandardScaler",
    "sklearn.preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "sklearn.preprocessing._function_transformer": "FunctionTransformer",
    "sklearn.preprocessing._label": "LabelBinarizer LabelEncoder",
    "sklearn.preprocessing._polynomial": "PolynomialFeatures",
    "sklearn.preprocessing._target_encoder": "TargetEncoder",
}
"""The estimators that a model may be made of, by their modules."""

PARTS = {
    "sklearn._loss.link": "HalfLogitLink IdentityLink Interval LogLink LogitLink MultinomialLogit",
    "sklearn._loss.loss": "AbsoluteError ExponentialLoss HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss "
    "HalfPoissonLoss HalfSquaredError HalfTweedieLoss HalfTweedieLossIdentity HuberLoss PinballLoss",
    "sklearn.ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "sklearn.ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "sklearn.neural_network._stochastic_optimizers": "AdamOptimizer SGDOptimizer",
}
BOOSTING_LOSSES = (
    "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss CyHalfPoissonLoss "
    "CyHalfSquaredError CyHalfTweedieLoss CyHalfTweedieLossIdentity CyHuberLoss CyPinballLoss"
)
LOSSES = {
    "sklearn._loss._loss": BOOSTING_LOSSES,
    "_loss": BOOSTING_LOSSES,  # as scikit-learn before 1.8 calls the same module
    "sklearn.linear_model._sgd_fast": "EpsilonInsensitive Hinge ModifiedHuber SquaredEpsilonInsensitive "
    "SquaredHinge",
}
NUMBERS = {
    "numpy": "bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 str_ longlong "
    "ulonglong intc uintc"
}


MOST_SHOWN = 10


def _names(table: dict[str, str]) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for module, names in table.items() for name in names.split())


LOADERS = {
    "DictNode": frozenset({"builtins.dict"}),
    "ListNode": frozenset({"builtins.list"}),
    "TupleNode": frozenset({"builtins.tuple"}),
    "JsonNode": frozenset({"builtins.str"}),
    "SliceNode": frozenset({"builtins.slice"}),
    "NdArrayNode": frozenset({"numpy.ndarray"}) | _names(NUMBERS),
    "DTypeNode": frozenset({"numpy.dtype"}),
    "TypeNode": _names(NUMBERS | {"builtins": "bool float int object str"}),
    "RandomStateNode": frozenset({"numpy.random.mtrand.RandomState"}),
    "RandomGeneratorNode": frozenset({"numpy.random._generator.Generator"}),
    "ObjectNode": _names(ESTIMATORS | PARTS),
    "TreeNode": frozenset({"sklearn.tree._tree.Tree"}),
    "LossNode": _names(LOSSES),
    "PartialNode": frozenset({"functools.partial"}),
    "FunctionNode": frozenset({"sklearn.utils.validation.check_array"}),
}
"""Which types each of skops' ways of making an object may make; the last two are in boosting of categories."""

TRUSTED = tuple(sorted(frozenset.union(*LOADERS.values())))


@dataclass
class _Contents:
    """What a file says that it holds.

    `definitions` has, of each number that objects are referred to by, the objects that have it.
    """

    bytes_of: dict[str, int]
    foreign: set[str] = field(default_factory=set)
    definitions: defaultdict[int, list[Any]] = field(default_factory=lambda: defaultdict(list))
    unpacked: int = 0
    older: bool = False


def _foreign_types(data: bytes, most_bytes: int) -> tuple[str, ...]:
    """Return the types in a model file that are in no list of ours; nothing of the file is made."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, most_bytes)
            contents = _Contents({entry.filename: entry.file_size for entry in entries})
            schema = json.loads(archive.read(SCHEMA))
    except (*DAMAGED, KeyError, RecursionError) as error:
        raise _no_model() from error
    contents.older = not isinstance(schema, dict) or schema.get("protocol") != PROTOCOL
    _audit(schema, contents, 0)
    if contents.unpacked > most_bytes:
        raise _too_large(most_bytes)
    if not contents.foreign:
        _Sizes(contents.definitions).of(schema)
    return tuple(sorted(contents.foreign))


def _check_entries(entries: list[zipfile.ZipInfo], most_bytes: int) -> None:
    if any(entry.compress_type not in BOUNDED for entry in entries):
        raise ModelError("The model file is packed in an unusual way; save it with skops.io.dump as it is.")
    if sum(entry.file_size for entry in entries) > most_bytes:
        raise _too_large(most_bytes)
    if any(entry.filename == SCHEMA and entry.file_size > MOST_SCHEMA for entry in entries):
        raise _too_large(MOST_SCHEMA)


def _audit(node: Any, contents: _Contents, depth: int) -> None:
    """Look at an object and at all that is in it, known by number or not: which one skops takes is its affair."""
    if depth > DEEPEST:
        raise ModelError("The model file nests objects too deeply; save a simpler model.")
    _check_type(node, contents)
    contents.unpacked += contents.bytes_of.get(str(node.get("file")), 0)
    if node.get("__loader__") != "CachedNode" and _number(node):
        contents.definitions[_number(node)].append(node)
    for child in _children(node):
        _audit(child, contents, depth + 1)


def _check_type(node: Any, contents: _Contents) -> None:
    if not isinstance(node, dict):
        raise _no_model()
    loader, module, name = (node.get(key) for key in ("__loader__", "__module__", "__class__"))
    if not all(isinstance(text, str) for text in (loader, module, name)):
        raise _no_model()
    if loader == "CachedNode":
        return
    if (contents.older and loader in NEWER) or f"{module}.{name}" not in LOADERS.get(str(loader), ()):
        contents.foreign.add(f"{module}.{name}")


def _number(node: dict[str, Any]) -> int:
    """Return the number that an object is referred to by; 0: none."""
    number = node.get("__id__", 0)
    if not isinstance(number, int):
        raise _no_model()
    return number


class _Sizes:
    """How many objects skops looks at, which looks at an object as often as it is referred to."""

    def __init__(self, definitions: Mapping[int, Sequence[Any]]) -> None:
        self._definitions = definitions
        self._known: dict[int, int] = {}
        self._repeated = 0

    def of(self, node: dict[str, Any]) -> int:
        """Return how many objects an object is, with all that is in it."""
        number = _number(node)
        if number not in self._definitions:
            return self._inside(node)
        known = self._known.get(number)
        if known is None:
            self._known[number] = 0  # being counted
            known = self._known[number] = max(self._inside(defined) for defined in self._definitions[number])
            return known
        self._repeated += known
        if not known or self._repeated > MOST_REPEATED:
            raise ModelError(
                "The model file refers to the same objects too often; save it again with skops.io.dump."
            )
        return known

    def _inside(self, node: dict[str, Any]) -> int:
        return 1 + sum(self.of(child) for child in _children(node))


def _children(node: Any) -> Iterator[Any]:
    """Yield the objects in an object, in the order of the file."""
    for part in node.values() if isinstance(node, dict) else node:
        if isinstance(part, dict) and "__loader__" in part:
            yield part
        elif isinstance(part, (dict, list)):
            yield from _children(part)


def _no_model() -> ModelError:
    return ModelError("The file is not a model in the skops format; save it with skops.io.dump.")


def _too_large(most: int) -> ModelError:
    return ModelError(
        f"The model file unpacks to more than {most / 2**30:g} GiB; give a smaller model, or raise "
        "SPARKLIME_MODEL_MEMORY."
    )


def list_foreign_types(_: IO[bytes], data: bytes, most_bytes: int) -> list[str]:
    """Return the types in a model file that are in no list of ours."""
    return list(_foreign_types(data, most_bytes))


def try_estimator(_: IO[bytes], data: bytes, most_bytes: int, rows: Any) -> None:
    """Audit, load and check a model, and ask it about rows.

    Raises
    ------
    ModelError
        When it does not pass.
    """
    estimator = audited(data, most_bytes)
    asked = np.zeros((1, estimator.n_features_in_)) if rows is None else rows
    try:
        getattr(estimator, "predict_proba", estimator.predict)(asked)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise ModelError(f"The model cannot predict: {reason(error)}.") from error


def audited(data: bytes, most_bytes: int) -> Any:
    """Return the model in a file, when it is made of trusted types and its parts fit.

    Raises
    ------
    ModelError
        When they are not, or do not.
    """
    foreign = _foreign_types(data, most_bytes)
    if foreign:
        shown = ", ".join(foreign[:MOST_SHOWN]) + (" …" if len(foreign) > MOST_SHOWN else "")
        raise ModelError(f"The model holds types that are not trusted, so nothing of it was loaded: {shown}.")
    estimator = restore(data)
    if not hasattr(estimator, "n_features_in_") or not hasattr(estimator, "predict"):
        raise ModelError("The file holds no fitted scikit-learn model.")
    check_parts(estimator)
    return estimator


def restore(data: bytes) -> Any:
    """Return the model in a file that has passed `try_estimator`; no part of it uses threads.

    Raises
    ------
    ModelError
        When it was saved with other versions of scikit-learn or skops.
    """
    try:
        estimator = skops.io.load(io.BytesIO(data), trusted=list(TRUSTED))
    except MemoryError:
        raise
    except Exception as error:
        raise ModelError(
            "The model cannot be restored; save it with the versions of scikit-learn and skops that are installed "
            "here."
        ) from error
    use_one_thread(estimator)
    return estimator


def reason(error: Exception) -> str:
    """Return the message of an error of scikit-learn, short and on one line."""
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
