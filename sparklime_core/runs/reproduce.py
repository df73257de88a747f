"""Repeat a run exactly: as one command, and as a script that uses the public library alone.

Both come from the manifest: the file's name and digest, its reading options, and all settings. A result is a
function of these: the same file and versions give the same bits, on any master.
"""

import shlex

from sparklime_core.data.dataset import Origin
from sparklime_core.errors import RunError, SettingsError
from sparklime_core.explain.settings import RunSettings
from sparklime_core.printable import printable
from sparklime_core.runs.inputs import model_path
from sparklime_core.runs.manifest import Manifest
from sparklime_core.runs.run import Run
from sparklime_core.setting import Settings


def command_line(run: Run, out: str = "repeated") -> str:
    """Return the command that writes the same results into the folder `out`, for a shell like bash.

    Raises
    ------
    RunError
        When the run's table was no file, or a setting cannot be written on a command line.
    """
    try:
        return shlex.join(_words(run, run.manifest(), out))
    except SettingsError as error:
        raise RunError(str(error)) from error


def _words(run: Run, manifest: Manifest, out: str) -> list[str]:
    origin, learnt_from = _origins(manifest)
    words = ["sparklime", "explain", _path(origin.file), f"--out={out}", f"--master={manifest.master}"]
    words += origin.options.command_words()
    if learnt_from is not origin:
        words.append(f"--trained-in={run.folder}")
    else:
        words += [f"--target={origin.target}", f"--task={origin.task}"]
        words += [f"--role={name}={role}" for name, role in origin.roles.items()]
        words += _model(run, manifest)
    return words + [word for settings in run_settings(manifest) for word in settings.command_words()]


def run_settings(manifest: Manifest) -> tuple[Settings, ...]:
    """Return what was chosen for a run, besides its table and its model."""
    rows = manifest.selection
    return (
        manifest.explain,
        manifest.explainer,
        RunSettings(rows if rows in ("all", "test") else int(rows), manifest.stability, manifest.stability_rows),
    )


def python_script(run: Run) -> str:
    """Return a Python script that writes the same ``explanations.parquet``, explaining in its own process.

    Raises
    ------
    RunError
        When the run's table was no file.
    """
    manifest = run.manifest()
    steps = [*_tables(manifest), _trained(run, manifest), _explainer(manifest), _rows(manifest)]
    code = "\n".join(steps)
    used = [name for name in (*_MADE, "explain_rows") if f"{name}(" in code or name == "explain_rows"]
    return _SCRIPT.format(
        title=repr(manifest.title),
        created=printable(manifest.created),
        versions=printable(", ".join(f"{name} {version}" for name, version in manifest.versions.items()), None),
        names="".join(f"    {name},\n" for name in sorted(used, key=lambda name: (name.islower(), name))),
        steps=code,
        explain=",\n    ".join(_keywords(manifest.explain)),
    )


_MADE = (
    "ExplainerSettings",
    "ModelSettings",
    "ReadOptions",
    "build_explainer",
    "load_model",
    "read_csv",
    "read_rows",
    "train_with",
)
"""Names that a script may import, apart from `explain_rows`."""

_SCRIPT = '''"""Repeats a run of SparkLIME: python repeat.py [DATA [EXPLANATIONS.parquet [TABLE OF THE MODEL]]].

It explains in this one process; the command line does the same on Spark, with the same result.
"""

# The run: {title}, {created}
# Versions: {versions}
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import sparklime_core
from sparklime_core import (
{names})
from sparklime_core.data.source_files import digest


def checked(position, name, sha256):
    """Return the path of the named file, or of the one that is given, when it is the run's own."""
    path = Path(sys.argv[position] if len(sys.argv) > position else name)
    if not path.exists():
        sys.exit(f"There is no file {{str(path)!r}}; give the path of {{name!r}}.")
    if digest(path) != sha256:
        sys.exit(f"The file {{str(path)!r}} is not the one of the run: its SHA-256 is another.")
    return path


{steps}
table = explain_rows(
    explainer,
    model.predict_fn,
    features[row_ids],
    {explain},
)
table = table.set_column(0, "row_id", pa.array(row_ids, pa.int64()).take(table["row_id"]))
out = sys.argv[2] if len(sys.argv) > 2 else "explanations.parquet"
pq.write_table(table, out)
print(f"{{len(row_ids)}} rows explained by SparkLIME {{sparklime_core.__version__}} -> {{out}}")
'''


def _origins(manifest: Manifest) -> tuple[Origin, Origin]:
    """Return where the explained table came from, and where the one that the model has learnt from."""
    report = manifest.data.report
    explained, learnt = report.origin, (manifest.data.training_report or report).origin
    if explained is None or learnt is None:
        raise RunError("The file of this run's table is not known, so the run cannot be repeated from it.")
    return explained, learnt


def _tables(manifest: Manifest) -> list[str]:
    """Return the lines that read the model's table, and the new rows if there are any."""
    explained, learnt = _origins(manifest)
    position = 1 if explained is learnt else 3
    lines = [
        f"data = checked({position}, {learnt.file!r}, {learnt.sha256!r})",
        f"dataset = read_csv(\n    data,\n    {learnt.target!r},\n    task={learnt.task!r},\n"
        f"    roles={learnt.roles!r},\n    options={_options(learnt)},\n)",
    ]
    if explained is learnt:
        return [*lines, "features = dataset.features"]
    return [
        *lines,
        f"new = checked(1, {explained.file!r}, {explained.sha256!r})",
        f"features = read_rows(new, dataset.encoding, options={_options(explained)}).features",
    ]


def _trained(run: Run, manifest: Manifest) -> str:
    if manifest.model.trained_elsewhere:
        return f"model = load_model(Path({str(model_path(run.folder))!r}), dataset)"
    return f"model = train_with(dataset, {_call(manifest.training)})"


def _explainer(manifest: Manifest) -> str:
    return f"explainer = build_explainer(dataset, {_call(manifest.explainer)})"


def _rows(manifest: Manifest) -> str:
    if manifest.selection == "test" and manifest.data.training_report is None:
        return "row_ids = model.test_rows"
    count = "" if manifest.selection in ("all", "test") else f"[:{int(manifest.selection)}]"
    return f"row_ids = np.arange(len(features)){count}"


def _options(origin: Origin) -> str:
    return _call(origin.options)


def _call(settings: Settings) -> str:
    """Return the Python that makes settings."""
    return f"{type(settings).__name__}({', '.join(_keywords(settings))})"


def _keywords(settings: Settings) -> list[str]:
    return [f"{name}={value!r}" for name, value in settings.keywords().items()]


def _path(file: str) -> str:
    """Return a file's name so that no command takes it for an option."""
    return f"./{file}" if file.startswith("-") else file


def _model(run: Run, manifest: Manifest) -> list[str]:
    if manifest.model.trained_elsewhere:
        return [f"--model-file={model_path(run.folder)}"]
    return manifest.training.command_words()
