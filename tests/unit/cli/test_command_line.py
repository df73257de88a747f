import argparse
import io
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from sparklime_core.cli import main
from sparklime_core.cli.commands import parser
from sparklime_core.cli.options import check_target
from sparklime_core.cli.progress import ProgressLine
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.data.table_source import load_sample
from sparklime_core.errors import SettingsError
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings, RunSettings
from sparklime_core.jobs.runner import Progress
from sparklime_core.models.settings import ModelSettings

CSV = "a,b,t\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(CSV)
    return path


def refused(capsys, *arguments):
    """Run a command that must be refused; return its one line on standard error."""
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.startswith("sparklime")
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "COMMAND"),
        (["frobnicate"], "frobnicate"),
        (["explain", "TABLE", "--target", "t"], "--out"),
        (["explain", "TABLE", "--out", "OUT"], "--target"),
        (["explain", "--target", "t", "--out", "OUT"], "CSV file"),
        (["explain", "ABSENT", "--target", "t", "--out", "OUT"], "no file"),
        (["explain", "TABLE", "--target", "z", "--out", "OUT"], "no column 'z'"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--engine", "magic"], "magic"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--rows", "some"], "some"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--labels", "best"], "best"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--num-samples", "1"], "num_samples"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--trees", "0"], "trees"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--test-size", "1.5"], "test share"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--seed", "-3"], "seed"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--stability", "1"], "at least 2 pools"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--master", "mesos://a:1"], "mesos"),
        (["explain", "--resume", "--out", "OUT"], "to resume"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--role", "a"], "NAME=ROLE"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--role", "a=magic"], "must be one of"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--roles", "ABSENT"], "roles"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--encoding", "klingon"], "klingon"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--delimiter", "ab"], "one character"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--model", "oracle"], "oracle"),
        (["explain", "TABLE", "--target", "t", "--out", "OUT", "--model-file", "ABSENT"], "no model file"),
        (
            ["explain", "TABLE", "--target", "t", "--out", "OUT", "--model-file", "ABSENT", "--max-depth", "3"],
            "--max-depth is for a model that this command trains",
        ),
        (["explain", "TABLE", "--trained-in", "ABSENT", "--out", "OUT", "--trees", "9"], "leave --trees out"),
        (["explain-table", "TABLE", "--trained-in", "RUN", "--out", "OUT", "--trees", "9"], "leave --trees out"),
        (["explain", "TABLE", "--trained-in", "ABSENT", "--out", "OUT"], "absent.csv"),
        (
            ["explain", "TABLE", "--trained-in", "RUN", "--out", "OUT", "--drop", "a"],
            "--drop is for a table to train on",
        ),
        (["explain", "TABLE", "--trained-in", "RUN", "--out", "OUT", "--role", "a=date"], "knows its columns"),
        (
            ["explain-table", "TABLE", "--trained-in", "RUN", "--out", "OUT", "--task", "regression"],
            "--task is for",
        ),
        (
            ["explain", "TABLE", "--trained-in", "RUN", "--model-file", "ABSENT", "--out", "OUT"],
            "give one of them",
        ),
        (
            ["explain", "ABSENT", "--target", "t", "--model-file", "M", "--trees", "9", "--out", "OUT"],
            "leave --trees out",
        ),
        (["describe", "ABSENT"], "no file"),
        (["sample", "iris"], "choose one of"),
    ],
)
def test_bad_input_is_one_line_and_nothing_is_left_behind(capsys, table, tmp_path, arguments, words):
    out = tmp_path / "out"
    names = {"TABLE": table, "OUT": out, "ABSENT": tmp_path / "absent.csv"}
    assert words in refused(capsys, *(names.get(argument, argument) for argument in arguments))
    assert not out.exists()


def test_a_folder_that_holds_something_is_left_alone(capsys, table, tmp_path):
    assert "not empty" in refused(capsys, "explain", table, "--target", "t", "--out", tmp_path)
    assert table.read_text() == CSV


def test_samples_are_listed_and_written(capsys, tmp_path):
    assert main(["sample"]) == 0
    assert "--target cultivar" in capsys.readouterr().out
    assert main(["sample", "wine", "--out", str(tmp_path / "wine.csv")]) == 0
    assert (tmp_path / "wine.csv").read_text().startswith("alcohol,")


