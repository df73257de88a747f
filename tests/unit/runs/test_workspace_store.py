"""Workspaces on disk: kept for whose they are, found again, and gone after a time."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from sparklime_core.data.build_dataset import assemble, read_rows
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.table_source import ServerTable, TableSource, sample_csv
from sparklime_core.errors import RunError, SparkLimeError
from sparklime_core.models import model_files
from sparklime_core.models.train import train_forest
from sparklime_core.runs import kept_workspace
from sparklime_core.runs.access import ANYBODY, Person
from sparklime_core.runs.workspace import NewRows, Workspace
from sparklime_core.runs.workspace_store import DAYS, SIZE, WorkspaceStore
from tests.killing import killed_at_every_change

ME, OTHER = Person("me"), Person("another")


@pytest.fixture(scope="module")
def whole() -> Workspace:
    source = TableSource.of_upload("wine.csv", sample_csv("wine"))
    dataset = assemble(source.table, "cultivar", roles={"hue": "drop"})
    return Workspace(source, dataset, train_forest(dataset, n_estimators=3))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkspaceStore:
    monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))
    return WorkspaceStore(tmp_path / "workspaces")


@pytest.fixture
def after_restart(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forget what this process has, as a restarted server has."""

    def forget() -> None:
        monkeypatch.setattr(kept_workspace, "_alive", {})
        monkeypatch.setattr(model_files, "_known", set())

    return forget


def age(store: WorkspaceStore, key: str, days: float) -> None:
    then = time.time() - days * 86_400
    os.utime(store.root / key / "workspace.json", (then, then))


def test_all_of_it_is_found_again_after_a_restart(
    store: WorkspaceStore, whole: Workspace, after_restart: Callable[[], None]
) -> None:
    key = store.new_key()
    store.of(ME).save(key, whole)
    after_restart()

    found = store.of(ME).open(key)
    dataset, model = found.dataset(), found.model()

    assert dataset is not None
    assert model is not None
    assert found.source().table.names == whole.source.table.names
    assert found.source().content == whole.source.content
    assert dataset.encoding == whole.dataset.encoding
    assert dataset.report == whole.dataset.report
    np.testing.assert_array_equal(dataset.features, whole.dataset.features)
    np.testing.assert_array_equal(model.test_rows, whole.model.test_rows)
    np.testing.assert_array_equal(
        model.predict_fn(dataset.features), whole.model.predict_fn(whole.dataset.features)
    )
    assert (model.settings, model.metrics, model.notes) == (
        whole.model.settings,
        whole.model.metrics,
        whole.model.notes,
    )


def test_a_reload_shares_what_a_session_still_has(store: WorkspaceStore, whole: Workspace) -> None:
    key = store.new_key()
    store.of(ME).save(key, whole)
    with mock.patch.object(kept_workspace, "read_table", side_effect=AssertionError):
        found = store.of(ME).open(key)
        assert found.source() is whole.source
        assert found.dataset() is whole.dataset
        assert found.model() is whole.model


def test_a_key_opens_nothing_of_another_person(store: WorkspaceStore, whole: Workspace) -> None:
    key = store.new_key()
    store.of(ME).save(key, Workspace(whole.source))
    said = set()
    for wrong in (key, store.new_key(), "..", f"{key}/../{key}", "", "0" * 31):
        with pytest.raises(RunError) as error:
            store.of(OTHER).open(wrong)
        said.add(str(error.value))
    assert len(said) == 1
    with pytest.raises(RunError, match="another person's"):
        store.of(OTHER).save(key, whole)
    with pytest.raises(RunError, match="another person's"):
        store.open(key)
    assert store.of(OTHER).newest() is None
    assert store.of(ANYBODY).newest() is None
    assert store.of(ME).open(key).facts.chosen is None


def test_without_cookies_the_key_alone_opens_it(store: WorkspaceStore, whole: Workspace) -> None:
    key = store.new_key()
    store.save(key, Workspace(whole.source))
    assert store.of(OTHER).open(key).facts.table.rows == 178
    assert store.of(OTHER).newest() is None

    store.of(ME).save(key, whole)  # the browser has its cookie now
    assert store.of(ME).newest().key == key
    with pytest.raises(RunError, match="another person's"):
        store.of(OTHER).open(key)


