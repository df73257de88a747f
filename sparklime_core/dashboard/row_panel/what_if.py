"""What if? The row's values as a form; what the model says of them, and why, before and after."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from sparklime_core.charts.weights import comparison_frame, rows_comparison_chart
from sparklime_core.dashboard.row_panel.context import RowContext
from sparklime_core.dashboard.shared import columns
from sparklime_core.dashboard.shared.elements import draw
from sparklime_core.dashboard.shared.messages import plain, show_error, shown_errors
from sparklime_core.dashboard.shared.run_cache import shared_scale, what_if_of
from sparklime_core.data.feature_encoding import MISSING
from sparklime_core.explain.trust import expected_change
from sparklime_core.explain.types import FloatArray
from sparklime_core.jobs.what_if import Answer, Field
from sparklime_core.wording import count, number

FIRST_FIELDS = 6
"""Fields that are in view at once: of the features with the strongest weights."""

TOP = 10
"""Features with a line of their own in the chart."""

NAMES = ("before", "with these values")


def draw_whatif(row: RowContext) -> None:
    """Draw the form, and the model's answer for its values."""
    with shown_errors():
        what_if = what_if_of(row.run)
        view = row.view
        before = row.tables.dataset.features[view.row_id].astype(np.float64)
        order = _order(row)
        st.caption(
            "Change values within the range of the training rows; the model is asked again at once. The "
            "answer is about the model, not about the world."
        )
        after = _form(row, what_if.fields, before, order)
        changed = [at for at in order if after[at] != before[at]]
        answers = what_if.explain(np.stack([before, after]), int(view.result["label"]))
        failed = answers[1].result["error"]
        if failed is not None:
            show_error(f"These values could not be explained: {failed}")
            return
        _show_prediction(row, answers, len(changed))
        _show_expected_change(answers, [row.tables.dataset.feature_names[at] for at in changed])
        _figures(answers)
        _chart(row, answers)
        _table(row, answers, before, after, order)


def _order(row: RowContext) -> list[int]:
    """Return the features' positions, those of the explanation first."""
    names = list(row.tables.dataset.feature_names)
    explained = [names.index(entry["feature"]) for entry in row.view.result["explanation"] or ()]
    return [*explained, *(at for at in range(len(names)) if at not in explained)]


def _form(row: RowContext, fields: Sequence[Field], before: FloatArray, order: Sequence[int]) -> FloatArray:
    after = before.copy()

    def draw(some: Sequence[int]) -> None:
        with st.grid(3, min_column_width=150, gap="small"):
            for at in some:
                with st.container(gap="xxsmall"):
                    after[at] = _field(row, at, fields[at], float(before[at]))

    draw(order[:FIRST_FIELDS])
    rest = order[FIRST_FIELDS:]
    if rest:
        with st.expander(count(len(rest), "more feature"), icon=":material/list:"):
            draw(rest)
    st.button(
        "Reset",
        key=f"whatif-reset-{row.view.row_id}",
        icon=":material/restart_alt:",
        disabled=bool((after == before).all()),
        on_click=_reset,
        args=(row, fields, before),
    )
    return after


def _field(row: RowContext, at: int, field: Field, before: float) -> float:
    """Draw a feature's control and, under it, what was observed; return its value, encoded."""
    key = _key(row, at)
    if key not in st.session_state:
        st.session_state[key] = _shown(field, before)
    label, feature = plain(field.feature.name), field.feature
    if feature.categories is not None:
        names = feature.categories
        codes = sorted({*field.codes, int(before)})
        value: float | None = st.selectbox(
            label, codes, format_func=names.__getitem__, key=key, persist_state="session"
        )
        observed = count(len(field.codes), "category", "categories")
    else:
        value = _number_input(label, key, field, before)
        observed = f"{number(field.low)} to {number(field.high)}"
        observed += f", or {MISSING}" if feature.missing is not None else ""
    after = before if value is None and feature.missing is None else _encoded(field, value)
    was = f" · :orange-badge[was {plain(_text(row, at, before))}]" if after != before else ""
    st.caption(f"{observed}{was}")
    return after


def _number_input(label: str, key: str, field: Field, before: float) -> float | None:
    kind = int if field.whole and before == round(before) else float
    gap = field.feature.missing is not None
    known = before if before != field.feature.missing else field.low
    low, high = min(field.low, known), max(field.high, known)
    span = high - low
    value: float | None = st.number_input(
        label,
        min_value=kind(low),
        max_value=kind(high),
        value=None,
        step=kind(max(1, round(span / 100))) if kind is int else float(f"{span / 50:.1g}") or None,
        placeholder=MISSING if gap else "as before",
        format=None if kind is int else "%.6g",
        key=key,
        persist_state="session",
    )
    return value


