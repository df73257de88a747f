"""The pages, their menu, and the sidebar below it: Spark's state, and what the session works with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from sparklime_core.dashboard.shared import workspace
from sparklime_core.dashboard.shared.messages import plain, shown_errors
from sparklime_core.dashboard.shared.people import account_panel
from sparklime_core.dashboard.shared.services import services
from sparklime_core.wording import count

if TYPE_CHECKING:
    from sparklime_core.jobs.spark_connection import SparkStatus

HOME = "pages/views/start.py"
DATA = "pages/views/data.py"
MODEL = "pages/views/model.py"
SPARK = "pages/views/spark.py"
EXPLAIN = "pages/views/explain.py"
ROWS = "pages/views/rows.py"
OVERVIEW = "pages/views/overview.py"
WORKERS = "pages/views/workers.py"
RUNS = "pages/views/runs.py"
COMPARE_RUNS = "pages/views/compare_runs.py"
COMPARE_ROWS = "pages/views/compare_rows.py"
HELP = "pages/views/help.py"
RACE = "pages/views/race.py"
TUNING = "pages/views/tuning.py"
SIDEBAR_SECONDS = 3.0
STATUS_SECONDS = 1.0


@dataclass(frozen=True)
class PageEntry:
    """A page: its place in the menu, and its heading.

    Attributes
    ----------
    script
        Its file, relative to ``app.py``; the file's name is also the page's address.
    title, icon, help
        Its entry in the menu.
    question
        The question that it answers, under its title; empty: the page draws its own heading.
    in_menu
        Whether the menu shows it. The others are reached by links.
    """

    script: str
    title: str
    icon: str
    help: str
    question: str
    in_menu: bool = True


MENU = {
    "": (
        PageEntry(HOME, "Start", ":material/play_circle:", "Try it with one click, or go to the next step.", ""),
    ),
    "Prepare": (
        PageEntry(
            DATA,
            "Data",
            ":material/table:",
            "Upload a table or choose a sample.",
            "Which table does the model learn from, and what does it predict?",
        ),
        PageEntry(MODEL, "Model", ":material/forest:", "Train a model and measure it.", "How good is the model?"),
        PageEntry(
            SPARK,
            "Spark",
            ":material/hub:",
            "Choose where to explain: here, or on a cluster.",
            "Where are the rows explained?",
        ),
    ),
    "Explain": (
        PageEntry(
            EXPLAIN,
            "Explain",
            ":material/bolt:",
            "Settings, start, live progress, cancel.",
            "Which rows are explained, with which settings, and how far has the run come?",
        ),
        PageEntry(
            ROWS,
            "Rows",
            ":material/troubleshoot:",
            "Every row's explanation.",
            "Why did the model say that, row by row, and how far can you trust the explanation?",
        ),
        PageEntry(
            OVERVIEW,
            "Overview",
            ":material/insights:",
            "The model's reasons over all rows.",
            "Which features does the model use over all rows, and where do they differ?",
        ),
        PageEntry(
            RUNS,
            "Runs",
            ":material/history:",
            "Open, compare, repeat or delete earlier runs.",
            "Earlier runs. They stay on this machine's disk until someone deletes them.",
        ),
    ),
    "Measure": (
        PageEntry(
            WORKERS,
            "Workers",
            ":material/lan:",
            "Which worker explained which rows, and when.",
            "Which executor explained which rows? Every figure was measured in the tasks.",
        ),
        PageEntry(
            TUNING,
            "Tuning",
            ":material/tune:",
            "Kernel width against samples: fit against stability.",
            "Which kernel width and how many samples suit these rows?",
        ),
        PageEntry(
            RACE,
            "Race",
            ":material/sports_score:",
            "lime, the recipe and the fast engines on the same rows.",
            "How much faster are the engines on your rows, and do they agree with lime?",
        ),
    ),
    "Learn": (
        PageEntry(
            HELP,
            "Help",
            ":material/help:",
            "LIME, its limits, and the terms used here.",
            "What does an explanation say, and what not?",
        ),
        # Reached from the rows and the runs that they compare: the menu leaves room for Spark's state below.
        PageEntry(
            COMPARE_ROWS,
            "Compare rows",
            ":material/stacked_bar_chart:",
            "Several rows on one scale.",
            "Why does the model treat these rows differently? Explained for one class, on one scale.",
            in_menu=False,
        ),
        PageEntry(
            COMPARE_RUNS,
            "Compare runs",
            ":material/compare_arrows:",
            "Two runs over one table.",
            "Which rows does the second run explain differently, and by how much?",
            in_menu=False,
        ),
    ),
}
"""The pages by section of the menu. A new page is its script and an entry here."""

OLD_ADDRESSES = {"whole": OVERVIEW, "comparerows": COMPARE_ROWS, "compare": COMPARE_RUNS}
"""Addresses that pages had before, which links may still hold."""


def pages() -> dict[str, list[Any]]:
    """Return the pages by section, for ``st.navigation``."""
    sections = {section: [_page(entry) for entry in entries] for section, entries in MENU.items()}
    sections["Learn"].extend(_moved(old, page) for old, page in OLD_ADDRESSES.items())
    return sections


def _page(entry: PageEntry) -> Any:
    return st.Page(
        entry.script,
        title=entry.title,
        icon=entry.icon,
        help=entry.help,
        default=entry.script == HOME,
        visibility="visible" if entry.in_menu else "hidden",
    )


def _moved(old: str, page: str) -> Any:
    """Return a hidden page that redirects an old address, with the link's query."""

    def lead_on() -> None:
        st.switch_page(page, query_params=st.query_params.to_dict())

    return st.Page(lead_on, title="Moved", url_path=old, visibility="hidden")


