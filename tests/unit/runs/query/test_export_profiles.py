"""Profiles as a file to take away: one line a bin, equal to what the run keeps."""

import io

import pandas as pd
import pytest

from sparklime_core import SparkLimeError, load_sample, train_forest
from sparklime_core.cli import main
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.query.export import profiles_csv
from sparklime_core.runs.query.rows import explanations_of
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run


@pytest.fixture(scope="module")
def profiled(tmp_path_factory: pytest.TempPathFactory) -> Run:
    dataset = load_sample("wine")
    store = RunStore(tmp_path_factory.mktemp("runs"))
    return make_run(store, dataset, train_forest(dataset, n_estimators=3), 4, profiles=True)


def test_a_line_is_a_bin(profiled: Run) -> None:
    lines = pd.read_csv(io.BytesIO(profiles_csv(profiled, RowFilter())))
    expected = [
        (row, profile["feature"], bin_["condition"], bin_["share"], bin_["effect"])
        for row in range(4)
        for result in explanations_of(profiled, row)
        for profile in result["profiles"]
        for bin_ in profile["bins"]
    ]

    assert len(lines) == len(expected) > 4 * 6
    found = lines[["row_id", "feature", "condition", "share", "effect"]].itertuples(index=False, name=None)
    assert [line[:3] for line in found] == [line[:3] for line in expected]
    assert list(lines["effect"]) == pytest.approx([line[4] for line in expected])


def test_a_run_without_profiles_says_how_to_get_them(classes: Run) -> None:
    with pytest.raises(SparkLimeError, match="--profiles"):
        profiles_csv(classes, RowFilter())


def test_the_command_writes_them(profiled: Run, tmp_path) -> None:
    target = tmp_path / "profiles.csv"

    assert main(["export", str(profiled.folder), "--as", "profiles", "--out", str(target)]) == 0
    assert target.read_text().startswith(
        '"row_id","label","label_name","profile_score","effective_share","feature"'
    )
