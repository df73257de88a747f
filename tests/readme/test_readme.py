"""The README's own words: its two commands, its shell lines and its Python, as a reader would type them."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def wait_for(url, process, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                return answer.read()
        except OSError:
            time.sleep(0.3)
    raise AssertionError(f"nothing answered at {url}")


def test_the_two_commands_come_first():
    commands = [line.split("#")[0].strip() for line in blocks("sh")[0].splitlines()]
    assert commands == ["make run", "make test"]
    assert README.index("make run") < 2000


def test_make_run_serves_the_dashboard_on_this_machine_only(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "STREAMLIT_SERVER_PORT": str(port), "SPARKLIME_HOME": str(tmp_path)}
    process = subprocess.Popen(
        ["make", "run"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        assert wait_for(f"http://127.0.0.1:{port}/_stcore/health", process, seconds=300) == b"ok"
        listening = subprocess.run(["ss", "-ltn"], capture_output=True, text=True, check=False).stdout
        assert f"0.0.0.0:{port}" not in listening
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.mark.spark
def test_the_python_runs_as_it_stands(tmp_path):
    environment = {**os.environ, "SPARKLIME_HOME": str(tmp_path / "home")}
    sample = [sys.executable, "-m", "sparklime_core", "sample", "wine"]
    subprocess.run(sample, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "readme.py").write_text("\n".join(blocks("python")), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "readme.py"],
        check=False,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    assert "explanations" in ended.stdout
    assert "feature_explanation" not in ended.stderr


@pytest.mark.spark
def test_the_first_shell_lines_run_as_they_stand(tmp_path):
    lines = next(block for block in blocks("sh") if "sparklime sample wine" in block)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "SPARKLIME_HOME": str(tmp_path / "home")}
    ended = subprocess.run(
        ["bash", "-ec", lines],
        check=False,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    assert pq.read_table(tmp_path / "explained" / "explanations.parquet").num_rows == 178
    assert {path.name for path in (tmp_path / "explained").iterdir()} >= {"tasks.parquet", "run.json"}


def test_every_page_and_section_that_the_readme_links_exists():
    for link in re.findall(r"\]\(((?!https?:)[^)]+)\)", README):
        page, _, section = link.partition("#")
        assert (ROOT / page).exists(), link
        if section:
            titles = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), flags=re.MULTILINE)
            assert section in [re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles], (
                link
            )
