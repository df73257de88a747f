"""Files that appear whole or not at all, and that nothing else writes."""

import ast
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import sparklime_core
from sparklime_core.atomic_files import (
    PRIVATE,
    UNFINISHED,
    atomic_write,
    clear_unfinished,
    write_file,
    write_output,
)
from sparklime_core.errors import RunError

PACKAGE = Path(sparklime_core.__file__).parent
WRITING = {
    *("write_text", "write_bytes", "touch", "mkdir", "makedirs", "unlink", "rmdir", "chmod"),
    *("symlink_to", "rmtree", "copyfile", "copytree", "mkstemp", "mkdtemp", "NamedTemporaryFile", "fdopen"),
}
"""Calls that change a disk, by their last name; `open` and `replace` are looked at more closely."""

ELSEWHERE = {
    # In a temporary folder of its own, or under the name that `atomic_write` gives.
    ("spark/session/connect_backend.py", "write_bytes"),
    ("dashboard/model/model_form.py", "write_bytes"),
    ("limited/process.py", "write_bytes"),
    ("models/mlflow_models.py", "copyfile"),
    ("models/model_files.py", "write_bytes"),
    ("reports/mlflow_run.py", "write_bytes"),
    ("spark/session/java.py", "write_text"),
    ("spark/session/java.py", "unlink"),
    # Numba makes the folder; executors need not have what `atomic_files` imports.
    ("explain/compiled/cache.py", "chmod"),
    # Executors, under names of their own: they need not have what `atomic_files` imports.
    ("runs/parts.py", "replace"),
    ("runs/parts.py", "unlink"),
    # Into memory and pipes.
    ("limited/process.py", "open"),
    ("limited/template.py", "open"),
    ("limited/child.py", "open"),
    # Logs grow line by line while another process writes them; nobody relies on their being whole.
    ("spark/session/jvm.py", "open"),
    ("spark/cluster/local_cluster.py", "open"),
    ("spark/cluster/supervisor.py", "open"),
}
"""The calls outside of `atomic_files` that write, and why they may."""


def writing_calls(source: str) -> set[str]:
    """Return the names of calls that may write."""
    found = set()
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        is_write = name in WRITING
        if name == "open":
            texts = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
            is_write = any(isinstance(text, str) and set(text) <= set("wabx+t") for text in texts)
        if name in ("replace", "rename"):  # texts are replaced by two arguments, dataclasses by keywords
            is_write = len(call.args) == 1 and not call.keywords
        if is_write:
            found.add(name)
    return found


def test_one_module_alone_writes() -> None:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).as_posix()
        if name != "atomic_files.py":
            found |= {(name, call) for call in writing_calls(path.read_text())}
    assert found == ELSEWHERE


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        ("path.write_text('x')", {"write_text"}),
        ("open(path, 'w')", {"open"}),
        ("path.open('ab')", {"open"}),
        ("open(path)", set()),
        ("store.open(run_id)", set()),
        ("a.replace(b)", {"replace"}),
        ("'a'.replace('b', 'c')", set()),
        ("replace(settings, seed=1)", set()),
        ("shutil.rmtree(folder)", {"rmtree"}),
    ],
)
def test_what_writes_is_seen(source: str, calls: set[str]) -> None:
    assert writing_calls(source) == calls


def test_a_file_is_as_it_was_when_writing_it_fails(tmp_path: Path) -> None:
    write_file(tmp_path / "file", "before")

    def fail() -> None:
        with atomic_write(tmp_path / "file") as temporary:
            temporary.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "before"


def test_a_secret_is_nobody_elses_from_its_first_byte(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "secret", PRIVATE) as temporary:
        assert stat.S_IMODE(temporary.stat().st_mode) == PRIVATE
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == PRIVATE


def test_what_a_gone_process_was_writing_is_cleared_and_no_more(tmp_path: Path) -> None:
    script = """
import os, sys
from pathlib import Path
from sparklime_core.atomic_files import atomic_write
with atomic_write(Path(sys.argv[1])) as temporary:
    print(temporary.name, flush=True)
    if sys.argv[2] == "wait":
        input()
    os._exit(1)
"""
    command = [sys.executable, "-c", script]
    gone = subprocess.run(
        [*command, str(tmp_path / "one"), "go"], capture_output=True, text=True, check=False
    ).stdout.strip()
    with subprocess.Popen(
        [*command, str(tmp_path / "two"), "wait"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as alive:
        written = alive.stdout.readline().strip()
        (tmp_path / f"mine{UNFINISHED}.txt").touch()
        assert {gone, written} < {path.name for path in tmp_path.iterdir()}
        clear_unfinished(tmp_path)
        assert {path.name for path in tmp_path.iterdir()} == {written, f"mine{UNFINISHED}.txt"}
        alive.kill()


def test_only_what_was_written_under_a_name_is_cleared_from_peoples_folders(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / f"{name}.{2**22 + 1}-abc{UNFINISHED}").touch()
    write_output(tmp_path / "a.csv", b"x")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", f"b.csv.{2**22 + 1}-abc{UNFINISHED}"]


def test_a_long_name_can_be_written(tmp_path: Path) -> None:
    name = "ä" * 125 + ".csv"
    write_output(tmp_path / name, b"x")
    assert (tmp_path / name).read_bytes() == b"x"


def test_an_output_follows_links_and_leaves_pipes_be(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_output(tmp_path / "link", b"after")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "after"
    reading, writing = os.pipe()
    write_output(Path(f"/dev/fd/{writing}"), b"through")
    assert os.read(reading, 100) == b"through"
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("out", ["file/below/out.csv", "absent/out.csv", "."])
def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path: Path, out: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="cannot be written"):
        write_output(tmp_path / out, b"x")
