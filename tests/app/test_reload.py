"""What a person had is there again after a reload, in a new tab and after a restart, for that person alone."""

from collections.abc import Callable
from unittest import mock

import pytest
from streamlit.testing.v1 import AppTest

from sparklime_core.data.table_source import sample_csv
from sparklime_core.runs import kept_workspace
from sparklime_core.runs.store import RunStore
from sparklime_core.runs.workspace_store import SIZE
from tests.app.conftest import APP, SECONDS, OpenPage, send, sound, words

Become = Callable[[str], None]


def another_tab(page: str, **query: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=SECONDS)
    app.switch_page(f"pages/views/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    return sound(app.run())


def trained(open_page: OpenPage) -> str:
    """Upload a table, leave a column out, train a model; return the key in the address."""
    app = open_page("data")
    app.file_uploader[0].upload("my wine.csv", sample_csv("wine"))
    sound(app.run())
    key = app.query_params["workspace"]
    app.session_state["roles-of-my wine-cultivar-[]"] = {"edited_rows": {0: {"role": "drop"}}}
    sound(send(app, "Use this table"))
    app = open_page("model")
    app.number_input(key="trees").set_value(5)
    sound(send(app, "Train"))
    assert app.query_params["workspace"] == key
    return key if isinstance(key, str) else key[0]


def test_a_link_to_model_opens_the_model_after_a_restart(
    no_runs: RunStore, open_page: OpenPage, become: Become, monkeypatch: pytest.MonkeyPatch
) -> None:
    become("me")
    key = trained(open_page)
    monkeypatch.setattr(kept_workspace, "_alive", {})

    tab = another_tab("model", workspace=key)

    assert "Accuracy" in {metric.label for metric in tab.metric}
    assert tab.session_state["model"].settings.n_estimators == 5
    assert tab.number_input(key="trees").value == 5
    assert "alcohol" not in tab.session_state["dataset"].feature_names
    assert "my wine · 178 rows · model trained" in words(tab).replace("  ", " ") + str(
        [caption.value for caption in tab.sidebar.caption]
    )

    tab = another_tab("data", workspace=key)
    roles = next(frame.value for frame in tab.dataframe if "column" in frame.value)
    assert roles.set_index("column")["role"]["alcohol"] == "drop"


def test_every_page_keeps_it_in_the_address_and_none_reads_it_in_vain(
    no_runs: RunStore, open_page: OpenPage, become: Become
) -> None:
    become("me")
    key = trained(open_page)
    with mock.patch.object(kept_workspace, "_alive", {}):
        for page in ("start", "spark", "runs", "help"):
            tab = another_tab(page, workspace=key)
            assert tab.query_params["workspace"] in (key, [key])
            assert not [part for part in ("source", "dataset", "model") if part in tab.session_state]


def test_a_new_tab_without_the_address_offers_to_go_on(
    no_runs: RunStore, open_page: OpenPage, become: Become
) -> None:
    become("me")
    key = trained(open_page)

    tab = another_tab("explain")
    assert "my wine (178 rows) and its model are still here." in words(tab).replace("**", "")
    sound(tab.button(key="earlier-work").click().run())

    assert tab.query_params["workspace"] in (key, [key])
    assert "Explains the predictions of the model trained on my wine" in words(tab).replace("**", "")


@pytest.mark.parametrize("page", ["model", "explain"])
def test_a_table_without_a_target_leads_to_the_choice_of_one(
    no_runs: RunStore, open_page: OpenPage, become: Become, page: str
) -> None:
    become("me")
    app = open_page("data")
    app.file_uploader[0].upload("my wine.csv", sample_csv("wine"))
    sound(app.run())
    key = app.query_params["workspace"]
    assert isinstance(key, str)

    tab = another_tab(page, workspace=key)
    assert "The table my wine has no target yet." in words(tab).replace("**", "")
    assert "earlier-work" not in {button.key for button in tab.button}

    tab = another_tab(page)
    sound(tab.button(key="earlier-work").click().run())
    assert "## my wine" in words(tab)


@pytest.mark.parametrize("person", ["another", ""])
def test_nobody_else_opens_it_by_its_key(
    no_runs: RunStore, open_page: OpenPage, become: Become, person: str
) -> None:
    become("me")
    key = trained(open_page)
    become(person)

    tab = another_tab("model", workspace=key)

    assert "belongs to another person" in words(tab)
    assert "wine" not in words(tab)
    assert not tab.metric
    assert "workspace" not in tab.query_params


def test_what_cannot_be_kept_is_said_and_the_work_goes_on(
    no_runs: RunStore, open_page: OpenPage, become: Become, monkeypatch: pytest.MonkeyPatch
) -> None:
    become("me")
    monkeypatch.setenv(SIZE, "0.000001")
    app = open_page("data")
    sound(app.button(key="sample-wine").click().run())
    assert "wine: 178 rows" in words(app)
    assert SIZE in app.toast[0].value.replace("\\", "")

    app = open_page("model")
    assert any("A reload loses some of it" in caption.value for caption in app.sidebar.caption)
    sound(send(app, "Train"))
    assert "Accuracy" in {metric.label for metric in app.metric}


def test_rows_of_a_second_table_are_still_there_after_a_restart_until_they_are_taken_away(
    no_runs: RunStore, open_page: OpenPage, become: Become, monkeypatch: pytest.MonkeyPatch
) -> None:
    become("me")
    key = trained(open_page)
    app = open_page("explain")
    app.file_uploader(key="new-rows-file").upload("fresh.csv", b"\n".join(sample_csv("wine").splitlines()[:6]))
    sound(app.run())
    monkeypatch.setattr(kept_workspace, "_alive", {})

    tab = another_tab("explain", workspace=key)
    assert "fresh (5 rows, 12 features)" in words(tab).replace("**", "")
    button = next(button for button in tab.button if button.label == "Explain the model's table instead")
    sound(button.click().run())
    assert "my wine (178 rows, 12 features)" in words(tab).replace("**", "")
    assert "fresh" not in words(another_tab("explain", workspace=key))
    become("another")
    assert "my wine" not in words(another_tab("explain", workspace=key))
