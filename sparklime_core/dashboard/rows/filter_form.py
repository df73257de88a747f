"""The controls of the filter: filled from the filter (a link's, a chip's), and read back into one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from sparklime_core.dashboard.rows.filter_url import current_filter, set_filter
from sparklime_core.dashboard.rows.filter_words import limits_of
from sparklime_core.dashboard.shared.run_cache import encoding_of
from sparklime_core.dashboard.shared.text import plain
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.row_filter import RANGES, Order, Range, RowFilter, ValueCondition, WeightCondition
from sparklime_core.runs.run import Run

ORDERS: dict[Order, str] = {
    "row": "row number",
    "error": "error of the model",
    "probability": "prediction",
    "fit": "fit of the explanation",
    "score": "local R²",
    "weight": "weight of …",
    "stability": "stability",
}
OUTCOME_NAMES = {"all": "all", "wrong": "wrong", "right": "right", "failed": "not explained"}


def row_filter(run: Run, manifest: Manifest, *, ordered: bool = True) -> RowFilter:
    """Draw the filter, the chips of what it limits and, for a list, the order; return what they say."""
    features = encoding_of(run).features
    wanted = current_filter(manifest)
    if st.session_state.get("filter-shown") != wanted or "rows-order" not in st.session_state:
        _fill(wanted)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        found = _order(features, manifest) if ordered else wanted
        with st.popover("Filter", icon=":material/filter_alt:", width="content"):
            found = _conditions(found, manifest, features)
    st.session_state["filter-shown"] = found
    if found != wanted:
        set_filter(found)
    _chips(found, features, manifest)
    return found


def _chips(wanted: RowFilter, features: tuple[Feature, ...], manifest: Manifest) -> None:
    """Show what the filter limits; a click on a chip takes that away."""
    classes = manifest.data.class_names
    limits = limits_of(wanted, features, classes)
    if not limits:
        return
    with st.container(horizontal=True, gap="xsmall", key="filter-chips"):
        for at, limit in enumerate(limits):
            st.button(
                plain(limit.text),
                key=f"chip-{at}",
                icon=":material/close:",
                icon_position="right",
                help="Take this condition away",
                on_click=set_filter,
                args=(limit.without,),
            )
        if len(limits) > 1:
            order = RowFilter(order=wanted.order, descending=wanted.descending, order_feature=wanted.order_feature)
            st.button(
                "Clear all",
                key="clear-all",
                type="tertiary",
                icon=":material/filter_alt_off:",
                on_click=set_filter,
                args=(order,),
            )


def _fill(wanted: RowFilter) -> None:
    """Make the controls say what a filter says."""
    state = st.session_state
    for name in [str(key) for key in state if str(key).startswith(("filter-value-", "filter-weight-"))]:
        state.pop(name)
    state["rows-order"], state["rows-descending"] = wanted.order, wanted.descending
    state["rows-order-feature"] = wanted.order_feature
    for name in ("outcome", "label", "truth", "test_only", "top_feature", "executor", "error_text"):
        state[f"filter-{name}"] = getattr(wanted, name)
    for name in RANGES:
        _fill_range(name, getattr(wanted, name))
    state["filter-values"] = [condition.feature for condition in wanted.values]
    for condition in wanted.values:
        _fill_range(f"value-{condition.feature}", condition.within)
        state[f"filter-value-{condition.feature}-codes"] = list(condition.codes)
        state[f"filter-value-{condition.feature}-missing"] = condition.missing
    state["filter-weights"] = [condition.feature for condition in wanted.weights]
    for weight in wanted.weights:
        _fill_range(f"weight-{weight.feature}", weight.within)


def _fill_range(name: str, within: Range) -> None:
    st.session_state[f"filter-{name}-low"], st.session_state[f"filter-{name}-high"] = within.low, within.high
    low = 0.0 if within.low is None else within.low
    high = 1.0 if within.high is None else within.high
    st.session_state[f"filter-{name}-unit"] = tuple(min(max(end, 0.0), 1.0) for end in (low, high))


def _order(features: tuple[Feature, ...], manifest: Manifest) -> RowFilter:
    orders = [order for order in ORDERS if order != "stability" or manifest.stability]
    if st.session_state["rows-order"] not in orders:
        st.session_state["rows-order"] = "row"
    order: Order = st.selectbox(
        "Sort by",
        orders,
        format_func=ORDERS.__getitem__,
        key="rows-order",
        persist_state="session",
        on_change=_usual_direction,
    )
    feature = None
    if order == "weight":
        feature = st.selectbox(
            "Feature",
            [None, *range(len(features))],
            format_func=lambda at: "the strongest reason" if at is None else features[at].name,
            key="rows-order-feature",
            persist_state="session",
        )
    descending = st.toggle("Largest first", key="rows-descending", persist_state="session")
    return RowFilter(order=order, descending=descending, order_feature=feature)


def _conditions(found: RowFilter, manifest: Manifest, features: tuple[Feature, ...]) -> RowFilter:
    classes = manifest.data.class_names
    found = _about_the_model(found, classes)
    found = replace(
        found,
        fit=_unit_range("Fit of the explanation", "fit"),
        score=_unit_range("lime's own local R²", "score"),
        top_feature=_choice("Strongest reason is about", "top_feature", [feature.name for feature in features]),
        values=_values(features),
        weights=_weights(features),
    )
    if manifest.stability:
        found = replace(
            found, stability=_unit_range("Stability: how often the same features are chosen", "stability")
        )
    executors = [str(executor.id) for executor in manifest.executors]
    if len(executors) > 1:
        found = replace(found, executor=_choice("Explained by executor", "executor", executors))
    if manifest.rows_failed:
        text = st.text_input("Reason why a row was not explained has", placeholder="any", **_kept("error_text"))
        found = replace(found, error_text=text or None)
    st.button("Reset", icon=":material/restart_alt:", on_click=set_filter, args=(RowFilter(),))
    return found


def _about_the_model(found: RowFilter, classes: tuple[str, ...] | None) -> RowFilter:
    outcomes = ["all", "failed"] if classes is None else list(OUTCOME_NAMES)
    outcome = st.segmented_control(
        "The model is", outcomes, format_func=OUTCOME_NAMES.__getitem__, required=True, **_kept("outcome")
    )
    found = replace(found, outcome=outcome or "all")
    if classes is None:
        found = replace(
            found,
            prediction=_free_range("Predicted value", "prediction"),
            error=_free_range("Error of the model, either way", "error"),
        )
    else:
        with st.container(horizontal=True):
            label, truth = (
                _choice(text, name, range(len(classes)), classes.__getitem__)
                for text, name in (("Predicted class", "label"), ("True class", "truth"))
            )
        found = replace(
            found,
            label=label,
            truth=truth,
            prediction=_unit_range("Probability of the predicted class", "prediction"),
            error=_unit_range("Error: 1 - probability of the true class", "error"),
        )
    return replace(found, test_only=st.toggle("Only test rows (not seen in training)", **_kept("test_only")))


def _values(features: tuple[Feature, ...]) -> tuple[ValueCondition, ...]:
    chosen = st.multiselect(
        "Values of",
        range(len(features)),
        format_func=lambda at: features[at].name,
        placeholder="any feature",
        **_kept("values"),
    )
    return tuple(_value(at, features[at]) for at in chosen)


def _value(at: int, feature: Feature) -> ValueCondition:
    name = f"value-{at}"
    if feature.categories is not None:
        names = feature.categories
        codes = st.multiselect(
            plain(feature.name),
            range(len(names)),
            format_func=names.__getitem__,
            placeholder="any category",
            **_kept(f"{name}-codes"),
        )
        return ValueCondition(at, codes=tuple(codes))
    if feature.missing is not None and st.toggle(f"{plain(feature.name)} is missing", **_kept(f"{name}-missing")):
        return ValueCondition(at, missing=True)
    return ValueCondition(at, _free_range(feature.name, name))


def _weights(features: tuple[Feature, ...]) -> tuple[WeightCondition, ...]:
    chosen = st.multiselect(
        "Weights of",
        range(len(features)),
        format_func=lambda at: features[at].name,
        placeholder="any feature",
        help="Only rows whose explanation names the feature; below it, with which weight.",
        **_kept("weights"),
    )
    return tuple(
        WeightCondition(at, _free_range(f"Weight of {features[at].name}", f"weight-{at}")) for at in chosen
    )


def _unit_range(label: str, name: str) -> Range:
    """Draw a range between 0 and 1, whose ends are no limits."""
    key = f"filter-{name}-unit"
    if key not in st.session_state:
        st.session_state[key] = (0.0, 1.0)
    ends: Any = st.slider(label, 0.0, 1.0, step=0.01, key=key, persist_state="session")
    low, high = ends
    return Range(low if low > 0 else None, high if high < 1 else None)


def _free_range(label: str, name: str) -> Range:
    """Draw a range of numbers of any size."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        low = st.number_input(
            f"{plain(label)}: from", value=None, placeholder="lowest", format="%.6g", **_kept(f"{name}-low")
        )
        high = st.number_input("to", value=None, placeholder="highest", format="%.6g", **_kept(f"{name}-high"))
    return Range(low, high)


def _choice(label: str, name: str, options: Any, words: Callable[[Any], str] = str) -> Any:
    return st.selectbox(label, options, index=None, format_func=words, placeholder="any", **_kept(name))


def _kept(name: str) -> dict[str, Any]:
    return {"key": f"filter-{name}", "persist_state": "session"}


def _usual_direction() -> None:
    """Begin with the largest where these are what one looks for."""
    st.session_state["rows-descending"] = st.session_state["rows-order"] in ("error", "weight")