def _shown(field: Field, value: float) -> float | int | None:
    """Return an encoded value as its control holds it."""
    if field.feature.categories is not None:
        return int(value)
    if value == field.feature.missing:
        return None
    return int(value) if field.whole and value == round(value) else value


def _encoded(field: Field, value: float | None) -> float:
    return float(field.feature.missing or 0.0) if value is None else float(value)


def _reset(row: RowContext, fields: Sequence[Field], before: FloatArray) -> None:
    for at, field in enumerate(fields):
        st.session_state[_key(row, at)] = _shown(field, float(before[at]))


def _key(row: RowContext, at: int) -> str:
    return f"whatif-{row.run.id}-{row.view.row_id}-{at}"


def _text(row: RowContext, at: int, value: float) -> str:
    return row.tables.dataset.value_text(at, value)


def _show_prediction(row: RowContext, answers: Sequence[Answer], changed: int) -> None:
    """Show the prediction now and before."""
    names = row.tables.dataset.class_names
    if not changed:
        st.info("No value is changed yet.", icon=":material/tune:")
        return
    if names is None:
        before, after = (float(answer.probabilities[0]) for answer in answers)
        st.markdown(f"The model predicts **{number(after)}**; before, it was {number(before)}.")
        return
    said = [int(np.argmax(answer.probabilities)) for answer in answers]
    texts = [
        f"**{plain(names[label])}** with {row.run.predicted.noun} {answer.probabilities[label]:.2f}"
        for label, answer in zip(said, answers, strict=True)
    ]
    verb = "still predicts" if said[0] == said[1] else ":material/swap_horiz: now predicts"
    st.markdown(f"The model {verb} {texts[1]}; before, it was {texts[0]}.")


def _show_expected_change(answers: Sequence[Answer], changed: Sequence[str]) -> None:
    """Show how much of the change the row's profiles predicted."""
    before, after = (answer.result for answer in answers)
    expected = expected_change(before, after, changed) if changed else None
    if expected is not None:
        real = after["prediction"] - before["prediction"]
        st.caption(
            f"The row's profiles predict a change of {expected:+.3g}; the model's change is {real:+.3g}. "
            "The difference comes from interactions, and from changes within bins."
        )


def _figures(answers: Sequence[Answer]) -> None:
    before, after = (answer.result for answer in answers)
    titles = (("prediction", "Model"), ("local_prediction", "Surrogate"), ("score", "Local R²"))
    with st.grid(3, min_column_width=90, gap="xsmall"):
        for name, title in titles:
            change = after[name] - before[name]
            st.metric(title, number(after[name]), f"{change:+.3g}" if change else None, delta_color="off")


def _chart(row: RowContext, answers: Sequence[Answer]) -> None:
    named = [(name, answer.result["explanation"]) for name, answer in zip(NAMES, answers, strict=True)]
    scale = shared_scale(row.run, TOP)
    name = plain(row.view.result["label_name"])
    st.markdown(f"Why, before and after: weights {'for' if not row.regression else 'of'} **{name}**")
    draw(
        rows_comparison_chart(comparison_frame(named, TOP), NAMES, scale),
        alt=f"Weights of row {row.view.row_id}, before and with these values",
        key="whatif-weights",
    )


def _table(
    row: RowContext, answers: Sequence[Answer], before: FloatArray, after: FloatArray, order: Sequence[int]
) -> None:
    entries = [{entry["feature"]: entry for entry in answer.result["explanation"]} for answer in answers]
    names = row.tables.dataset.feature_names
    lines = [
        {
            "changed": bool(after[at] != before[at]),
            "feature": names[at],
            "value_before": _text(row, at, float(before[at])),
            "value": _text(row, at, float(after[at])),
            "weight_before": entries[0].get(names[at], {}).get("weight"),
            "weight": entries[1].get(names[at], {}).get("weight"),
            "condition": entries[1].get(names[at], {}).get("feature_explanation"),
        }
        for at in order
    ]
    lines.sort(key=lambda line: not line["changed"])
    with st.expander("As a table", icon=":material/table_rows:"):
        st.dataframe(
            pd.DataFrame(lines),
            hide_index=True,
            height=300,
            column_config={
                "changed": st.column_config.CheckboxColumn("Changed", width=60),
                "feature": columns.FEATURE,
                "value_before": st.column_config.TextColumn("Value before"),
                "value": columns.VALUE,
                "weight_before": columns.weight("Weight before", width=90),
                "weight": columns.weight(width=90),
                "condition": columns.CONDITION,
            },
            alt="Values and weights, before and after; changed features first",
        )
