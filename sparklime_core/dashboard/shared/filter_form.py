"""The filter of the rows: one per session, held in the URL too, and the controls that show and change it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import streamlit as st

from sparklime_core.dashboard.shared.messages import plain
from sparklime_core.dashboard.shared.run_cache import encoding_of
from sparklime_core.data.feature_encoding import Feature
from sparklime_core.runs.filter.conditions import Range, ValueCondition, WeightCondition
from sparklime_core.runs.filter.feature_kinds import ByFeature, ByValue, ByWeight
from sparklime_core.runs.filter.kinds import (
    OUTCOMES,
    Between,
    ByOutcome,
    Explained,
    Flag,
    OfClass,
    Text,
    outcomes_of,
)
from sparklime_core.runs.filter.row_filter import FIELDS, ORDERS, RowFilter
from sparklime_core.runs.filter.translations import filter_text, limits_of, read_filter
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run

PARAMETER = "filter"


def current_filter(manifest: Manifest) -> RowFilter:
    """Return the filter of the URL, or the last one of the session."""
    kept: RowFilter = st.session_state.get("row-filter") or RowFilter()
    linked = st.query_params.get(PARAMETER)
    if linked is None or linked == filter_text(kept):
        set_filter(kept)
        return kept
    classes = manifest.data.class_names
    found = read_filter(linked, len(manifest.data.features), len(classes or ()))
    set_filter(found)
    return found


def set_filter(wanted: RowFilter) -> None:
    """Set the filter of the session and of the URL."""
    st.session_state["row-filter"] = wanted
    text = filter_text(wanted)
    if text:
        st.query_params[PARAMETER] = text
    else:
        st.query_params.pop(PARAMETER, None)


@dataclass(frozen=True)
class FormContext:
    """The run that a form is about."""

    manifest: Manifest
    explained: Explained


def filter_form(run: Run, manifest: Manifest, *, ordered: bool = True) -> RowFilter:
    """Draw the filter, a chip for each limit and, for a list, the order; return the filter that they show."""
    features = encoding_of(run).features
    context = FormContext(manifest, Explained(features, manifest.data.class_names, manifest.explain.output))
    row_filter = current_filter(manifest)
    if st.session_state.get("filter-shown") != row_filter or "rows-order" not in st.session_state:
        _fill(row_filter)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        shown = _order(context) if ordered else row_filter
        with st.popover("Filter", icon=":material/filter_alt:", width="content"):
            shown = replace(shown, **_draw_fields(context))
            st.button("Reset", icon=":material/restart_alt:", on_click=set_filter, args=(RowFilter(),))
    st.session_state["filter-shown"] = shown
    if shown != row_filter:
        set_filter(shown)
    _chips(shown, context)
    return shown


def _chips(row_filter: RowFilter, context: FormContext) -> None:
    """Show the limits of the filter; a click on a chip removes its limit."""
    limits = limits_of(row_filter, context.explained)
    if not limits:
        return
    with st.container(horizontal=True, gap="xsmall", key="filter-chips"):
        for at, limit in enumerate(limits):
            st.button(
                plain(limit.text),
                key=f"chip-{at}",
                icon=":material/close:",
                icon_position="right",
                help="Remove this condition",
                on_click=set_filter,
                args=(limit.without,),
            )
        if len(limits) > 1:
            order = RowFilter(
                order=row_filter.order, descending=row_filter.descending, order_feature=row_filter.order_feature
            )
            st.button(
                "Clear all",
                key="clear-all",
                type="tertiary",
                icon=":material/filter_alt_off:",
                on_click=set_filter,
                args=(order,),
            )


def _order(context: FormContext) -> RowFilter:
    orders = [name for name, order in ORDERS.items() if order.offered(context.manifest)]
    if st.session_state["rows-order"] not in orders:
        st.session_state["rows-order"] = "row"
    order = st.selectbox(
        "Sort by",
        orders,
        format_func=lambda name: ORDERS[name].words,
        key="rows-order",
        persist_state="session",
        on_change=_usual_direction,
    )
    feature = None
    if order == "weight":
        feature = st.selectbox(
            "Feature",
            [None, *range(len(context.explained.features))],
            format_func=lambda at: "the strongest reason" if at is None else context.explained.features[at].name,
            key="rows-order-feature",
            persist_state="session",
        )
    descending = st.toggle("Largest first", key="rows-descending", persist_state="session")
    return RowFilter(order=order, descending=descending, order_feature=feature)


def _usual_direction() -> None:
    """Set the usual direction of an order."""
    st.session_state["rows-descending"] = ORDERS[st.session_state["rows-order"]].largest_first


def _draw_fields(context: FormContext) -> dict[str, Any]:
    """Draw the control of each field that is offered for the run, classes side by side; return their values."""
    values: dict[str, Any] = {}
    offered = [(name, field) for name, field in FIELDS.items() if field.offered(context.manifest)]
    for is_class, group in groupby(offered, key=lambda entry: isinstance(entry[1], OfClass)):
        if is_class and context.explained.classes is None:
            continue
        with st.container(horizontal=is_class):
            for name, field in group:
                values[name] = CONTROLS[type(field)].draw(name, field, context)
    return values


def _fill(row_filter: RowFilter) -> None:
    """Make the controls show a filter."""
    state = st.session_state
    for name in [str(key) for key in state if str(key).startswith(("filter-value-", "filter-weight-"))]:
        state.pop(name)
    state["rows-order"], state["rows-descending"] = row_filter.order, row_filter.descending
    state["rows-order-feature"] = row_filter.order_feature
    for name, field in FIELDS.items():
        CONTROLS[type(field)].fill(name, getattr(row_filter, name))


def _fill_value(name: str, value: Any) -> None:
    st.session_state[f"filter-{name}"] = value


def _fill_range(name: str, value: Range) -> None:
    st.session_state[f"filter-{name}-low"], st.session_state[f"filter-{name}-high"] = value.low, value.high
    low = 0.0 if value.low is None else value.low
    high = 1.0 if value.high is None else value.high
    st.session_state[f"filter-{name}-unit"] = tuple(min(max(end, 0.0), 1.0) for end in (low, high))


def _fill_values(name: str, value: tuple[ValueCondition, ...]) -> None:
    _fill_value(name, [condition.feature for condition in value])
    for condition in value:
        _fill_range(f"value-{condition.feature}", condition.within)
        _fill_value(f"value-{condition.feature}-codes", list(condition.codes))
        _fill_value(f"value-{condition.feature}-missing", condition.missing)


def _fill_weights(name: str, value: tuple[WeightCondition, ...]) -> None:
    _fill_value(name, [condition.feature for condition in value])
    for condition in value:
        _fill_range(f"weight-{condition.feature}", condition.within)


def _outcome(name: str, field: ByOutcome, context: FormContext) -> str:
    options = outcomes_of(len(context.explained.classes or ()))
    words = OUTCOMES.__getitem__
    outcome = st.segmented_control(field.label, options, format_func=words, required=True, **_kept(name))
    return str(outcome or "all")


def _class(name: str, field: OfClass, context: FormContext) -> int | None:
    classes = context.explained.classes or ()
    return _choice(field.label, name, range(len(classes)), classes.__getitem__)  # type: ignore[no-any-return]


def _flag(name: str, field: Flag, _: FormContext) -> bool:
    return st.toggle(field.label, **_kept(name))


def _range(name: str, field: Between, context: FormContext) -> Range:
    unlimited = field.of_any_size(context.explained)
    return _free_range(unlimited[1], name) if unlimited else _unit_range(field.label, name)


def _text(name: str, field: Text, context: FormContext) -> str | None:
    if field.options is None:
        return st.text_input(field.label, placeholder="any", **_kept(name)) or None
    return _choice(field.label, name, field.options(context.manifest))  # type: ignore[no-any-return]


def _values(name: str, field: ByValue, context: FormContext) -> tuple[ValueCondition, ...]:
    return tuple(_value(at, context.explained.features[at]) for at in _features(name, field, context))


def _weights(name: str, field: ByWeight, context: FormContext) -> tuple[WeightCondition, ...]:
    return tuple(
        WeightCondition(at, _free_range(f"Weight of {context.explained.features[at].name}", f"weight-{at}"))
        for at in _features(name, field, context)
    )


@dataclass(frozen=True)
class Control:
    """How a kind of field is drawn: how its widgets get a value, and how they are drawn and read."""

    fill: Callable[[str, Any], None]
    draw: Callable[[str, Any, FormContext], Any]


CONTROLS: dict[type, Control] = {
    ByOutcome: Control(_fill_value, _outcome),
    OfClass: Control(_fill_value, _class),
    Flag: Control(_fill_value, _flag),
    Between: Control(_fill_range, _range),
    Text: Control(_fill_value, _text),
    ByValue: Control(_fill_values, _values),
    ByWeight: Control(_fill_weights, _weights),
}
"""The control of each kind of field."""


def _features(name: str, field: ByFeature, context: FormContext) -> list[int]:
    return st.multiselect(
        field.label,
        range(len(context.explained.features)),
        format_func=lambda at: context.explained.features[at].name,
        placeholder="any feature",
        help=field.help,
        **_kept(name),
    )


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


def _unit_range(label: str, name: str) -> Range:
    """Draw a range between 0 and 1; 0 and 1 are no limits."""
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
