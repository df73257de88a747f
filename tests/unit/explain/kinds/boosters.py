"""Boosters of every library on one small table, with gaps, and categories where a library takes codes."""

import catboost
import lightgbm
import numpy as np
import xgboost

STATE = np.random.RandomState(5)
SIZE = 300
ROWS = np.column_stack([STATE.normal(size=(SIZE, 2)), STATE.randint(0, 5, size=SIZE)])
GAPPED = ROWS.copy()
GAPPED[::7, 0] = np.nan
SCORE = np.nan_to_num(GAPPED[:, 0], nan=1.5) + np.array([0, 2, -1, 0.5, 1])[ROWS[:, 2].astype(int)] * (
    ROWS[:, 1] + 0.7
)
TARGETS = {
    "two": (SCORE > 0.5).astype(int),
    "three": np.digitize(SCORE, [0, 1]),
    "numbers": SCORE,
    "counts": np.exp(SCORE),
}
NAMES = tuple("abcde")


def named(rows):
    """Return rows with the names of their categories, as CatBoost takes them."""
    found = np.asarray(rows, dtype=object)
    found[:, 2] = [NAMES[int(code)] if 0 <= code < len(NAMES) else "other" for code in rows[:, 2]]
    return found


def xgboosted(target, rounds=20, **settings):
    objective = {"two": "binary:logistic", "three": "multi:softprob", "numbers": "reg:squarederror"}
    chosen = {"objective": objective.get(target, "count:poisson"), "max_depth": 4, "nthread": 1, **settings}
    if target == "three":
        chosen["num_class"] = 3
    data = xgboost.DMatrix(
        GAPPED, TARGETS[target], feature_types=["float", "float", "c"], enable_categorical=True, nthread=1
    )
    return xgboost.train(chosen, data, rounds)


def lightgbm_boosted(target, rounds=20, **settings):
    objective = {"two": "binary", "three": "multiclass", "numbers": "regression", "counts": "poisson"}
    chosen = {
        "objective": objective[target],
        "max_depth": 4,
        "verbose": -1,
        "num_threads": 1,
        "min_data_per_group": 5,
        "cat_smooth": 1,
        **settings,
    }
    if target == "three":
        chosen["num_class"] = 3
    return lightgbm.train(chosen, lightgbm.Dataset(GAPPED, TARGETS[target], categorical_feature=[2]), rounds)


def catboosted(target, rounds=20, **settings):
    loss = {"two": "Logloss", "three": "MultiClass", "numbers": "RMSE", "counts": "Poisson"}
    chosen = {
        "iterations": rounds,
        "loss_function": loss[target],
        "depth": 3,
        "verbose": 0,
        "thread_count": 1,
        "allow_writing_files": False,
        "one_hot_max_size": 2,
        "max_ctr_complexity": 1,
        **settings,
    }
    return catboost.CatBoost(chosen).fit(catboost.Pool(named(GAPPED), TARGETS[target], cat_features=[2]))
