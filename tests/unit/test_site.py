"""The site of the documents: built strictly, with all public names on one page."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import sparklime_core
from tests.unit.reports.document import Page

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def test_the_site_is_built_strictly_and_has_every_public_name(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).parent / "mkdocs"), "build", "--strict", "--quiet", "-d", str(tmp_path)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    ended = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr

    names = Page((tmp_path / "reference.html").read_bytes())
    titled = {value.rpartition(".")[2] for name, value in names.attributes if name == "id" and "." in value}
    assert set(sparklime_core.__all__) <= titled
    assert "Explain rows in this process" in names.text
    assert "Changes" in Page((tmp_path / "changelog.html").read_bytes()).text


def test_the_page_of_public_names_names_nothing_else() -> None:
    text = (ROOT / "docs" / "reference.md").read_text()

    assert sorted(re.findall(r"^::: sparklime_core\.[\w.]*?(\w+)$", text, re.MULTILINE)) == sorted(
        sparklime_core.__all__
    )


def test_every_document_is_on_the_site() -> None:
    listed = (ROOT / "mkdocs.yml").read_text()

    assert [path.name for path in (ROOT / "docs").glob("*.md") if f": {path.name}\n" not in listed] == []


def test_the_container_and_the_unit_start_the_same_command() -> None:
    unit, image = ((DEPLOY / name).read_text() for name in ("sparklime.service", "Containerfile"))

    assert "ExecStart=/opt/sparklime/bin/sparklime dashboard --address 127.0.0.1" in unit
    assert 'CMD ["sparklime", "dashboard", "--address", "0.0.0.0"' in image
    verify = shutil.which("systemd-analyze")
    if verify is not None:
        ended = subprocess.run(
            [verify, "verify", str(DEPLOY / "sparklime.service")], check=False, capture_output=True, text=True
        )
        complaints = [line for line in ended.stderr.splitlines() if "sparklime.service" in line]
        assert [line for line in complaints if "not executable" not in line and "No such file" not in line] == []
