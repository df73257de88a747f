"""The surface of the command line: every command and its options, most of them made from the fields of settings.

The module of a command, which is called as the command is, is imported when the command runs. So ``--help`` and a
misspelt option are answered at once, and the module imports at its top what it needs.
"""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from sparklime_core.cli.output import complain
from sparklime_core.data.read_options import ReadOptions
from sparklime_core.errors import SettingsError
from sparklime_core.explain.settings import ExplainerSettings, ExplainSettings, RunSettings
from sparklime_core.models.settings import ModelSettings
from sparklime_core.setting import Setting, Settings, settings_of
from sparklime_core.setting_kinds import Choice, Switch, Texts

BAD_INPUT, INTERRUPTED = 2, 130
DEFAULT_ADDRESS, DEFAULT_PORT = "127.0.0.1", 8501
MASTER_HELP = (
    "local[N], spark://host:port, sc://host:port of Spark Connect, yarn, or k8s://https://host:port; "
    "default: that of spark-submit, or local[*]"
)
MODES = ("error", "append", "overwrite", "ignore")
TASKS = ("auto", "classification", "regression")
EXPORTS = {
    "csv": "one line per weight",
    "parquet": "one row per label, with the result's columns",
    "profiles": "CSV with one line per bin of a feature: its frequency around the row, and its effect",
    "reasons": "CSV with one line per row: its strongest reasons in words",
    "report": "one HTML page that opens anywhere, of the run or, with --row, of a row",
    "script": "a Python script that repeats the run",
    "command": "the command line that repeats the run",
}

Group: TypeAlias = "argparse.ArgumentParser | argparse._ArgumentGroup"
columns = Texts("Columns").read


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = _Parser(prog="sparklime", description="Distributed LIME on Apache Spark.")
    commands = made.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (about, add_options) in _COMMANDS.items():
        add_options(commands.add_parser(name, help=about))
    return made


def option_defaults(command: str) -> dict[str, Any]:
    """Return the values of the options of a command that are not given."""
    made = argparse.ArgumentParser()
    _COMMANDS[command][1](made)
    return {action.dest: action.default for action in made._actions if action.default is not argparse.SUPPRESS}


class _Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        complain(f"{self.prog}: {message}; see {self.prog} --help.")
        raise SystemExit(BAD_INPUT)


def _dashboard(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=int, default=DEFAULT_PORT, help=f"port (default {DEFAULT_PORT})")
    command.add_argument(
        "--address",
        default=DEFAULT_ADDRESS,
        help=f"address to listen on (default {DEFAULT_ADDRESS}: this machine alone)",
    )


def _explain(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "data",
        nargs="?",
        metavar="DATA.csv",
        help="the table: CSV or Parquet, also packed, or a folder of such parts",
    )
    command.add_argument("--target", metavar="COLUMN", help="the column to predict")
    command.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="folder for the results")
    command.add_argument("--master", help=MASTER_HELP)
    _add_archive(command)
    command.add_argument("--resume", action="store_true", help="finish the run in FOLDER, with its own settings")
    command.add_argument(
        "--executors-write",
        action="store_true",
        help="let the executors write the results to FOLDER, which all of them must reach by the same path: for "
        "more rows than one driver can write",
    )
    _add_table(command)
    model = _add_model(command)
    model.add_argument(
        "--trained-in", type=Path, metavar="FOLDER", help="explain new rows with the model of the run in FOLDER"
    )
    _add_settings(_add_explanations(command), RunSettings)


