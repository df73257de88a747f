"""Boosters of other libraries: read from their own files, and set to a dataset's features and categories."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sparklime_core.data.dataset import Dataset
from sparklime_core.errors import ModelError
from sparklime_core.explain.kinds.booster import Booster, BoosterFacts
from sparklime_core.explain.kinds.ensemble import Recoding, Recodings
from sparklime_core.explain.kinds.model_kind import SUFFIXES
from sparklime_core.explain.kinds.recoded_models import EncodedBooster, EncodedClassifier
from sparklime_core.explain.types import FloatArray, IntArray
from sparklime_core.models.check_fit import label
from sparklime_core.models.compare_predictions import ask, clearly_better, log_likelihood
from sparklime_core.models.model_files import ModelFile

SHOWN = 6


def restore_booster(file: ModelFile, dataset: Dataset) -> EncodedBooster:
    """Read a booster from its file and set it to a dataset; a stranger's only in a limited process.

    Raises
    ------
    MissingExtraError
        When its library is not installed.
    ModelError
        When it cannot be read, or does not fit the dataset.
    """
    kind = SUFFIXES[file.suffix].load()
    assert issubclass(kind, Booster)  # noqa: S101 - the registry says so
    return encode_booster(kind.read(file.data), dataset)


def encode_booster(booster: Booster, dataset: Dataset, classes: tuple[str, ...] | None = None) -> EncodedBooster:
    """Set a booster to the features of a dataset.

    Parameters
    ----------
    classes
        Their names, where an estimator around the booster knew them; None: what the booster says.

    Raises
    ------
    ModelError
        When the dataset lacks a column that it wants, takes a column for something else, or has none of the
        categories of one.
    """
    facts = booster.facts()
    columns = _columns(facts, dataset)
    recodings: Recodings = {}
    for own, known in facts.categories.items():
        feature = int(columns[own])
        names = _category_names(dataset, feature)
        if known:
            recodings[feature] = (Recoding.of_codes(_codes(names, known, dataset.feature_names[feature])),)
    named = {own: _category_names(dataset, int(columns[own])) for own in facts.categories}
    booster = booster.spelled(named)
    width = len(dataset.feature_names)
    found = EncodedBooster(booster, columns, recodings, width)
    if facts.classes is not None:
        found = EncodedClassifier(booster, columns, recodings, width, classes or facts.classes)
    return _with_gaps(found, dataset)


def _with_gaps(found: EncodedBooster, dataset: Dataset) -> EncodedBooster:
    """Decode sentinels for the features whose gaps the booster has seen as gaps.

    Where a booster does not say, it gets gaps, unless it clearly predicts rows with gaps better from sentinels.
    """
    gaps: Recodings = {}
    unsaid: Recodings = {}
    for own, feature in enumerate(found.columns.tolist()):
        sentinel = dataset.missing_values.get(feature)
        if sentinel is None or feature in found.recodings:
            continue
        known = found.booster.knows_sentinel(own, sentinel, _smallest(dataset, feature, sentinel))
        if known is not True:
            (gaps if known is False else unsaid)[feature] = (Recoding.of_gap(sentinel),)
    plain = replace(found, recodings=found.recodings | gaps)
    if not unsaid:
        return plain
    decoded = replace(plain, recodings=plain.recodings | unsaid)
    rows = _gapped(dataset, list(unsaid))
    if not len(rows):
        return decoded
    of_sentinels, of_gaps = (
        log_likelihood(ask(way, dataset.features[rows]), dataset, rows) for way in (plain, decoded)
    )
    return plain if clearly_better(of_sentinels, of_gaps) else decoded


def _gapped(dataset: Dataset, features: list[int]) -> IntArray:
    """Return the rows with gaps in these features that a model can be measured on."""
    sentinels = np.array([dataset.missing_values[feature] for feature in features])
    gapped = (dataset.features[:, features] == sentinels).any(axis=1)
    return np.flatnonzero(gapped & dataset.labelled & np.isfinite(dataset.features).all(axis=1))


def booster_notes(found: EncodedBooster, dataset: Dataset) -> tuple[str, ...]:
    """Return notes on the values in which a booster is asked."""
    notes = list(found.booster.facts().notes)
    gaps = [feature for feature, tables in found.recodings.items() if tables[0].others_stay]
    if gaps:
        features = "a feature" if len(gaps) == 1 else f"{len(gaps)} features"
        notes.append(f"gaps of {features} are given to the model as gaps")
    coded = [int(found.columns[own]) for own in found.booster.nameless()]
    return (*notes, *(_note_of_codes(feature, dataset) for feature in coded if not _is_numbered(feature, dataset)))


def _is_numbered(feature: int, dataset: Dataset) -> bool:
    """Return whether the names of the categories are their codes."""
    names = dataset.categorical_names[feature]
    return names == tuple(map(str, range(len(names))))


def _note_of_codes(feature: int, dataset: Dataset) -> str:
    names = dataset.categorical_names[feature]
    listed = ", ".join(f"{code} for {name!r}" for code, name in enumerate(names[:SHOWN]))
    return (
        f"the model knows the categories of {dataset.feature_names[feature]!r} only by numbers, and gets "
        f"{listed}{', …' if len(names) > SHOWN else ''}; if it was trained with another order, its "
        "predictions are wrong"
    )


def _columns(facts: BoosterFacts, dataset: Dataset) -> IntArray:
    """Return which feature of the dataset each of the booster's is: by name, where it has names."""
    wanted, have = facts.features, dataset.feature_names
    if not any(wanted):
        if len(wanted) != len(have):
            raise ModelError(
                f"The model wants {len(wanted)} features, and the table has {len(have)}; change the columns' "
                "roles."
            )
        return np.arange(len(have))
    place = {name.replace(" ", "_"): at for at, name in enumerate(have)}  # as LightGBM writes them
    place |= {name: at for at, name in enumerate(have)}
    missing = [name for name in wanted if name not in place]
    if missing:
        listed = ", ".join(map(repr, missing[:SHOWN])) + (", …" if len(missing) > SHOWN else "")
        raise ModelError(
            f"The model wants {'a feature' if len(missing) == 1 else 'features'} that the table does not have: "
            f"{listed}; change the columns' roles or names."
        )
    return np.array([place[name] for name in wanted], dtype=np.int64)


def _smallest(dataset: Dataset, feature: int, sentinel: float) -> float:
    values = dataset.features[:, feature]
    seen = values[(values != sentinel) & np.isfinite(values)]
    return float(seen.min()) if len(seen) else np.inf


def _category_names(dataset: Dataset, feature: int) -> tuple[str, ...]:
    names = dataset.categorical_names.get(feature)
    if names is None:
        raise ModelError(
            f"The model takes {dataset.feature_names[feature]!r} as categories, and the table as a number; "
            "give the column the role 'categorical'."
        )
    return names


def _codes(names: Sequence[str], known: Sequence[str], feature: str) -> FloatArray:
    """Return the booster's code of each name; NaN for one that it does not know."""
    place = {label(name): at for at, name in enumerate(known)} | {name: at for at, name in enumerate(known)}
    codes = np.array([place.get(name, place.get(label(name), np.nan)) for name in names], dtype=np.float64)
    if np.isnan(codes).all():
        raise ModelError(
            f"The model knows none of the table's categories of {feature!r}: it knows "
            f"{', '.join(map(repr, known[:SHOWN]))}{', …' if len(known) > SHOWN else ''}."
        )
    return codes
