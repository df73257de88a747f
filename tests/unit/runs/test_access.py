"""Whose a run and a workspace is: each operation, for who made it, who may see it, a stranger and an operator."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sparklime_core.data.table_source import TableSource, sample_csv
from sparklime_core.errors import RunError, SettingsError
from sparklime_core.explain.schema import RESULT_SCHEMA, TASK_SCHEMA
from sparklime_core.runs.access import ACCESS_FILE, Access, Person, address, operators
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from sparklime_core.runs.workspace import Workspace
from sparklime_core.runs.workspace_store import WorkspaceStore


def somebody(name: str, *, email: str | None = None, is_operator: bool = False) -> Person:
    return Person(f"id of {name}", name, f"{name}@x.org" if email is None else email, True, is_operator)


ANN, BEN, CEM = somebody("ann"), somebody("ben"), somebody("cem")
NAMELESS = somebody("nameless", email="")
OPERATOR = somebody("olga", is_operator=True)

READ: dict[str, Callable[[Run], object]] = {
    "manifest": lambda run: run.manifest(),
    "access": lambda run: run.guard.access(),
    "version": lambda run: run.version(),
    "facts": lambda run: run.facts,
    "inputs": lambda run: run.inputs(),
    "encoding": lambda run: run.encoding(),
    "explanations": lambda run: run.explanation_files(),
    "tasks": lambda run: run.task_files(),
    "blocks": lambda run: run.block_files(),
    "stability": lambda run: run.stability_files(),
    "finished blocks": lambda run: run.finished_blocks(),
    "a question": lambda run: explanations_of(run, 0),
}
WRITE: dict[str, Callable[[Run], object]] = {
    "update": lambda run: run.update(title="mine"),
    "take over": lambda run: run.take_over(),
    "append": lambda run: run.append(0, [], RESULT_SCHEMA.empty_table(), TASK_SCHEMA.empty_table()),
    "finish": lambda run: run.finish(RunState.CANCELLED),
    "tidy": lambda run: run.tidy(),
    "discard": lambda run: run.discard(),
}
CHANGE: dict[str, Callable[[RunStore, str], object]] = {
    "rename": lambda store, run_id: store.rename(run_id, "mine"),
    "delete": lambda store, run_id: store.delete(run_id),
    "share": lambda store, run_id: store.share(run_id, "cem@x.org", with_all=True),
    "give": lambda store, run_id: store.give(run_id, "ben@x.org"),
    "open to change": lambda store, run_id: store.open_own(run_id),
}


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs")


@pytest.fixture
def anns(store, plan) -> Run:
    """Return a run of Ann's that has ended."""
    run = store.of(ANN).create(plan.manifest("local[2]"), plan.inputs())
    run.finish(RunState.CANCELLED)
    return run


def files_of(run: Run) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", CHANGE)
def test_a_stranger_gets_one_sentence_whether_the_run_exists_or_not(store, anns, name):
    before, there_is_none = files_of(anns), "20240102-030405-nothing-00000000"
    for person in (BEN, NAMELESS, somebody("no", email="ann@y.org")):
        with pytest.raises(RunError) as refused:
            CHANGE[name](store.of(person), anns.id)
        with pytest.raises(RunError) as missing:
            CHANGE[name](store.of(person), there_is_none)
        assert str(refused.value) == f"There is no run {anns.id!r} in the store, or it is another person's."
        assert str(missing.value) == str(refused.value).replace(anns.id, there_is_none)
    assert files_of(anns) == before


def test_a_stranger_neither_lists_nor_opens_it_and_an_operator_does(store, anns):
    for person, sees in ((ANN, True), (OPERATOR, True), (BEN, False), (NAMELESS, False)):
        view = store.of(person)
        assert [run.id for run in view.runs()] == [anns.id] * sees
        assert view.sees(anns.id) is sees
    with pytest.raises(RunError, match="another person's"):
        store.of(BEN).open(anns.id)
    store.of(OPERATOR).rename(anns.id, "seen to")
    store.of(OPERATOR).delete(anns.id)
    assert store.runs() == []


