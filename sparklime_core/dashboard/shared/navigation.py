"""The pages, and how one leads to the next."""

from typing import Any

import streamlit as st

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


QUESTIONS = {
    "Data": "Which table does the model learn from, and what does it predict?",
    "Model": "How good is the model?",
    "Spark": "Where are the rows explained?",
    "Explain": "Which rows are explained, with which settings, and how far has the run come?",
    "Rows": "Why did the model say that, row by row, and how far can you trust the explanation?",
    "Overview": "Which features does the model use over all rows, and where do they differ?",
    "Runs": "Earlier runs. They stay on this machine's disk until someone deletes them.",
    "Workers": "Which executor explained which rows? Every figure was measured in the tasks.",
    "Tuning": "Which kernel width and how many samples suit these rows?",
    "Race": "How much faster are the engines on your rows, and do they agree with lime?",
    "Help": "What does an explanation say, and what not?",
    "Compare rows": "Why does the model treat these rows differently? Explained for one class, on one scale.",
    "Compare runs": "Which rows does the second run explain differently, and by how much?",
}
"""What each page answers, under its title; the start page has a heading of its own."""


OLD_ADDRESSES = {"whole": OVERVIEW, "comparerows": COMPARE_ROWS, "compare": COMPARE_RUNS}
"""Addresses that pages had before, which links may still hold."""


def pages() -> dict[str, list[Any]]:
    """Return the pages by section, for ``st.navigation``."""
    return {
        "": [
            st.Page(
                HOME,
                title="Start",
                icon=":material/play_circle:",
                default=True,
                help="Try it with one click, or go to the next step.",
            )
        ],
        "Prepare": [
            st.Page(DATA, title="Data", icon=":material/table:", help="Upload a table or choose a sample."),
            st.Page(MODEL, title="Model", icon=":material/forest:", help="Train a model and measure it."),
            st.Page(
                SPARK, title="Spark", icon=":material/hub:", help="Choose where to explain: here, or on a cluster."
            ),
        ],
        "Explain": [
            st.Page(
                EXPLAIN, title="Explain", icon=":material/bolt:", help="Settings, start, live progress, cancel."
            ),
            st.Page(ROWS, title="Rows", icon=":material/troubleshoot:", help="Every row's explanation."),
            st.Page(
                OVERVIEW,
                title="Overview",
                icon=":material/insights:",
                help="The model's reasons over all rows.",
            ),
            st.Page(
                RUNS, title="Runs", icon=":material/history:", help="Open, compare, repeat or delete earlier runs."
            ),
        ],
        "Measure": [
            st.Page(
                WORKERS,
                title="Workers",
                icon=":material/lan:",
                help="Which worker explained which rows, and when.",
            ),
            st.Page(
                TUNING,
                title="Tuning",
                icon=":material/tune:",
                help="Kernel width against samples: fit against stability.",
            ),
            st.Page(
                RACE,
                title="Race",
                icon=":material/sports_score:",
                help="lime, the recipe and the fast engines on the same rows.",
            ),
        ],
        "Learn": [
            st.Page(HELP, title="Help", icon=":material/help:", help="LIME, its limits, and the terms used here."),
            # Reached from the rows and the runs that they compare: the menu leaves room for Spark's state below.
            st.Page(COMPARE_ROWS, title="Compare rows", icon=":material/stacked_bar_chart:", visibility="hidden"),
            st.Page(COMPARE_RUNS, title="Compare runs", icon=":material/compare_arrows:", visibility="hidden"),
            *(_moved(old, page) for old, page in OLD_ADDRESSES.items()),
        ],
    }


def _moved(old: str, page: str) -> Any:
    """Return a hidden page that leads a link to an old address on, with all that the link says."""

    def lead_on() -> None:
        st.switch_page(page, query_params=st.query_params.to_dict())

    return st.Page(lead_on, title="Moved", url_path=old, visibility="hidden")


def page_heading(title: str) -> None:
    """Draw a page's title and question, before the page imports what it needs for the rest."""
    if title in QUESTIONS:
        st.title(title, anchor=False)
        st.caption(QUESTIONS[title])


def next_step(text: str, page: str, label: str, icon: str) -> None:
    """Show an empty state: what is missing, and the page where to get it."""
    with st.container(border=True):
        st.markdown(text)
        st.page_link(page, label=label, icon=icon)
