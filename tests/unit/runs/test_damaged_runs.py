"""A run that is damaged is said to be so in one sentence wherever it is met, and can be deleted."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core import SparkLimeError
from sparklime_core.cli import main
from sparklime_core.errors import RunError
from sparklime_core.reports.run_report import run_report
from sparklime_core.runs.filter.conditions import ValueCondition
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.compare import comparison_file, summarise
from sparklime_core.runs.query.rows import executors, explanations_of, find_rows, mean_score, mean_weights, tasks
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.explain_here import TABLE, explain_here, rows_explained_here

EVERY = RowFilter()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three folders with a run each: of a table, of the same again, and of another table."""
    home = tmp_path_factory.mktemp("made")
    for name, table in (("one", TABLE), ("two", TABLE), ("other", TABLE.replace("a,b,y", "c,d,y"))):
        (home / name).mkdir()
        (home / name / "table.csv").write_text(table)
        assert explain_here(home / name) == 0
        find_rows(Run(home / name / "out"), EVERY, limit=5)
    return home


@pytest.fixture
def run(made: Path, tmp_path: Path) -> Run:
    shutil.copytree(made / "one" / "out", tmp_path / "runs" / "run")
    return Run(tmp_path / "runs" / "run")


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def changed(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


MANIFESTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "no engine": lambda values: values["explain"].pop("engine"),
    "an engine that is none": lambda values: values["explain"].update(engine="magic"),
    "a setting that is none": lambda values: values["explain"].update(magic=1),
    "labels that are none": lambda values: values["explain"].update(labels=3),
    "no kernel width": lambda values: values["explainer"].pop("kernel_width"),
    "no metrics": lambda values: values["model"].pop("metrics"),
    "metrics that are none": lambda values: values["model"]["metrics"].update(accuracy="high"),
    "seconds in words": lambda values: values.update(seconds="long"),
    "no count": lambda values: values.update(rows_explained=None),
    "a count below 0": lambda values: values.update(rows=-1),
    "yes for a count": lambda values: values.update(rows=True),
    "no title": lambda values: values.pop("title"),
    "features in one text": lambda values: values["data"].update(features="a, b"),
    "classes that are numbers": lambda values: values["data"].update(class_names=[0, 1]),
    "a report that is none": lambda values: values["data"].update(report=[]),
    "an origin without options": lambda values: values["data"]["report"]["origin"].pop("options"),
    "an owner that is none": lambda values: values.update(owner=3),
    "a state that is none": lambda values: values.update(state="odd"),
    "phases that are none": lambda values: values.update(phases={"reading": []}),
    "executors without a host": lambda values: values.update(executors=[{"id": "0"}]),
    "links that are none": lambda values: values.update(links=[1]),
    "training that is none": lambda values: values["training"].update(n_estimators="many"),
}

CONTENTS = ["", "{", "[]", "0", "null", '"run"', "[" * 100_000, "\udcff"]


def questions(run: Run, made: Path) -> dict[str, Callable[[], object]]:
    """Return what the pages and the commands ask of a run."""
    other = Run(made / "two" / "out")
    folder = run.folder.parents[1]
    return {
        "manifest": run.manifest,
        "inputs": run.inputs,
        "rows": lambda: find_rows(run, EVERY, limit=5),
        "values": lambda: find_rows(run, RowFilter(values=(ValueCondition(0, missing=True),)), limit=5),
        "weights": lambda: mean_weights(run, EVERY, limit=5),
        "row": lambda: explanations_of(run, 0),
        "score": lambda: mean_score(run),
        "workers": lambda: (tasks(run), executors(run)),
        "comparison": lambda: summarise(comparison_file(run, other, folder / "comparisons")),
        "report": lambda: run_report(run, [0, 1]),
    }


