"""The reasons of a prediction: weights, figures of the fit, class probabilities, and each bin's effect."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from sparklime_core.charts.classes import ROLES, probabilities_chart
from sparklime_core.charts.colours import AGAINST, AVERAGED, EXACT, FOR
from sparklime_core.charts.profiles import profiles_chart, profiles_frame
from sparklime_core.charts.weights import fold_weights, weights_chart
from sparklime_core.dashboard.row_panel.context import DEPENDENCE_ROWS, RowContext, dependence_of
from sparklime_core.dashboard.shared.elements import coloured, draw
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.run_cache import shared_scale, what_if_of
from sparklime_core.explain.trust import FIT, LOW_R2, carried_words, largest_effect, profiles_of
from sparklime_core.runs.row_view import colour_words
from sparklime_core.wording import count, number

MOST_CLASSES = 6
"""Classes whose probability has a bar; the table of all is one click away."""

NO_PROFILES = (
    "There are no profiles: they need features in bins or categories, and lime's own kernel. This run leaves "
    "numbers as they are, or has another kernel."
)
CAPTION = (
    "A bar is the model's mean prediction where the feature is in that bin, minus its mean around the "
    "row. Bold: the row's own bin; lime's weight is its effect minus the mean of the others. All "
    "features have one scale."
)
AVERAGES = (
    f"{coloured(AVERAGED, '◆')} Partial dependence: the model's average over up to {DEPENDENCE_ROWS} "
    "rows of the table with the feature put into that bin, less its average over them. LIME draws the other "
    "features by themselves; here they stay together as the table has them."
)


def draw_why(row: RowContext) -> Callable[[], None]:
    """Draw the weights; return what draws the rest, for which a new server takes seconds to open the model."""
    shown = _weights(row)
    _figures(row)
    place = st.container()

    def rest() -> None:
        with place, shown_errors():
            draw_profiles(row, shown)
            probabilities = row.probabilities
            if probabilities is not None:
                _classes(row, probabilities)

    return rest


def _weights(row: RowContext) -> int:
    """Draw the weights; return how many features have a bar."""
    run, view, stability = row.run, row.view, row.stability
    explanation = view.result["explanation"]
    top = _top(len(explanation))
    uncertainty = {} if stability is None else {"spread": stability["std"], "exact": stability["exact"]}
    bars = fold_weights(explanation, view.values, top, **uncertainty)
    st.markdown(_legend(row))
    draw(
        weights_chart(bars, shared_scale(run, top)),
        alt=f"Weights of the {len(explanation)} strongest conditions of row {view.row_id}",
        key="weights",
    )
    return top


def _legend(row: RowContext) -> str:
    name = plain(row.view.result["label_name"])
    up, down = colour_words(row.view)
    parts = [f"{coloured(FOR)} {up} **{name}**", f"{coloured(AGAINST)} {down} it"]
    if row.stability is not None:
        parts.append(f"— ± 1 standard deviation over {row.pools} pools")
        parts += [f"{coloured(EXACT, '|')} without sampling noise"] if row.stability["exact"] is not None else []
    return " &nbsp; ".join(parts)


def _top(features: int) -> int:
    options = [top for top in (5, 10, 20) if top < features]
    if not options:
        return features
    chosen = st.segmented_control(
        "Bars shown",
        [*options, features],
        default=min(features, 10) if 10 in options else features,
        format_func=lambda top: "all" if top == features else str(top),
        key="top-bars",
        required=True,
    )
    return int(chosen or features)


def _figures(row: RowContext) -> None:
    result = row.view.result
    with st.grid(5, min_column_width=78, gap="xsmall"):
        st.metric(
            "Model",
            _number(result["prediction"]),
            help="The model's own prediction for this row (and for this class, where there are classes).",
        )
        st.metric(
            "Surrogate",
            _number(result["local_prediction"]),
            help=(
                "The prediction of LIME's linear surrogate at this row. If it is close to the model's, "
                "the explanation fits here."
            ),
        )
        st.metric("Fit", _number(row.view.fit), help=FIT.rule)
        st.metric("Local R²", _number(result["score"]), help=f"lime's own measure, low for most rows: {LOW_R2}")
        st.metric(
            "Intercept",
            _number(result["intercept"]),
            help="The surrogate's value where no condition holds; the weights add to it.",
        )


def _classes(row: RowContext, probabilities: Sequence[float]) -> None:
    view = row.view
    names = row.tables.dataset.class_names or ()
    st.markdown("**Class probabilities**")
    classes = classes_frame(names, probabilities, int(view.result["label"]), MOST_CLASSES)
    draw(
        probabilities_chart(classes),
        alt=f"Class probabilities of row {view.row_id}",
        key="classes",
    )
    if len(names) > MOST_CLASSES:
        st.caption(f"{count(len(names) - MOST_CLASSES, 'less probable class', 'less probable classes')} not shown")


def _number(value: float | None) -> str:
    return "unknown" if value is None else number(value)


def draw_profiles(row: RowContext, shown: int) -> None:
    """Let the bars of the weights be opened, each into the profile of its feature."""
    profiles = profiles_of(row_result(row))
    if not profiles:
        st.caption(NO_PROFILES)
        return
    names = [profile["feature"] for profile in profiles]
    opened = st.pills(
        "Open a bar: the effect of every bin",
        names,
        default=names[:1],
        selection_mode="multi",
        format_func=plain,
        key=f"profiles-{row.view.row_id}-{row.view.result['label']}",
    )
    chosen = [profile for profile in profiles if profile["feature"] in opened]
    if chosen:
        label = int(row.view.result["label"])
        features = list(row.tables.dataset.feature_names)
        averages = {}
        with shown_errors():
            averages = {name: dependence_of(row.run, features.index(name), label) for name in opened}
        draw(
            profiles_chart(profiles_frame(chosen, averages), largest_effect(profiles)),
            alt=f"Profiles of {len(chosen)} features of row {row.view.row_id}",
            key="profiles",
        )
        st.caption(CAPTION)
        st.caption(AVERAGES)
    st.caption(carried_words(profiles, shown))


def row_result(row: RowContext) -> Mapping[str, Any]:
    """Return the explanation with its profiles: the run's own, or made here with the run's engine and seed."""
    result = row.view.result
    if result.get("profiles") is not None:
        return result
    rows = row.tables.dataset.features[row.view.row_id : row.view.row_id + 1]
    return what_if_of(row.run).explain(rows, int(result["label"]))[0].result


def classes_frame(
    class_names: Sequence[str], probabilities: Sequence[float], label: int, most: int
) -> pd.DataFrame:
    """Return the most probable classes, the explained one always among them, for `probabilities_chart`."""
    order = sorted(range(len(class_names)), key=lambda index: -probabilities[index])
    shown = order[:most] if label in order[:most] else [*order[: most - 1], label]
    return pd.DataFrame(
        {
            "order": range(len(shown)),
            "name": [class_names[index] for index in shown],
            "probability": [float(probabilities[index]) for index in shown],
            "role": [ROLES[0] if index == label else ROLES[1] for index in shown],
        }
    )
