"""A run repeated from what it says of itself."""

import ast
import dataclasses
import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from sparklime_core import ReadOptions, SparkLimeError, load_model, read_csv, read_rows, train_with
from sparklime_core.cli import main
from sparklime_core.cli.export import find_run
from sparklime_core.data.dataset import Origin
from sparklime_core.data.table_source import sample_csv
from sparklime_core.explain.explain_rows import explain_rows
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.models.model_files import save_estimator
from sparklime_core.models.settings import ModelSettings
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.reproduce import command_line, python_script
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

EXPLAIN = ExplainSettings("sampled", (0, 2), 4, 200, 7)
EXPLAINER = ExplainerSettings("decile", 1.5, "highest_weights")
NAME = "wine 'list' $HOME.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foreign")
    (folder / NAME).write_bytes(sample_csv("wine").replace(b",", b";"))
    return folder


@pytest.fixture(scope="module")
def dataset(folder: Path):
    return read_csv(
        folder / NAME,
        "cultivar",
        task="classification",
        roles={"hue": "drop"},
        options=ReadOptions(delimiter=";", decimal=".", missing_words=("none", "?"), escape=""),
    )


def explained(plan: RunPlan, folder: Path) -> Run:
    """Make the run of a plan, explained in this process."""
    run = RunStore(folder).create(plan.manifest("local[2]"), plan.inputs())
    rows = plan.row_ids()
    table = explain_rows(
        build_explainer(plan.training or plan.dataset, plan.explainer),
        plan.model.predict_fn,
        plan.dataset.features[rows],
        **dataclasses.asdict(plan.explain),
    )
    table = table.set_column(0, "row_id", [rows[table["row_id"].to_numpy()]])
    pq.write_table(table, run.folder / "explanations.parquet")
    run.update(state=RunState.FINISHED)
    return run


