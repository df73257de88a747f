"""Model files that were made to read, crash or exhaust the machine, from page, command line and library alike."""

import io
import json
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.base import is_regressor
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, PoissonRegressor, Ridge, SGDClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, PowerTransformer, StandardScaler, TargetEncoder
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree

from sparklime_core.errors import LimitError, ModelError
from sparklime_core.models.model_files import load_estimator
from sparklime_core.models.model_parts import parts_of

RANDOM = np.random.default_rng(0)
ROWS = np.column_stack([RANDOM.normal(size=(200, 3)), RANDOM.integers(0, 4, 200)])
CLASSES = (ROWS[:, 0] > 0).astype(int)
NUMBERS = 10 + ROWS[:, 0] ** 2
FAR = 2_000_000_000


@pytest.fixture
def opened(tmp_path):
    """Open a model through a file, as everybody does."""

    def open_model(model, change=None):
        path = tmp_path / "model.skops"
        path.write_bytes(model if isinstance(model, bytes) else skops.io.dumps(model))
        if change is not None:
            _rewrite(path, change)
        return load_estimator(path, ROWS)

    return open_model


def _rewrite(path, change):
    """Write a model file again with another table of contents, or other arrays."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(files["schema.json"])
    change(schema, files)
    files["schema.json"] = json.dumps(schema).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def nodes_of(schema, loader):
    """Yield the objects of a kind in a table of contents."""
    if isinstance(schema, dict):
        if schema.get("__loader__") == loader:
            yield schema
        for part in schema.values():
            yield from nodes_of(part, loader)
    elif isinstance(schema, list):
        for part in schema:
            yield from nodes_of(part, loader)


def forest():
    return RandomForestClassifier(3, random_state=0).fit(ROWS, CLASSES)


def with_tree(model, tree, feature, width=None):
    """Let the first split of a tree ask for a feature, in a tree that says it has so many."""
    state = tree.tree_.__getstate__()
    state["nodes"]["feature"][0] = feature
    forged = Tree(width or tree.tree_.n_features, tree.tree_.n_classes, 1)
    forged.__setstate__(state)
    tree.tree_ = forged
    return model


HONEST = [
    *(RandomForestClassifier(3), RandomForestRegressor(3), ExtraTreesClassifier(3), DecisionTreeClassifier()),
    *(GradientBoostingClassifier(n_estimators=3), GradientBoostingRegressor(n_estimators=3, init="zero")),
    *(HistGradientBoostingClassifier(max_iter=3), HistGradientBoostingRegressor(max_iter=3, loss="poisson")),
    HistGradientBoostingClassifier(max_iter=3, categorical_features=[3], early_stopping=True),
    *(LogisticRegression(), Ridge(), PoissonRegressor(), SGDClassifier(loss="log_loss")),
    *(
        MLPClassifier((4,), max_iter=2000, random_state=0),
        MLPRegressor(hidden_layer_sizes=(4,), early_stopping=True, max_iter=2000, random_state=0),
    ),
    make_pipeline(SimpleImputer(add_indicator=True), PowerTransformer(), LogisticRegression()),
    make_pipeline(OrdinalEncoder(), RandomForestClassifier(3)),
    make_pipeline(OneHotEncoder(drop="first", min_frequency=2, handle_unknown="ignore"), LogisticRegression()),
    make_pipeline(TargetEncoder(), GradientBoostingClassifier(n_estimators=3)),
    make_pipeline(
        ColumnTransformer(
            [("scaled", StandardScaler(), [0, 1]), ("coded", OneHotEncoder(handle_unknown="ignore"), [3])],
            remainder="passthrough",
        ),
        HistGradientBoostingClassifier(max_iter=3),
    ),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("model", HONEST, ids=lambda model: " ".join(str(model).split())[:60])
def test_an_honest_model_is_opened_and_predicts_the_same_bits(opened, model):
    model.fit(ROWS, NUMBERS if is_regressor(model) else CLASSES)
    again = opened(model)
    np.testing.assert_array_equal(again.predict(ROWS), model.predict(ROWS))


class TestReading:
    """Files and variables of the server."""

    def test_a_model_that_opens_files_by_their_names(self, opened, tmp_path):
        canary = tmp_path / "canary"
        canary.write_text("secret")
        names = np.array([str(canary), "/dev/null"])[CLASSES]
        inner = DecisionTreeClassifier().fit(ROWS, names)
        reads = make_pipeline(CountVectorizer(input="filename", decode_error="ignore"), DummyClassifier())
        stack = StackingClassifier(
            [("names", inner)], reads, stack_method="predict", cv="prefit", passthrough=False
        )
        stack.estimators_, stack.final_estimator_ = [inner], reads
        with pytest.raises(ModelError, match=r"not trusted.*StackingClassifier.*CountVectorizer"):
            opened(stack)

    def test_a_function_in_an_old_files_way(self, opened):
        model = HistGradientBoostingClassifier(max_iter=3, categorical_features=[3]).fit(ROWS, CLASSES)

        def change(schema, files):
            schema["protocol"] = 0
            for node in nodes_of(schema, "FunctionNode"):
                node["content"] = {"module_path": "os", "function": "system"}

        with pytest.raises(ModelError, match="not trusted"):
            opened(model, change)


class TestWildMemory:
    """Memory outside of a row or an array."""

    @pytest.mark.parametrize("width", [None, 2**31 - 1])
    @pytest.mark.parametrize("feature", [4, 5000, FAR])
    def test_a_forests_tree_with_a_number_of_features_of_its_own(self, opened, feature, width):
        model = forest()
        with pytest.raises(ModelError, match="damaged tree"):
            opened(with_tree(model, model.estimators_[0], feature, width))

    def test_a_forest_whose_trees_all_claim_more_features_than_it_has(self, opened):
        model = forest()
        for tree in model.estimators_:
            tree.n_features_in_ = 9
            with_tree(model, tree, 8, 9)
        with pytest.raises(ModelError, match="damaged RandomForestClassifier"):
            opened(model)
        model.n_features_in_ = 9
        with pytest.raises(ModelError, match="features"):
            opened(model)

    def test_a_tree_behind_fewer_columns_than_the_pipeline_has(self, opened):
        chosen = ColumnTransformer([("one", StandardScaler(), [0])]).fit(ROWS)
        tree = DecisionTreeClassifier(max_depth=1).fit(ROWS[:, :1], CLASSES)
        with pytest.raises(ModelError, match="damaged tree"):
            opened(Pipeline([("choose", chosen), ("tree", with_tree(tree, tree, 3, 4))]))
        tree.n_features_in_ = 4  # now the tree is whole, and is fed one column
        with pytest.raises(ModelError, match="features"):
            opened(Pipeline([("choose", chosen), ("tree", tree)]))

    @pytest.mark.parametrize("shadow", [np.float32, np.float64])
    def test_a_type_in_the_place_of_the_method_that_looks_at_the_width(self, opened, shadow):
        model = forest()
        model._validate_X_predict = shadow
        with pytest.raises(ModelError, match="its own '_validate_X_predict'"):
            opened(model)

    def test_neighbours_trees(self, opened):
        with pytest.raises(ModelError, match=r"not trusted.*KDTree"):
            opened(KNeighborsClassifier(algorithm="kd_tree").fit(ROWS, CLASSES))

    @pytest.mark.parametrize("field", ["bitset_idx", "feature_idx", "left", "right"])
    def test_a_boosted_tree_of_categories(self, opened, field):
        model = HistGradientBoostingClassifier(max_iter=3, categorical_features=[0, 3])
        model.fit(np.column_stack([ROWS[:, 3], ROWS[:, 1:]]), ROWS[:, 3] > 1)
        nodes = model._predictors[0][0].nodes
        split = np.flatnonzero(nodes["is_categorical"])[0]
        nodes[field][split] = 2**31
        with pytest.raises(ModelError, match="damaged tree"):
            opened(model)

    def test_a_boosted_tree_that_chooses_among_categories_of_a_number(self, opened):
        model = HistGradientBoostingClassifier(max_iter=3).fit(ROWS, CLASSES)
        model._predictors[0][0].nodes["is_categorical"][0] = 1
        with pytest.raises(ModelError, match="damaged tree"):
            opened(model)

    def test_boosting_of_categories_that_loses_columns_on_the_way(self, opened):
        model = HistGradientBoostingClassifier(max_iter=3, categorical_features=[3]).fit(ROWS, CLASSES)
        name, _, columns = model._preprocessor.transformers_[1]
        model._preprocessor.transformers_[1] = (name, "drop", columns)
        with pytest.raises(ModelError, match="damaged ColumnTransformer"):
            opened(model)

    def test_boosting_whose_first_guess_has_fewer_columns_than_its_trees(self, opened):
        model = GradientBoostingClassifier(n_estimators=3).fit(ROWS, ROWS[:, 3].astype(int))
        model.init_ = DummyClassifier().fit(ROWS, CLASSES)
        with pytest.raises(ModelError, match="damaged GradientBoostingClassifier"):
            opened(model)

    def test_an_encoder_whose_categories_lead_beyond_its_columns(self, opened):
        model = make_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression()).fit(ROWS, CLASSES)
        model[0]._n_features_outs = [1, 1, 1, 1]
        with pytest.raises(ModelError, match="damaged OneHotEncoder"):
            opened(model)

    @pytest.mark.parametrize(("part", "name"), [(0, "mean_"), (0, "scale_"), (1, "coef_")])
    def test_arrays_of_another_width(self, opened, part, name):
        model = make_pipeline(StandardScaler(), LogisticRegression()).fit(ROWS, CLASSES)
        setattr(model[part], name, np.ones((1, 9))[0] if part == 0 else np.ones((1, 9)))
        with pytest.raises(ModelError, match=f"damaged {type(model[part]).__name__}"):
            opened(model)

    def test_layers_of_a_network_that_do_not_fit(self, opened):
        model = MLPClassifier((4,), max_iter=2000, random_state=0).fit(ROWS, CLASSES)
        model.coefs_[1] = np.ones((9, 1))
        with pytest.raises(ModelError, match="damaged MLPClassifier"):
            opened(model)


@pytest.mark.usefixtures("_a_reader_each")
class TestExhaustion:
    """Time, memory and threads without end."""

    def test_objects_that_refer_to_each_other_again_and_again(self, opened):
        def change(schema, files):
            key_types = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": []}
            cached = {"__class__": "list", "__module__": "builtins", "__loader__": "CachedNode"}
            level = {**key_types, "__id__": 1}
            content = schema["content"]["content"]
            content["bomb"] = {**key_types, "content": [level], "__id__": 0}
            for at in range(2, 42):
                twice = [{**cached, "__id__": at - 1}, {**cached, "__id__": at - 1}]
                content["bomb"]["content"].append({**key_types, "content": twice, "__id__": at})
            schema["content"]["key_types"]["content"].append(schema["content"]["key_types"]["content"][0])

        with pytest.raises(ModelError, match="refers to the same objects too often"):
            opened(forest(), change)

    def test_one_large_array_that_is_there_many_times(self, opened, monkeypatch):
        monkeypatch.setenv("SPARKLIME_MODEL_MEMORY", "0.5")

        def change(schema, files):
            array = io.BytesIO()
            np.save(array, np.zeros(10**7))
            files["large.npy"] = array.getvalue()
            content = schema["content"]["content"]
            for at in range(60):
                content[f"array{at}"] = {
                    "__class__": "ndarray",
                    "__module__": "numpy",
                    "__loader__": "NdArrayNode",
                    "type": "numpy",
                    "file": "large.npy",
                }

        with pytest.raises(ModelError, match=r"unpacks to more than 0\.5 GiB"):
            opened(forest(), change)

    def test_objects_that_lie_too_deep(self, opened):
        def change(schema, files):
            node = schema["content"]["content"]["estimators_"]
            for _ in range(150):
                node["content"] = [dict(node, content=[])]
                node = node["content"][0]

        with pytest.raises(ModelError, match="too deep"):
            opened(forest(), change)

    def test_columns_without_end_are_an_overrun_and_no_more(self, opened, monkeypatch):
        monkeypatch.setenv("SPARKLIME_MODEL_MEMORY", "0.25")
        model = make_pipeline(OneHotEncoder(sparse_output=False, handle_unknown="ignore"), LogisticRegression())
        model.fit(ROWS, CLASSES)
        model[0].categories_[0] = np.arange(10.0**7)
        model[0]._n_features_outs = model[0]._compute_n_features_outs()
        with pytest.raises((LimitError, ModelError)):
            opened(model)

    def test_no_part_has_threads_of_its_own(self, opened):
        model = Pipeline([("forest", RandomForestClassifier(3, n_jobs=2).fit(ROWS, CLASSES))])
        model[0].n_jobs = 1000
        again = opened(model)
        assert {part.n_jobs for part in parts_of(again) if hasattr(part, "n_jobs")} == {1}