@pytest.mark.parametrize("name", READ)
def test_who_may_see_it_no_longer_reads_nothing_more_of_an_open_run(store, anns, name):
    store.of(ANN).share(anns.id, "ben@x.org", with_all=False)
    run = store.of(BEN).open(anns.id)
    if name != "a question":  # nothing is explained yet
        READ[name](run)
        run = store.of(BEN).open(anns.id)
    store.of(ANN).share(anns.id, "", with_all=False)
    with pytest.raises(RunError, match="another person's"):
        READ[name](run)


@pytest.mark.parametrize("name", WRITE)
def test_who_may_see_it_may_not_write(store, anns, name):
    store.of(ANN).share(anns.id, "ben@x.org", with_all=False)
    before = files_of(anns)
    with pytest.raises(RunError, match="you can read it, but not change it"):
        WRITE[name](store.of(BEN).open(anns.id))
    assert files_of(anns) == before


@pytest.mark.parametrize("name", CHANGE)
def test_who_may_see_it_may_not_change_it(store, anns, name):
    store.of(ANN).share(anns.id, "", with_all=True)
    before = files_of(anns)
    with pytest.raises(RunError, match="you can read it, but not change it"):
        CHANGE[name](store.of(BEN), anns.id)
    assert files_of(anns) == before


def test_it_is_shared_with_these_people_or_with_everybody_who_is_signed_in(store, anns):
    own = store.of(ANN)
    own.share(anns.id, " BEN@x.org,\ncem@x.org; ben@X.org ", with_all=False)
    assert own.open(anns.id).guard.access().shared_with == ("ben@x.org", "cem@x.org")
    assert [store.of(person).sees(anns.id) for person in (BEN, CEM, NAMELESS)] == [True, True, False]
    own.share(anns.id, "", with_all=True)
    assert [store.of(person).sees(anns.id) for person in (BEN, CEM, NAMELESS)] == [True, True, True]
    own.share(anns.id, "", with_all=False)
    assert [store.of(person).sees(anns.id) for person in (ANN, BEN)] == [True, False]


@pytest.mark.parametrize("text", ["ben", "ben@", "@x.org", "a@b@c", "<b>@x.org", "ben@x.org cem"])
def test_what_is_no_address_is_named(store, anns, text):
    with pytest.raises(RunError, match=r"is no e-mail address, like ann@example\.org"):
        store.of(ANN).share(anns.id, text, with_all=False)
    assert store.of(ANN).open(anns.id).guard.access() == Access.of(ANN)


def test_too_many_addresses_are_refused(store, anns):
    with pytest.raises(RunError, match="at most 100 people by address, not with 101"):
        store.of(ANN).share(anns.id, " ".join(f"p{at}@x.org" for at in range(101)), with_all=False)


@pytest.mark.parametrize("damage", [None, b"", b"[]", b'{"shared_with_all": 1}', b'{"person": null}', b"\xff"])
def test_a_run_of_nobody_is_the_operators_until_it_is_given_away(store, plan, damage):
    run = store.create(plan.manifest("local[2]"), plan.inputs())
    run.finish(RunState.CANCELLED)
    if damage is not None:
        (run.folder / ACCESS_FILE).write_bytes(damage)
    for person in (ANN, BEN, NAMELESS, Person("", is_signed_in=True)):
        assert store.of(person).runs() == []
    store.of(OPERATOR).give(run.id, "Ben@x.org")
    assert [store.of(person).sees(run.id) for person in (ANN, BEN, NAMELESS)] == [False, True, False]
    store.of(BEN).rename(run.id, "mine now")
    with pytest.raises(RunError, match="Only an operator"):
        store.of(BEN).give(run.id, "ann@x.org")
    assert run.manifest().title == "mine now"


def test_where_nobody_signs_in_everybody_sees_and_changes_everything(store, anns, plan):
    run = store.of(Person("a browser")).create(plan.manifest("local[2]"), plan.inputs())
    assert not (run.folder / ACCESS_FILE).exists()
    run.finish(RunState.CANCELLED)
    other = store.of(Person("another browser"))
    assert {found.id for found in other.runs()} == {run.id, anns.id}
    for run_id in (run.id, anns.id):
        other.rename(run_id, "everybody's")
        other.delete(run_id)
    with pytest.raises(RunError, match=r"There is no run 'nothing' in the store\.$"):
        other.open("nothing")