def repeated(run: Run, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "repeat.py").write_text(python_script(run), encoding="utf-8")
    command = [sys.executable, "repeat.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)


def repeated_here(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run the script in this process, which saves it the imports."""
    (folder / "repeat.py").write_text(python_script(run), encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["repeat.py", *arguments])
    runpy.run_path("repeat.py", run_name="__main__")


def same(run: Run, path: Path) -> bool:
    return pq.read_table(path).equals(pq.read_table(run.folder / "explanations.parquet"))


@pytest.fixture(scope="module")
def run(dataset, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = ModelSettings(9, max_depth=4, min_samples_leaf=2, seed=5, kind="extra_trees", rows_per_tree=90)
    plan = RunPlan(dataset, train_with(dataset, settings), EXPLAIN, EXPLAINER, "test", stability=3)
    return explained(plan, tmp_path_factory.mktemp("runs"))


def test_the_script_gives_the_same_bits(run: Run, folder: Path) -> None:
    ended = repeated(run, folder)

    assert ended.returncode == 0, ended.stderr
    assert same(run, folder / "explanations.parquet")


def test_the_script_refuses_another_file(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.csv").write_bytes(sample_csv("wine"))

    with pytest.raises(SystemExit, match="is not the one of the run"):
        repeated_here(run, tmp_path, monkeypatch, "other.csv")
    with pytest.raises(SystemExit, match="There is no file"):
        repeated_here(run, tmp_path, monkeypatch)


def test_new_rows_of_a_model_of_ones_own_are_repeated(
    dataset, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = train_with(dataset, ModelSettings(n_estimators=5, kind="boosting"))
    save_estimator(trained.estimator, tmp_path / "own.skops")
    (folder / "new.csv").write_bytes(b"\n".join(sample_csv("wine").splitlines()[:12]))
    new = read_rows(folder / "new.csv", dataset.encoding)
    own = load_model(tmp_path / "own.skops", dataset)
    run = explained(RunPlan(new, own, EXPLAIN, EXPLAINER, 10, dataset), tmp_path / "runs")

    repeated_here(run, folder, monkeypatch, "new.csv", "out.parquet", NAME)

    assert same(run, folder / "out.parquet")
    assert f"--trained-in={run.folder}" in command_line(run)


def test_a_command_of_every_setting_is_read_as_it_was_meant(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import shlex

    from sparklime_core.cli import explain

    seen = []
    monkeypatch.setattr(explain, "run", lambda arguments: seen.append(arguments) or 0)
    _, *words = shlex.split(command_line(run, "out folder"))

    assert main(words) == 0

    (arguments,) = seen
    assert arguments.data == NAME
    assert str(arguments.out) == "out folder"
    assert (arguments.target, arguments.task, arguments.role) == ("cultivar", "classification", ["hue=drop"])
    assert (arguments.delimiter, arguments.decimal, arguments.missing) == (";", ".", ("none", "?"))
    assert (arguments.model, arguments.trees, arguments.max_depth, arguments.min_samples_leaf) == (
        "extra_trees", 9, 4, 2
    )  # fmt: skip
    assert (arguments.seed, arguments.model_seed, arguments.rows) == (7, 5, "test")
    assert arguments.rows_per_tree == 90
    assert (arguments.engine, arguments.labels, arguments.num_features) == ("sampled", (0, 2), 4)
    assert (arguments.discretizer, arguments.kernel_width) == ("decile", 1.5)
    assert arguments.stability == 3


def test_a_title_cannot_break_out_of_the_script(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run.manifest().title
    run.update(title='"""\nimport os; os.mkdir("pwned")\n#')
    try:
        repeated_here(run, folder, monkeypatch)
        assert not (folder / "pwned").exists()
    finally:
        run.update(title=before)


def test_a_table_that_was_no_file_is_told_in_a_sentence(run: Run, dataset, tmp_path: Path) -> None:
    made = dataclasses.replace(dataset, report=dataclasses.replace(dataset.report, origin=None))
    plan = RunPlan(made, train_with(made, ModelSettings(n_estimators=2)), rows=1)
    unknown = RunStore(tmp_path).create(plan.manifest("local[1]"), plan.inputs())

    for repeat in (command_line, python_script):
        with pytest.raises(SparkLimeError, match="file of this run's table is not known"):
            repeat(unknown)


def test_an_origin_comes_back_from_the_run(run: Run, dataset) -> None:
    origin = run.inputs().dataset.report.origin

    assert isinstance(origin, Origin)
    assert origin == dataset.report.origin
    assert origin.file == NAME
    assert origin.options.missing_words == ("none", "?")


class TestExportCommand:
    @pytest.mark.parametrize("form", ["csv", "parquet", "reasons", "script", "command"])
    def test_every_form_is_written(self, run: Run, tmp_path: Path, form: str, capsys) -> None:
        assert main(["export", str(run.folder), "--as", form, "--out", str(tmp_path / "out")]) == 0

        assert capsys.readouterr().out.strip() == str(tmp_path / "out")
        content = (tmp_path / "out").read_bytes()
        if form == "parquet":
            assert same(run, tmp_path / "out")
        else:
            assert content.decode().strip()

    def test_reason_codes_have_a_line_a_row(self, run: Run, tmp_path: Path) -> None:
        main(["export", str(run.folder), "--as", "reasons", "--reasons", "2", "--out", str(tmp_path / "out.csv")])

        header, *lines = (tmp_path / "out.csv").read_text().splitlines()
        assert header == '"row_id","predicted","probability","true","local_r2","reason_1","reason_2","error"'
        assert len(lines) == len(np.unique(pq.read_table(run.folder / "explanations.parquet")["row_id"]))
        assert " speaks " in lines[0]

    def test_a_run_of_the_store_is_found_by_its_id(
        self, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))
        (tmp_path / "runs").symlink_to(run.folder.parent)

        assert find_run(run.id).id == run.id

    @pytest.mark.parametrize("words", [["nowhere", "--as", "csv"], ["RUN", "--as", "reasons", "--reasons", "0"]])
    def test_what_cannot_be_is_one_line(self, run: Run, words: list[str], capsys, monkeypatch, tmp_path) -> None:
        monkeypatch.setenv("SPARKLIME_HOME", str(tmp_path))

        assert main(["export", *(str(run.folder) if word == "RUN" else word for word in words)]) == 2

        assert capsys.readouterr().err.count("\n") == 1


def test_reasons_of_numbers_raise_or_lower(tmp_path: Path) -> None:
    from sparklime_core.data.table_source import load_sample
    from sparklime_core.runs.query.export import reason_codes

    table = load_sample("diabetes")
    run = make_run(RunStore(tmp_path), table, train_with(table, ModelSettings(n_estimators=5)), 4)

    codes = reason_codes(run, pq.read_table(run.folder / "explanations.parquet"), reasons=2)

    assert codes.column_names == ["row_id", "predicted", "true", "local_r2", "reason_1", "reason_2", "error"]
    assert codes["true"].to_pylist() == pytest.approx(table.target[:4].tolist())
    first = pq.read_table(run.folder / "explanations.parquet")["explanation"].to_pylist()[0][0]
    verb = "raises" if first["weight"] >= 0 else "lowers"
    assert codes["reason_1"][0].as_py() == f"{first['feature_explanation']} {verb} it ({first['weight']:+.3g})"


def test_nothing_of_a_foreign_manifest_is_python_in_the_script(run: Run, tmp_path: Path) -> None:
    evil = "1\nimport os; os.abort()\r__import__('os').abort()\x0c\u2028#"
    copy = Run(Path(shutil.copytree(run.folder, tmp_path / "copy")))
    usual = json.loads((copy.folder / "run.json").read_text())

    def script(**changed: object) -> list[str]:
        (copy.folder / "run.json").write_text(json.dumps({**usual, **changed}))
        return [ast.unparse(node) for node in ast.parse(python_script(copy)).body]

    assert script(created=evil, versions={evil: evil}, title=evil) == script()
    for name in ("training", "explainer"):
        with pytest.raises(SparkLimeError, match=r"is damaged: run\.json is not"):
            script(**{name: {**usual[name], "seed=0), __import__('os').abort(), (lambda x": 1}})