def answers(run: Run, made: Path) -> dict[str, str]:
    """Return the sentence of each question that is not answered; anything but a sentence is raised."""
    found = {}
    for name, ask in questions(run, made).items():
        try:
            ask()
        except SparkLimeError as error:
            found[name] = str(error)
    return found


def commands_refuse(run: Run, made: Path, capsys: pytest.CaptureFixture[str], *commands: str) -> None:
    """Check that commands end with one line and exit code 2."""
    folder, table = str(run.folder), str(made / "one" / "table.csv")
    asked = {
        "resume": ["explain", table, "--target", "y", "--out", folder, "--resume"],
        "same": ["explain", table, "--target", "y", "--out", folder],
        "trained in": ["explain", table, "--trained-in", folder, "--out", f"{folder}-new"],
        "csv": ["export", folder, "--as", "csv", "--out", f"{folder}.csv"],
        "reasons": ["export", folder, "--as", "reasons", "--out", f"{folder}.csv"],
        "command": ["export", folder, "--as", "command"],
        "script": ["export", folder, "--as", "script"],
    }
    for name in commands:
        capsys.readouterr()
        with rows_explained_here():
            assert main(asked[name]) == 2, name
        told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("sparklime: ")]
        assert len(told) == 1, name
        assert "damaged" in told[0], name


def deleted(run: Run) -> bool:
    RunStore(run.folder.parent).delete(run.id)
    return not run.folder.exists()


@pytest.mark.parametrize("content", CONTENTS, ids=range(len(CONTENTS)))
def test_a_manifest_that_is_none(run, made, capsys, content) -> None:
    (run.folder / "run.json").write_text(content, errors="surrogateescape")
    assert "is damaged: run.json is not the manifest of a run" in answers(run, made)["manifest"]
    commands_refuse(run, made, capsys, "resume", "same", "trained in", "csv", "command")
    assert [found.id for found in RunStore(run.folder.parent).runs()] == ["run"]
    assert deleted(run)


@pytest.mark.parametrize("change", MANIFESTS)
def test_a_manifest_that_lacks_something(run, change) -> None:
    changed(run.folder / "run.json", MANIFESTS[change])
    with pytest.raises(RunError, match="is not the manifest of a run"):
        run.manifest()
    assert deleted(run)