def page_heading(title: str) -> None:
    """Draw a page's title and question, before the page imports what it needs for the rest."""
    question = next((page.question for pages in MENU.values() for page in pages if page.title == title), "")
    if question:
        st.title(title, anchor=False)
        st.caption(question)


def sidebar() -> None:
    """Draw the sidebar; it follows the work while a run is active."""
    with st.sidebar:
        works = services().active() or services().race_runs()
        st.fragment(_status, run_every=SIDEBAR_SECONDS * services().poll_factor() if works else None)()
        account_panel()


@shown_errors()
def _status() -> None:
    with st.container(gap="xsmall"):
        _spark()
        _work()


def _spark() -> None:
    if not services().started:
        st.page_link(
            SPARK, label="Spark: not connected", icon=":material/hub:", help="It starts with the first run."
        )
        st.caption("Embedded, on this machine")
        return
    status = _status_lately() if services().active() else services().spark.status()
    state = "busy" if status.busy else "connected" if status.connected else "not connected"
    st.page_link(SPARK, label=f"Spark: {state}", icon=":material/hub:")
    executors = f" · {count(len(status.executors), 'executor')}" if status.executors else ""
    st.caption(plain(status.master) + executors)


@st.cache_resource(ttl=STATUS_SECONDS, show_spinner=False)
def _status_lately() -> "SparkStatus":
    """Return the connection's last status: every session's sidebar asks, and Spark answers slowly."""
    return services().spark.status()


def _work() -> None:
    kept = workspace.facts()
    if kept is not None:
        st.page_link(DATA, label="Data", icon=":material/table:")
        trained = " · model trained" if kept.model else ""
        st.caption(f"{plain(kept.table.name)} · {count(kept.table.rows, 'row')}{trained}")
    reason = workspace.not_kept()
    if reason is not None:
        st.caption(f":material/warning: A reload loses some of it: {plain(reason)}")
    if services().race_runs():
        st.page_link(RACE, label="A race is running", icon=":material/sports_score:")
    queue = services().queue()
    if queue:
        st.page_link(EXPLAIN, label=f"{count(len(queue), 'run')} active", icon=":material/progress_activity:")
        mine = [entry.position for entry in queue if entry.person == services().person.queue_name]
        if mine:
            st.caption("Yours: " + (f"number {min(mine)} in line" if min(mine) else "on Spark now"))