def test_whose_a_run_is_changes_nothing_of_it(store, anns, plan):
    nobodys = store.create(plan.manifest("local[2]"), plan.inputs())
    nobodys.finish(RunState.CANCELLED)
    mine, theirs = files_of(anns), files_of(nobodys)
    assert {Path(name).name for name in mine} - {Path(name).name for name in theirs} == {ACCESS_FILE}
    for name in ("data.parquet",):
        assert (anns.folder / name).read_bytes() == (nobodys.folder / name).read_bytes()


def test_a_run_that_is_cut_off_while_it_is_made_is_its_makers(store, plan, monkeypatch):
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sparklime_core.runs.run.write_inputs", cut_off)
    monkeypatch.setattr(Run, "discard", cut_off)
    with pytest.raises(KeyboardInterrupt):
        store.of(ANN).create(plan.manifest("local[2]"), plan.inputs())
    assert (len(store.of(ANN).runs()), store.of(BEN).runs()) == (1, [])


def test_a_run_that_was_discarded_leaves_nothing(store, plan):
    run = store.of(ANN).create(plan.manifest("local[2]"), plan.inputs())
    run.discard()
    assert not run.folder.exists()


def test_an_address_keeps_what_is_not_ascii():
    assert address(" Ann@X.ORG ") == "ann@x.org"
    assert address("\u212aen@x.org") != address("ken@x.org")  # the sign of kelvin, whose small letter is k


def test_operators_are_addresses():
    assert operators(" A@b.org, c@d.org,") == {"a@b.org", "c@d.org"}
    with pytest.raises(SettingsError, match="SPARKLIME_OPERATORS: 'everybody' is no e-mail address"):
        operators("a@b.org, everybody")


class TestWorkspaces:
    @pytest.fixture
    def kept(self, tmp_path: Path) -> WorkspaceStore:
        return WorkspaceStore(tmp_path / "workspaces")

    @pytest.fixture
    def table(self) -> Workspace:
        return Workspace(TableSource.of_upload("wine.csv", sample_csv("wine")))

    def test_a_key_opens_nothing_of_another_account(self, kept, table):
        key = kept.new_key()
        kept.of(ANN).save(key, table)
        for operation in (
            lambda view: view.open(key),
            lambda view: view.save(key, table),
            lambda view: view.share(key, "ben@x.org", with_all=True),
            lambda view: view.open(kept.new_key()),
        ):
            with pytest.raises(RunError, match="no such table here: it was deleted, or it is another person's"):
                operation(kept.of(BEN))
        assert kept.of(BEN).newest() is None
        assert kept.of(OPERATOR).open(key).facts.access == Access.of(ANN)

    def test_it_is_shared_to_look_at(self, kept, table):
        key = kept.new_key()
        kept.of(ANN).save(key, table)
        kept.of(ANN).share(key, "ben@x.org", with_all=False)
        assert kept.of(BEN).open(key).facts.table.rows == 178
        assert kept.of(BEN).newest() is None
        for changed in (
            lambda: kept.of(BEN).save(key, table),
            lambda: kept.of(BEN).share(key, "", with_all=True),
        ):
            with pytest.raises(RunError, match="another person's"):
                changed()
        kept.of(ANN).save(key, table)  # which keeps it shared
        assert kept.of(BEN).open(key).facts.access.shared_with == ("ben@x.org",)
        kept.of(ANN).share(key, "", with_all=False)
        with pytest.raises(RunError, match="another person's"):
            kept.of(BEN).open(key)

    def test_one_of_before_people_signed_in_is_the_operators(self, kept, table):
        browser, key, nobodys = Person("a browser"), kept.new_key(), kept.new_key()
        kept.of(browser).save(key, table)
        kept.save(nobodys, table)
        for one in (key, nobodys):
            with pytest.raises(RunError, match="another person's"):
                kept.of(ANN).open(one)
            kept.of(OPERATOR).open(one)

    def test_one_of_an_earlier_version_is_its_browsers(self, kept, table):
        browser, key = Person("a browser"), kept.new_key()
        kept.of(browser).save(key, table)
        facts = kept.root / key / "workspace.json"
        before = facts.read_text()
        older = before.replace('"access": {', '"person": "a browser",\n  "more": {')
        assert older != before
        facts.write_text(older)
        assert kept.of(browser).open(key).facts.access == Access("a browser")
        with pytest.raises(RunError, match="another person's"):
            kept.of(Person("another")).open(key)
