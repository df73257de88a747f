"""Every text that an explanation can hold, numbered once, so that results carry numbers until the end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from sparklime_core.explain.explainer_facts import categorical_keys, category_names, feature_names
from sparklime_core.explain.schema import BIN_COLUMNS, result_schema
from sparklime_core.explain.types import Explainer, FloatArray, IntArray


@dataclass(frozen=True)
class Vocabulary:
    """The terms of an explainer: lime's own texts for each (feature, code).

    A feature's *code* is its bin (discretized), its category, or 0 (a continuous feature left as it is).

    Attributes
    ----------
    features
        Feature of each term, as a name; one entry a term.
    texts
        Lime's text of each term, as ``Explanation.as_list()`` gives it.
    codes
        For each feature, the codes it can take, ascending.
    starts
        For each feature, the number of its first term.
    label_names
        Name of each label; in regression the one name of what is predicted.
    """

    features: tuple[str, ...]
    texts: tuple[str, ...]
    codes: tuple[IntArray, ...]
    starts: IntArray
    label_names: tuple[str, ...]
    _dictionaries: dict[str, pa.Array] = field(default_factory=dict, compare=False, repr=False)

    def terms(self, feature: int, codes: IntArray) -> IntArray:
        """Return the terms of a feature's codes; a code that is not in the vocabulary is -1."""
        known = self.codes[feature]
        place = np.searchsorted(known, codes)
        place = np.minimum(place, len(known) - 1)
        return np.where(known[place] == codes, self.starts[feature] + place, -1)

    def terms_of(self, features: IntArray, codes: IntArray) -> IntArray:
        """Return the terms of pairs of a feature and one of its codes."""
        found = np.empty(len(features), dtype=np.int64)
        for feature in np.unique(features):
            at = features == feature
            found[at] = self.terms(int(feature), codes[at])
        return found

    def terms_of_rows(self, codes: IntArray) -> IntArray:
        """Return the terms (n, d) of all codes of rows (n, d)."""
        found: IntArray = np.where((codes >= 0) & (codes < self._counts), self.starts + codes, -1)
        for feature in self._listed:
            found[:, feature] = self.terms(feature, codes[:, feature])
        return found

    @cached_property
    def _counts(self) -> IntArray:
        """How many codes each feature has."""
        return np.array([len(known) for known in self.codes])

    @cached_property
    def _listed(self) -> list[int]:
        """The features whose codes are not just 0, 1, 2 and so on."""
        return [at for at, known in enumerate(self.codes) if not np.array_equal(known, np.arange(len(known)))]

    def decode(self, compact: pa.Table) -> pa.Table:
        """Turn a table of the compact schema into one of the public schema."""
        terms = compact["terms"].combine_chunks()
        flat = terms.flatten()
        indices = flat.to_numpy(zero_copy_only=False)
        weights = compact["weights"].combine_chunks().flatten()
        structs = pa.StructArray.from_arrays(
            [
                pa.array(self.features).take(pa.array(indices)),
                pa.array(self.texts).take(pa.array(indices)),
                weights,
            ],
            names=["feature", "feature_explanation", "weight"],
        )
        lengths = np.asarray(terms.value_lengths().fill_null(0), dtype=np.int32)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        missing = terms.is_null().to_numpy(zero_copy_only=False)
        explanation = pa.ListArray.from_arrays(pa.array(offsets), structs, mask=pa.array(missing))
        columns = {name: compact[name] for name in compact.column_names if name not in ("terms", "weights")}
        columns["label_name"] = pa.array(self.label_names).take(compact["label"].combine_chunks())
        columns["explanation"] = explanation
        with_profiles = "bin_terms" in columns
        if with_profiles:
            columns["profiles"] = self._profiles(*(columns[name].combine_chunks() for name in BIN_COLUMNS))
        schema = result_schema(profiles=with_profiles)
        return pa.table([columns[name] for name in schema.names], schema=schema)

    def _profiles(self, terms: pa.ListArray, shares: pa.ListArray, effects: pa.ListArray) -> pa.ListArray:
        """Put the bins of each explanation together by feature, with their texts."""
        flat = terms.flatten().to_numpy(zero_copy_only=False)
        lengths = np.asarray(terms.value_lengths().fill_null(0), dtype=np.int64)
        pair = np.repeat(np.arange(len(lengths)), lengths)
        feature = np.searchsorted(self.starts, flat, side="right") - 1
        begins = np.flatnonzero((np.diff(pair, prepend=-1) != 0) | (np.diff(feature, prepend=-1) != 0))
        bins = pa.StructArray.from_arrays(
            [pa.array(self.texts).take(pa.array(flat)), shares.flatten(), effects.flatten()],
            names=["condition", "share", "effect"],
        )
        entries = pa.StructArray.from_arrays(
            [
                pa.array(self.features).take(pa.array(flat[begins])),
                pa.ListArray.from_arrays(pa.array(np.append(begins, len(flat)).astype(np.int32)), bins),
            ],
            names=["feature", "bins"],
        )
        offsets = np.searchsorted(pair[begins], np.arange(len(lengths) + 1)).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), entries, mask=terms.is_null())


