"""The command export."""

from pathlib import Path

import pytest

from sparklime_core.cli import main
from sparklime_core.runs.run import Run


@pytest.mark.parametrize("words", [[], ["--row", "4"]])
def test_the_command_line_writes_reports(classes: Run, tmp_path: Path, words: list[str]) -> None:
    out = tmp_path / "report.html"

    assert main(["export", str(classes.folder), "--as", "report", *words, "--out", str(out)]) == 0

    assert out.read_bytes().startswith(b"<!doctype html>")


def test_a_row_is_only_for_a_report(classes: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(classes.folder), "--as", "csv", "--row", "4"]) == 2
    assert "--row is for" in capsys.readouterr().err