def _explain_table(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "source", metavar="SOURCE", help="a path, s3a://, hdfs://, ..., or a table of the catalog"
    )
    where = command.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="URI", help="target that the executors write: a path or an address")
    where.add_argument("--out-table", metavar="NAME", help="the same, as a table of the catalog")
    command.add_argument("--id", metavar="COLUMN", help="column with the rows' ids; default: their positions")
    command.add_argument(
        "--only-new",
        action="store_true",
        help="add explanations of the rows whose --id the target lacks, made with the same settings",
    )
    command.add_argument(
        "--steps",
        type=int,
        metavar="N",
        help=(
            "with --id: number of steps. After an interruption the target holds whole steps, and the "
            "same command continues; default: one per 10,000 rows, at most 20"
        ),
    )
    command.add_argument(
        "--format", default="parquet", help="format to write: parquet, csv, json, orc, delta, ..."
    )
    command.add_argument(
        "--mode", default="error", choices=MODES, help="what to do with an existing target; default error"
    )
    command.add_argument(
        "--source-format", metavar="FORMAT", help="format of a path; default: by its ending, or parquet"
    )
    for name, whose in (
        ("source-option", "Spark's reader"),
        ("out-option", "Spark's writer"),
        ("conf", "Spark itself"),
    ):
        command.add_argument(
            f"--{name}",
            action="append",
            default=[],
            type=_named_value,
            metavar="NAME=VALUE",
            help=f"option of {whose}",
        )
    command.add_argument("--master", help=MASTER_HELP)
    _add_archive(command)
    learnt = command.add_argument_group("the model, or the table to train it on (one of them)")
    learnt.add_argument("--trained-in", type=Path, metavar="FOLDER", help="the model of the run in FOLDER")
    learnt.add_argument(
        "--trained-on",
        dest="data",
        metavar="DATA",
        help="a table as explain takes it: of --model-file, or to train on",
    )
    learnt.add_argument("--target", metavar="COLUMN", help="the column of DATA to predict")
    _add_table(command)
    _add_model(command)
    _add_explanations(command)


def _describe(command: argparse.ArgumentParser) -> None:
    command.add_argument("data", metavar="DATA", help="a CSV or Parquet file, or a folder of part files")
    command.add_argument("--target", metavar="COLUMN", help="the column to predict")
    command.add_argument("--json", action="store_true", help="for programs")
    _add_table(command)


def _export(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="RUN", help="a run's folder, or the id of one of the dashboard's runs")
    forms = "; ".join(f"{name}: {what}" for name, what in EXPORTS.items())
    command.add_argument("--as", dest="form", required=True, choices=EXPORTS, help=forms)
    command.add_argument("--out", type=Path, metavar="FILE", help="default: standard output")
    command.add_argument("--row", type=int, metavar="ROW", help="the row of a report, from 0")
    command.add_argument("--reasons", type=int, default=3, metavar="K", help="reasons a line; default 3")


def _log(command: argparse.ArgumentParser) -> None:
    command.add_argument("source", metavar="RUN", help="a run's folder, or the id of one of the dashboard's runs")
    command.add_argument("--tracking-uri", metavar="URI", help="default: the value of MLFLOW_TRACKING_URI")
    command.add_argument("--experiment", default="SparkLIME", metavar="NAME", help="default SparkLIME")


def _cluster(command: argparse.ArgumentParser) -> None:
    command.add_argument("--workers", default=2, type=int)
    command.add_argument("--cores", default=1, type=int, help="cores of each worker")
    command.add_argument("--memory", default="1g", help="memory of each worker, like 1g or 2048m")
    command.add_argument(
        "--connect", action="store_true", help="serve it through Spark Connect: the URL is sc://127.0.0.1:PORT"
    )


def _doctor(command: argparse.ArgumentParser) -> None:
    command.add_argument("--master", help=MASTER_HELP)
    _add_archive(command)
    command.add_argument(
        "--run",
        dest="for_run",
        type=Path,
        metavar="FOLDER",
        help="also check the executors for the broadcasts of the run in FOLDER and the packages of its model",
    )


