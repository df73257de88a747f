"""The overview of a run: its filter and its class, and one panel at a time."""

from collections.abc import Callable

import streamlit as st

from sparklime_core.dashboard.overview.difference_panel import difference_panel
from sparklime_core.dashboard.overview.features_panel import features_panel
from sparklime_core.dashboard.overview.groups_panel import groups_panel
from sparklime_core.dashboard.overview.panel_parts import RunTotals, labels_explained
from sparklime_core.dashboard.overview.profiles_panel import profiles_panel
from sparklime_core.dashboard.overview.shap_panel import shap_panel
from sparklime_core.dashboard.overview.values_panel import values_panel
from sparklime_core.dashboard.shared import session_state
from sparklime_core.dashboard.shared.filter_form import filter_form
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.navigation import ROWS
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.query.weights import WeightLabel, can_mirror
from sparklime_core.runs.run import Run
from sparklime_core.wording import count

PANELS: dict[str, tuple[str, Callable[[RunTotals], None]]] = {
    "Features": (":material/bar_chart:", features_panel),
    "Values": (":material/scatter_plot:", values_panel),
    "Profiles": (":material/stacked_bar_chart:", profiles_panel),
    "SHAP": (":material/balance:", shap_panel),
    "Groups": (":material/workspaces:", groups_panel),
    "Differences": (":material/compare_arrows:", difference_panel),
}
OWN = "each row's predicted class"

CLASS_HELP = (
    "A weight speaks for or against one class. Weights of different classes are never added here, "
    "unless you choose each row's predicted class. Then lengths can be compared, but the direction "
    "belongs to another class in every row."
)


@st.fragment
@shown_errors()
def overview(run: Run, manifest: Manifest) -> None:
    """Draw the overview, a fragment: a click redraws it alone."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        explained = _explained(run, manifest)
        wanted = filter_form(run, manifest, ordered=False)
    scope = RunTotals.of(run, manifest, wanted, explained)
    rows = scope.totals().rows
    st.caption(_summary(scope, rows))
    if not rows:
        _show_empty(scope)
        return
    tabs = st.tabs(list(PANELS), key="overview", bind="query-params")
    for tab, (_, panel) in zip(tabs, PANELS.values(), strict=True):
        if tab.open:
            with tab:
                panel(scope)


def _explained(run: Run, manifest: Manifest) -> WeightLabel:
    """Draw the choice of the class that the weights are about."""
    classes = manifest.data.class_names
    if classes is None:
        return WeightLabel(0)
    mirrored = can_mirror(manifest)
    found = labels_explained(run)
    rows = {int(label): int(number) for label, number in zip(found["label"], found["rows"], strict=True)}
    options: list[int | None] = [*(range(len(classes)) if mirrored else rows), None]
    chosen = session_state.label()
    label = st.selectbox(
        "Explained class",
        options,
        index=options.index(chosen) if chosen in options[:-1] else _most_explained(options, rows),
        format_func=lambda label: OWN if label is None else classes[label],
        key=f"overview-class-{run.id}",
        help=CLASS_HELP,
        width=260,
    )
    if label is not None and label != chosen:
        session_state.choose_label(label)
    return WeightLabel(label, mirrored and label is not None)


def _most_explained(options: list[int | None], rows: dict[int, int]) -> int:
    return max(range(len(options)), key=lambda place: (rows.get(options[place] or 0, 0), -place))


def _summary(scope: RunTotals, rows: int) -> str:
    """Return which rows are summed up, and for which class, in words."""
    classes, label = scope.manifest.data.class_names, scope.explained.label
    about = f"{count(rows, 'explained row')}"
    if classes is None:
        return f"{about}: the features that raise and lower {plain(scope.manifest.data.target)}."
    if label is None:
        return f"{about}, each explained for its predicted class."
    name = f"**{plain(classes[label])}**"
    if scope.explained.mirrored:
        return f"{about}: the features that speak for {name}; those for the other class count against it."
    if scope.manifest.explain.labels == "predicted":
        return f"{about}: those predicted as {name}. Other rows are explained for another class."
    return f"{about}: the features that speak for and against {name}, for any predicted class."


def _show_empty(scope: RunTotals) -> None:
    """Show why there is nothing to sum up, and a link to the rows."""
    st.info(
        "No explained row of this class passes the filter. Rows with an error have no weights.",
        icon=":material/filter_alt_off:",
    )
    st.page_link(ROWS, label="Show the rows", icon=":material/troubleshoot:", query_params={"run": scope.run.id})
