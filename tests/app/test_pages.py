"""Every page: fresh, and with names that are no Markdown."""

import pytest

from sparklime_core.runs.store import RunStore
from tests.app.conftest import OpenPage, Runs, services_store, sound, words

PAGES = {
    "start": "SparkLIME",
    "data": "Data",
    "model": "Model",
    "spark": "Spark",
    "explain": "Explain",
    "rows": "Rows",
    "compare_rows": "Compare rows",
    "overview": "Overview",
    "workers": "Workers",
    "runs": "Runs",
    "compare_runs": "Compare runs",
    "help": "Help",
    "race": "Race",
    "tuning": "Tuning",
}
MARKDOWN = {
    "markdown",
    "caption",
    "title",
    "header",
    "subheader",
    "error",
    "info",
    "success",
    "warning",
    "page_link",
}
NEXT = {
    "model": "Choose a table",
    "explain": "Choose a table",
    "rows": "Start",
    "compare_rows": "Start",
    "overview": "Start",
    "workers": "Start",
    "runs": "Start",
    "compare_runs": "Start",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_fresh_page_shows_no_error_and_names_the_next_action(
    no_runs: RunStore, open_page: OpenPage, name: str
) -> None:
    app = open_page(name)

    assert app.title[0].value == PAGES[name]
    assert not app.error
    assert NEXT.get(name) in [None, *(link.value for link in app.main.page_link)]


@pytest.mark.parametrize("name", PAGES)
def test_names_from_data_are_never_markdown(runs: Runs, open_page: OpenPage, name: str) -> None:
    app = open_page(name, run=runs.nasty.id, compare="0-1", **{"with": runs.nasty.id})
    for element in (*app.main, *app.sidebar):
        shown = [getattr(element, "label", None), getattr(element, "help", None)]
        if element.type in MARKDOWN:
            shown.append(element.value)
        for text in filter(None, shown):
            for piece in ("<img", "**bold**", "$x$", ":red[x]", "<b>table</b>", "# <b>", "**target**"):
                assert piece not in text, (element.type, text)


@pytest.mark.parametrize("page", ["rows", "overview", "workers"])
def test_a_page_without_a_run_opens_the_newest_with_one_click(runs: Runs, open_page: OpenPage, page: str) -> None:
    newest = services_store(runs).runs()[0]
    app = open_page(page)
    assert "No run is open. The newest is of" in words(app)

    sound(app.button(key="newest-run").click().run())

    assert app.query_params["run"] in (newest.id, [newest.id])
    assert app.title[0].value == page.capitalize()
    assert "newest-run" not in [button.key for button in app.button]