def test_the_newest_is_the_one_that_was_used_last(store: WorkspaceStore, whole: Workspace) -> None:
    first, second = store.new_key(), store.new_key()
    for key in (first, second):
        store.of(ME).save(key, Workspace(whole.source))
    age(store, first, 2)
    age(store, second, 1)
    assert store.of(ME).newest().key == second
    store.of(ME).open(first)
    assert store.of(ME).newest().key == first


def test_only_the_last_model_and_choices_are_kept(store: WorkspaceStore, whole: Workspace) -> None:
    key = store.new_key()
    store.of(ME).save(key, whole)
    first = store.of(ME).open(key).facts.model
    store.of(ME).save(key, whole)
    assert store.of(ME).open(key).facts.model == first

    store.of(ME).save(key, Workspace(whole.source, whole.dataset, train_forest(whole.dataset, n_estimators=2)))

    facts = store.of(ME).open(key).facts
    assert facts.model.settings.n_estimators == 2
    assert sorted(path.name for path in (store.root / key).iterdir()) == sorted(
        [facts.model.folder, f"table-{facts.table.sha256}", "workspace.json"]
    )
    store.of(ME).save(key, Workspace(whole.source, whole.dataset))
    assert store.of(ME).open(key).model() is None


def test_what_is_old_or_too_much_goes(
    store: WorkspaceStore, whole: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, used, new = (store.new_key() for _ in range(3))
    for key, days in ((old, 8), (used, 6)):
        store.of(ME).save(key, Workspace(whole.source))
        age(store, key, days)
    monkeypatch.setenv(DAYS, "7")
    with pytest.raises(RunError, match="There is no such table here"):
        store.of(ME).open(old)
    store.of(ME).save(new, Workspace(whole.source))
    assert {folder.name for folder in store.root.iterdir()} == {used, new}

    monkeypatch.setenv(SIZE, str(1.5 * len(whole.source.content) / 2**30))
    store.tidy()
    assert {folder.name for folder in store.root.iterdir()} == {new}


def test_what_is_larger_than_all_that_is_kept_is_said(
    store: WorkspaceStore, whole: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = store.new_key()
    monkeypatch.setenv(SIZE, str(1.5 * len(whole.source.content) / 2**30))
    with pytest.raises(RunError, match=f"The model takes .*{SIZE}.*a reload of the page loses it"):
        store.of(ME).save(key, whole)
    assert store.of(ME).open(key).model() is None
    assert store.of(ME).open(key).dataset() is whole.dataset
    monkeypatch.setenv(SIZE, "0.000001")
    with pytest.raises(RunError, match="The table 'wine' takes"):
        store.of(ME).save(store.new_key(), whole)
    monkeypatch.setenv(SIZE, "much")
    with pytest.raises(SparkLimeError, match=f"{SIZE} must be a positive number"):
        store.of(ME).save(key, whole)


def test_a_file_of_the_server_is_read_there_again(
    store: WorkspaceStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after_restart: Callable[[], None]
) -> None:
    folder = tmp_path / "offered"
    folder.mkdir()
    (folder / "wine.csv").write_bytes(sample_csv("wine"))
    monkeypatch.setenv("SPARKLIME_DATA_FOLDERS", str(folder))
    key = store.new_key()
    store.of(ME).save(key, Workspace(TableSource.of_server_file(ServerTable(folder, "wine.csv"))))
    after_restart()
    assert store.of(ME).open(key).source().table.rows == 178

    (folder / "wine.csv").write_bytes(sample_csv("diabetes"))
    after_restart()
    with pytest.raises(RunError, match="has changed since it was read"):
        store.of(ME).open(key).source()
    monkeypatch.delenv("SPARKLIME_DATA_FOLDERS")
    with pytest.raises(SparkLimeError, match="not one of those"):
        store.of(ME).open(key).source()


@pytest.mark.parametrize("damage", ["cut", "gone", "no rows"])
def test_a_damaged_model_is_said_and_the_table_stays(
    store: WorkspaceStore, whole: Workspace, after_restart: Callable[[], None], damage: str
) -> None:
    key = store.new_key()
    store.of(ME).save(key, whole)
    found = store.of(ME).open(key)
    folder = store.root / key / found.facts.model.folder
    model, rows = folder / "model.skops", folder / "test_rows.npy"
    {
        "cut": lambda: model.write_bytes(model.read_bytes()[:-100]),
        "gone": model.unlink,
        "no rows": lambda: rows.write_bytes(b"\x80\x04"),
    }[damage]()
    after_restart()

    with pytest.raises(RunError, match="cannot be read; train it again"):
        found.model()
    assert found.dataset().rows == 178


def test_a_model_of_other_features_is_not_taken(
    store: WorkspaceStore, whole: Workspace, after_restart: Callable[[], None]
) -> None:
    key = store.new_key()
    store.of(ME).save(key, whole)
    facts = store.root / key / "workspace.json"
    facts.write_text(facts.read_text().replace('"hue": "drop"', '"ash": "drop"'))
    after_restart()
    with pytest.raises(RunError, match="train the model again"):
        store.of(ME).open(key).model()


def save_again(folder: Path, whole: Workspace) -> None:
    with mock.patch.dict("os.environ", SPARKLIME_HOME=str(folder)), mock.patch("os.fsync"):
        WorkspaceStore(folder, ME).save("0" * 32, whole)


def test_whenever_it_is_killed_the_old_or_the_new_is_whole(tmp_path: Path, whole: Workspace) -> None:
    """A process dies before its changes of the disk; what is found after it has a model that predicts."""
    before = Workspace(whole.source, whole.dataset, train_forest(whole.dataset, n_estimators=1))
    numbers = iter(range(1000))

    def fresh() -> Path:
        folder = tmp_path / str(next(numbers))
        save_again(folder, before)
        return folder

    for _, folder in killed_at_every_change(save_again, fresh, whole, step=2):
        with mock.patch.object(kept_workspace, "_alive", {}):
            model = WorkspaceStore(folder, ME).open("0" * 32).model()
        assert model.settings.n_estimators in (1, 3)
        assert len(model.predict_fn(whole.dataset.features[:2])) == 2


def test_the_rows_of_a_second_table_are_found_again_and_go_with_their_facts(
    store: WorkspaceStore, whole: Workspace, after_restart: Callable[[], None]
) -> None:
    key = store.new_key()
    content = b"\n".join(sample_csv("wine").splitlines()[:6])
    options = ReadOptions(delimiter=",")
    assert whole.dataset is not None
    rows = read_rows(content, whole.dataset.encoding, name="fresh", options=options)
    store.of(ME).save(key, replace(whole, new_rows=NewRows(content, options, rows)))
    after_restart()

    found = store.of(ME).open(key).new_rows()

    assert found is not None
    assert (found.dataset.name, found.dataset.report) == ("fresh", rows.report)
    np.testing.assert_array_equal(found.dataset.features, rows.features)
    with pytest.raises(RunError):
        store.of(OTHER).open(key)
    assert len(list((store.root / key).glob("table-*"))) == 2
    store.of(ME).save(key, whole)
    assert store.of(ME).open(key).new_rows() is None
    assert len(list((store.root / key).glob("table-*"))) == 1


def test_a_second_table_that_is_too_large_is_not_kept_and_the_rest_is(
    store: WorkspaceStore, whole: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, most = store.new_key(), 2 * 1024**2
    monkeypatch.setenv(SIZE, str(most / 1024**3))
    header, *lines = sample_csv("wine").splitlines()
    content = b"\n".join([header, *lines * (most // sum(map(len, lines)) + 1)])
    assert whole.dataset is not None
    rows = read_rows(content, whole.dataset.encoding, name="large")

    with pytest.raises(RunError, match="The table 'large' takes"):
        store.of(ME).save(key, replace(whole, new_rows=NewRows(content, ReadOptions(), rows)))

    found = store.of(ME).open(key)
    assert found.model() is not None
    assert found.new_rows() is None