def build_vocabulary(explainer: Explainer, label_names: tuple[str, ...]) -> Vocabulary:
    """Number the terms of an explainer.

    The texts are those of lime's ``LimeTabularExplainer.explain_instance``: ``discretizer.names`` for a binned
    feature, ``name=category`` for a categorical one, the bare name otherwise.
    """
    features: list[str] = []
    texts: list[str] = []
    codes: list[IntArray] = []
    starts: list[int] = []
    for feature, name in enumerate(feature_names(explainer)):
        known, names = _feature_terms(explainer, feature, name)
        starts.append(len(texts))
        codes.append(known)
        texts.extend(names)
        features.extend([name] * len(names))
    return Vocabulary(tuple(features), tuple(texts), tuple(codes), np.array(starts, dtype=np.int64), label_names)


def _feature_terms(explainer: Explainer, feature: int, name: str) -> tuple[IntArray, list[str]]:
    binned = explainer.discretizer is not None and feature in explainer.discretizer.lambdas
    if binned:
        names = [str(text) for text in explainer.discretizer.names[feature]]
        return np.arange(len(names), dtype=np.int64), names
    if feature not in categorical_keys(explainer):
        return np.zeros(1, dtype=np.int64), [name]
    categories = category_names(explainer, feature)
    return np.array(list(categories), dtype=np.int64), [f"{name}={category}" for category in categories.values()]


class _Kept(threading.local):
    """The rows of the last look-up in this thread's block with their codes; None between blocks."""

    last: tuple[Explainer, FloatArray, IntArray] | None = None
    in_block: bool = False


_kept = _Kept()


@contextmanager
def codes_kept() -> Iterator[None]:
    """Look the codes of the same rows up once while this block of code runs, which must not change the rows."""
    _kept.in_block = True
    try:
        yield
    finally:
        _kept.in_block, _kept.last = False, None


def codes_of(explainer: Explainer, rows: FloatArray) -> IntArray:
    """Return the code of every value of rows (n, d): its bin, its category, or 0; not to be written to.

    Rows must be finite; categories are compared as whole numbers, as lime compares them.
    """
    last = _kept.last
    if last is not None and last[0] is explainer and np.array_equal(last[1], rows):
        return last[2]
    codes = _look_up(explainer, rows)
    if _kept.in_block:
        _kept.last = (explainer, rows, codes)
    return codes


def _look_up(explainer: Explainer, rows: FloatArray) -> IntArray:
    discretizer, categorical = explainer.discretizer, categorical_keys(explainer)
    columns = np.ascontiguousarray(rows.T)
    codes: npt.NDArray[np.int64] = np.zeros(columns.shape, dtype=np.int64)
    for feature, values in enumerate(columns):
        if discretizer is not None and feature in discretizer.lambdas:
            codes[feature] = discretizer.lambdas[feature](values)
        elif feature in categorical:
            codes[feature] = values.astype(np.int64)
    return np.ascontiguousarray(codes.T)
