"""Files to take away."""

import csv
import io
import re

import pyarrow as pa
import pytest

from sparklime_core.runs.query.export import csv_bytes

FORMULAS = [
    "=1+1", "+1", "-1", "@x", " =1", "\t=1", "\u00a0=1", "\ufeff=1", "＝1", "＋1", "－1", "＠x",
    "x;=1+1;y", "x;\u3000=1", "x\t=1", "x\n=1", "x\r\n=1", "x|=1", "a;b;@c",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_wherever_a_spreadsheet_cuts(text: str, delimiter: str) -> None:
    written = csv_bytes(pa.table({"name": [text, "plain"], "weight": [0.5, -1.5]})).decode()

    for line in re.split(r"[\r\n]+", written):
        for cell in line.split(delimiter):
            shown = cell.strip('" \u00a0\ufeff\u3000\t\r\n')
            assert shown[:1] not in tuple("=+@＝＋－＠") or not shown, (cell, written)


@pytest.mark.parametrize("text", ["age <= 30", "a=b", "1 - 2", "x; y", "a,b", "Größe", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    lines = list(csv.reader(io.StringIO(csv_bytes(pa.table({"name": [text]})).decode())))

    assert lines[1:] == [[text]] or not text