def test_a_manifest_of_before_or_after_is_none_the_worse(run, made) -> None:
    def change(values: dict[str, Any]) -> None:
        for name in ("request", "stability", "phases", "spent", "executors", "links", "logs", "schema_version"):
            values.pop(name)
        values["later"] = values["data"]["later"] = values["owner"]["later"] = 1
        values["owner"]["started"] = 1.7e9

    changed(run.folder / "run.json", change)
    assert answers(run, made) == {}


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": cut,
    "empty": lambda path: path.write_bytes(b""),
    "a text": lambda path: path.write_text("hello " * 100),
    "another table": lambda path: pq.write_table(pa.table({"x": [1]}), path),
    "missing": lambda path: path.unlink(),
    "in its middle": lambda path: path.write_bytes(
        path.read_bytes()[:200] + bytes(range(256)) * 2 + path.read_bytes()[712:]
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("laid_out", [True, False], ids=["indexed", "not indexed"])
def test_results_that_are_damaged(run, made, capsys, damage, laid_out) -> None:
    if not laid_out:
        (run.folder / "rows.parquet").unlink()
    DAMAGES[damage](run.folder / "explanations.parquet")
    found = answers(run, made)
    assert {"row", "comparison", "report"} <= found.keys()
    assert all("damaged: explanations.parquet" in sentence for sentence in found.values())
    commands_refuse(run, made, capsys, "csv", "reasons")
    assert deleted(run)


@pytest.mark.parametrize("damage", DAMAGES)
def test_tasks_that_are_damaged(run, made, damage) -> None:
    DAMAGES[damage](run.folder / "tasks.parquet")
    found = answers(run, made)
    assert {"workers", "report"} <= found.keys()
    assert all("damaged: tasks.parquet" in sentence for sentence in found.values())
    assert deleted(run)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_table_that_is_damaged(run, made, capsys, damage) -> None:
    DAMAGES[damage](run.folder / "data.parquet")
    found = answers(run, made)
    assert {"inputs", "report"} <= found.keys()
    assert all("damaged: data.parquet" in sentence for sentence in found.values())
    commands_refuse(run, made, capsys, "trained in")
    assert deleted(run)


@pytest.mark.parametrize("damage", sorted(set(DAMAGES) - {"in its middle"}))
def test_a_model_that_is_damaged(run, made, damage) -> None:
    DAMAGES[damage](run.folder / "model.skops")
    found = answers(run, made)
    assert {"inputs", "report"} <= found.keys()
    assert all("damaged: model.skops" in sentence for sentence in found.values())
    assert deleted(run)


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_index_that_is_damaged_is_made_again(run, made, damage) -> None:
    wanted = find_rows(run, EVERY, limit=99)
    DAMAGES[damage](run.folder / "rows.parquet")
    assert find_rows(run, EVERY, limit=99).equals(wanted)
    assert answers(run, made) == {}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_comparison_that_is_damaged_is_made_again(run, made, tmp_path, damage) -> None:
    other = Run(made / "two" / "out")
    path = comparison_file(run, other, tmp_path)
    wanted = summarise(path)
    DAMAGES[damage](path)
    assert summarise(comparison_file(run, other, tmp_path)) == wanted


def test_results_of_another_run_are_told_from_its_own(run, made) -> None:
    shutil.copy(made / "other" / "out" / "explanations.parquet", run.folder)
    assert "damaged: explanations.parquet" in answers(run, made)["rows"]


def test_results_that_lack_rows_are_told(run, made) -> None:
    path = run.folder / "explanations.parquet"
    pq.write_table(pq.read_table(path).slice(3), path)
    assert "has 21 of the 24 rows" in answers(run, made)["rows"]


@pytest.mark.parametrize("damage", sorted(set(DAMAGES) - {"missing", "in its middle"}))
def test_a_part_that_is_damaged_stops_a_run_from_being_resumed(run, made, capsys, damage) -> None:
    part = run.folder / "parts" / "wave-00000.parquet"
    part.parent.mkdir()
    (run.folder / "explanations.parquet").rename(part)
    changed(run.folder / "run.json", lambda values: values.update(state="cancelled"))
    DAMAGES[damage](part)
    if damage != "another table":
        commands_refuse(run, made, capsys, "resume")
    assert "damaged: wave-00000.parquet" in answers(run, made)["row"]
    assert deleted(run)


def test_a_damaged_run_leaves_the_others_usable(run, made) -> None:
    shutil.copytree(made / "two" / "out", run.folder.parent / "two")
    (run.folder / "run.json").write_text("[]")
    usable = [found for found in RunStore(run.folder.parent).runs() if found.id == "two"]
    assert answers(usable[0], made) == {}


@pytest.mark.parametrize("name", ["run.parquet", "explanations.parquet", "parts"])
def test_a_run_that_is_called_like_a_table_costs_no_file_of_others(run, name) -> None:
    called = Run(run.folder.rename(run.folder.with_name(name)))
    others = [called.folder.parent / "rows.parquet", called.folder.parent / "rows of June.parquet"]
    others += [called.folder / "mine" / "rows.parquet", called.folder.parent / "other" / "rows-1.parquet"]
    for other in others:
        other.parent.mkdir(exist_ok=True)
        other.write_text("not a table")
    cut(called.folder / "rows.parquet")
    assert len(find_rows(called, EVERY, limit=99)) == 24
    (called.folder / "rows.parquet").unlink()
    cut(called.folder / "explanations.parquet")
    with pytest.raises(RunError, match=f"The run in '{called.folder}' is damaged"):
        mean_score(called)
    assert all(other.exists() for other in others)
