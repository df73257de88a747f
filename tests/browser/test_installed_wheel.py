"""The wheel as a person installs it: the page opens from any folder, at any of its addresses, on a cold server."""

import os
import site
import socket
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the ``sparklime`` of an environment that has the wheel, and this environment's other packages."""
    folder = tmp_path_factory.mktemp("wheel")
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, *build], check=True, capture_output=True)
    venv.create(folder / "env", with_pip=False)
    python = folder / "env" / "bin" / "python"
    (wheel,) = folder.glob("*.whl")
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    subprocess.run(command, check=True, capture_output=True)
    packages = next((folder / "env" / "lib").glob("python*")) / "site-packages"
    (packages / "others.pth").write_text("\n".join(site.getsitepackages()))
    return python.with_name("sparklime")


@pytest.fixture
def url(installed: Path, tmp_path: Path) -> Iterator[str]:
    """Start the page from an empty folder, with no variable that leads to the repository."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "SPARKLIME_HOME": str(tmp_path / "home"), "PYTHONPATH": ""}
    empty = tmp_path / "empty"
    empty.mkdir()
    server = subprocess.Popen(
        [installed, "dashboard", "--port", str(port)],
        cwd=empty,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    lines = iter(server.stdout.readline, "")
    assert any(f"127.0.0.1:{port}" in line for line in lines)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.communicate()
        assert list(empty.iterdir()) == []


def test_a_cold_link_opens_its_page(url: str, page: Page) -> None:
    page.goto(f"{url}/help")

    expect(page.get_by_role("heading", name="Help", exact=True)).to_be_visible()
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.get_by_role("link", name="Overview")).to_be_visible()
