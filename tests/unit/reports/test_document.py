"""Reports open anywhere: one file, nothing that runs, nothing from elsewhere, every text of the data as text."""

import re

import pytest

from sparklime_core.reports import document
from sparklime_core.reports.row_report import row_report
from sparklime_core.reports.run_report import run_report
from sparklime_core.runs.run import Run
from tests.app.conftest import NASTY
from tests.unit.reports.document import Page


@pytest.mark.parametrize("make", [run_report, lambda run: row_report(run, 2)])
def test_names_from_data_are_words_and_nothing_runs_or_is_loaded(nasty: Run, make) -> None:
    content = make(nasty)
    found = Page(content)

    assert {"script", "img", "b", "iframe", "link", "object", "image", "use"} & set(found.tags) == set()
    assert "<img src=x onerror=alert(1)>" in found.text
    assert "</title><script>alert(1)</script>" in found.text
    assert all(name in found.text for name in NASTY)
    assert ("content", document.POLICY) in found.attributes
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("src", "href")]
    assert re.sub(rb"url\(#", b"", content).count(b"url(") == 0
    assert b"@import" not in content