def test_progress_says_what_was_measured(capsys):
    first = Progress("explaining", rows=100, done=40, failed=3, seconds=2.0, by_executor={"0": 25, "1": 15})
    ProgressLine().show(first)
    assert capsys.readouterr().err == "40/100 rows explained, 3 failed, 20 rows/s\n"
    line = ProgressLine()
    line.show(replace(first, done=60, seconds=3.0, by_executor={"0": 45, "1": 15}, first_wave=(40, 2.0)))
    assert capsys.readouterr().err == "60/100 rows explained, 3 failed, 20 rows/s, 2 s left\n"
    line.show(Progress("explaining", rows=100, done=50))
    assert capsys.readouterr().err == ""


def test_a_terminal_has_a_bar_that_is_cleared(monkeypatch):
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("COLUMNS", "70")
    line = ProgressLine()
    line.say("reading \x1b[31m.csv")
    line.show(Progress("explaining", rows=100, done=50, failed=3))
    drawn = terminal.getvalue().split("\r")
    assert "reading \\x1b[31m.csv …" in drawn
    assert "[############............] 50/100 rows explained, 3 failed" in drawn
    line.close()
    assert terminal.getvalue().split("\r")[-2].isspace()


def test_help_needs_none_of_what_the_commands_work_with():
    heavy = {"numpy", "pandas", "pyarrow", "sklearn", "lime", "pyspark", "duckdb"}
    program = (
        "import sys\nfrom sparklime_core.cli import main\n"
        f"try:\n    main(['explain', '--help'])\nfinally:\n    print(set(sys.modules) & {heavy})"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.endswith("set()\n")


@pytest.mark.parametrize("settings", [ExplainSettings, ExplainerSettings, RunSettings, ModelSettings, ReadOptions])
def test_each_setting_has_an_option_that_means_its_default(settings):
    given = parser().parse_args(["explain", "table.csv", "--out", "out", "--model-seed", "0"])
    assert settings.from_options(vars(given)) == settings()
    assert (
        settings.from_options(
            vars(parser().parse_args(["explain", "--out", "out", *settings().command_words()])) | {"model_seed": 0}
        )
        == settings()
    )


def test_a_number_that_may_be_left_open_can_be_so_in_words():
    given = parser().parse_args(["explain", "--out", "out", "--max-depth", "none", "--kernel-width", "NONE"])
    assert (given.max_depth, given.kernel_width) == (None, None)


def test_a_table_is_described_before_anything_is_trained(capsys, table, tmp_path):
    assert main(["describe", str(table), "--target", "t", "--role", "b=drop"]) == 0
    said = capsys.readouterr().out
    assert "delimiter: comma" in said
    assert "'a': numeric" in said
    assert "'b': left out, since you chose it" in said
    assert main(["describe", str(table), "--json"]) == 0
    assert [column["kind"] for column in json.loads(capsys.readouterr().out)["columns"]] == [
        "number",
        "number",
        "text",
    ]
    (tmp_path / "roles.json").write_text('{"a": "drop", "b": "categorical"}')
    assert main(["describe", str(table), "--target", "t", "--roles", str(tmp_path / "roles.json"), "--json"]) == 0
    roles = [column["role"] for column in json.loads(capsys.readouterr().out)["columns"]]
    assert roles == ["left out", "categorical", "target"]


def test_every_choice_about_a_file_can_be_made(capsys, tmp_path):
    file = tmp_path / "grades.csv"
    file.write_text("text,n,grade\n" + "".join(f'"{k}^" rod, iron",{k % 7},{"+-"[k % 2]}\n' for k in range(30)))
    options = ["--escape=^", "--missing=?", "--quote", '"', "--header=yes", "--json"]
    assert main(["describe", str(file), *options]) == 0
    described = json.loads(capsys.readouterr().out)
    assert [column["name"] for column in described["columns"]] == ["text", "n", "grade"]
    assert described["columns"][2]["notes"] == []
    assert {"what": "escape", "value": "^", "reason": "you chose it"} in described["decisions"]


def test_the_target_of_the_runs_model_may_be_named_and_no_other():
    learnt = load_sample("wine")
    for named in (None, "cultivar", " cultivar "):
        check_target(argparse.Namespace(target=named), learnt)
    with pytest.raises(SettingsError, match="predicts 'cultivar', not 'hue'; leave --target out"):
        check_target(argparse.Namespace(target="hue"), learnt)