def _pack(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", required=True, type=Path, metavar="FILE.tar.gz")
    command.add_argument(
        "--with", dest="further", default=(), type=columns, metavar="NAMES", help="more packages: a,b"
    )
    command.add_argument(
        "--run",
        dest="for_run",
        type=Path,
        metavar="FOLDER",
        help="also pack the packages of the model of the run in FOLDER",
    )
    command.add_argument(
        "--python",
        metavar="PATH",
        help="where the executors' machines have this Python; default: where it is here",
    )


def _sample(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", nargs="?", help="without a name: list the samples")
    command.add_argument("--out", type=Path, metavar="FILE", help="default: NAME.csv here")


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "dashboard": ("start the page on this machine, until Ctrl-C", _dashboard),
    "explain": ("train a model on a table and explain its rows on Spark", _explain),
    "explain-table": ("explain any table that Spark reads; the executors write the results", _explain_table),
    "describe": ("show how a table is read, and the use of each column", _describe),
    "export": ("write a run's explanations into a file", _export),
    "log": ("put a run into a tracking server of MLflow", _log),
    "cluster": ("run a Spark standalone cluster on 127.0.0.1 until Ctrl-C", _cluster),
    "doctor": ("check every executor: Python, packages, memory, a round trip", _doctor),
    "pack": ("pack what executors need into an archive, for --archive", _pack),
    "prepare": ("compile and archive what every start needs: Spark then starts sooner", lambda _: None),
    "sample": ("write a bundled sample as a CSV file, to try things with", _sample),
}


def _add_archive(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--archive",
        type=Path,
        metavar="FILE.tar.gz",
        help="environment for the executors of a cluster, made by: sparklime pack",
    )


def _add_table(command: argparse.ArgumentParser) -> None:
    """Add how a table is read, and what its columns are."""
    table = command.add_argument_group("the table (options that are not given are detected)")
    role_help = "role of a column: numeric, categorical, date or drop; may be repeated"
    table.add_argument("--role", action="append", default=[], metavar="NAME=ROLE", help=role_help)
    table.add_argument("--roles", type=Path, metavar="FILE.json", help='several roles, as {"NAME": "ROLE"}')
    table.add_argument(
        "--categorical", default=(), type=columns, metavar="A,B", help="columns that hold categories"
    )
    table.add_argument("--drop", default=(), type=columns, metavar="A,B", help="columns to leave out")
    table.add_argument("--task", default="auto", choices=TASKS, help="kind of target: classes or a number")
    _add_settings(table, ReadOptions)


def _add_model(command: argparse.ArgumentParser) -> Group:
    model = command.add_argument_group("the model")
    _add_settings(model, ModelSettings, {"model_seed": "that of --seed"})
    own = model.add_mutually_exclusive_group()
    own.add_argument("--model-file", type=Path, metavar="FILE", help="a model of your own instead")
    own.add_argument("--model-uri", metavar="URI", help="the same, in MLflow: models:/name@alias or runs:/id/path")
    return model


def _add_explanations(command: argparse.ArgumentParser) -> Group:
    lime = command.add_argument_group("the explanations")
    _add_settings(lime, ExplainSettings)
    _add_settings(lime, ExplainerSettings)
    return lime


def _add_settings(group: Group, settings: type[Settings], defaults: Mapping[str, str] | None = None) -> None:
    """Add an option for each setting of a class; `Settings.from_options` makes the settings from their values."""
    for one in settings_of(settings).values():
        about: dict[str, Any] = {"action": "store_true"} if isinstance(one.kind, Switch) else _reading(one)
        instead = (defaults or {}).get(one.option)
        default = one.default if instead is None else None
        group.add_argument(f"--{one.flag}", default=default, help=_help(one, instead), **about)


def _reading(one: Setting) -> dict[str, Any]:
    def read(text: str) -> Any:
        try:
            return one.read(text)
        except SettingsError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    choices = {"choices": one.kind.names} if isinstance(one.kind, Choice) else {}
    return {"type": read, "metavar": one.metavar, **choices}


def _help(one: Setting, default: str | None) -> str:
    """Return the words for an option, as ``--help`` has them: without a capital and a full stop."""
    words = one.help[0].lower() + one.help[1:].removesuffix(".")
    if default is None and not one.is_left_open(one.default):
        default = one.kind.write(one.default)
    return words if default is None else f"{words}; default {default}"


def _named_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form NAME=VALUE")
    return name.strip(), value
