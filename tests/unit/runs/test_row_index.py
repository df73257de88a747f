"""The index of a run's rows, while it lasts and when it is over."""

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sparklime_core.data.table_source import load_sample
from sparklime_core.explain.schema import RESULT_SCHEMA, TASK_SCHEMA
from sparklime_core.models.train import train_forest
from sparklime_core.runs import row_index
from sparklime_core.runs.filter.row_filter import RowFilter
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.query.rows import find_rows
from sparklime_core.runs.row_index import index_files, scales
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore
from tests.finished_run import make_run

NO_TASKS = TASK_SCHEMA.empty_table()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    dataset = load_sample("penguins")
    store = RunStore(tmp_path_factory.mktemp("runs"))
    return make_run(store, dataset, train_forest(dataset, n_estimators=5), 20, "all")


@pytest.fixture
def fresh(finished: Run, tmp_path: Path) -> Run:
    return RunStore(tmp_path).create(finished.manifest(), finished.inputs())


def entry(feature: str, weight: float) -> dict[str, object]:
    return {"feature": feature, "feature_explanation": f"{feature} > 1", "weight": weight}


def result(row: int, label: int | None, prediction: float | None, **more: object) -> dict[str, object]:
    return {
        "row_id": row,
        "label": label,
        "label_name": None if label is None else str(label),
        "prediction": prediction,
        "local_prediction": 0.4,
        "intercept": 0.1,
        "score": 0.9,
        "explanation": [entry("sex", 0.5), entry("island", -0.25)],
        "error": None,
        **more,
    }


def results(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=RESULT_SCHEMA)


def read(files: list[str]) -> pa.Table:
    return pa.concat_tables([pq.read_table(file) for file in files])


def test_a_line_says_what_the_result_and_the_table_say(finished: Run) -> None:
    lines = read(index_files(finished, finished.facts.features)).to_pylist()

    explained = pq.read_table(finished.explanation_files()[0]).to_pylist()
    dataset = load_sample("penguins")
    assert [line["row_id"] for line in lines] == list(range(20))
    for line in lines:
        best = max((r for r in explained if r["row_id"] == line["row_id"]), key=lambda r: r["prediction"])
        assert line["label_name"] == best["label_name"]
        assert line["target"] == dataset.target[line["row_id"]]
        assert line["top_reason"] == best["explanation"][0]["feature_explanation"]
        weights = {e["feature"]: e["weight"] for e in best["explanation"]}
        for at, name in enumerate(dataset.feature_names):
            assert line[f"w{at}"] == (pytest.approx(weights[name]) if name in weights else None)


def test_a_failed_row_has_its_error_and_nothing_else(fresh: Run) -> None:
    none = dict.fromkeys(["local_prediction", "intercept", "score", "explanation"])
    fresh.append(0, [0], results(result(0, None, None, **none, error="bad"), result(1, 0, 0.7)), NO_TASKS)

    failed, explained = read(index_files(fresh, fresh.facts.features)).to_pylist()

    assert failed["error"] == "bad"
    assert (failed["top_reason"], failed["label"], failed["w0"]) == (None, None, None)
    assert explained["top_feature"] == "sex"


def test_equally_probable_labels_have_the_first_one_listed(fresh: Run) -> None:
    fresh.append(
        0, [0], results(result(0, 0, 0.5), result(0, 1, 0.5), result(1, 0, 0.2), result(1, 1, 0.8)), NO_TASKS
    )

    found = find_rows(fresh, RowFilter(), limit=9)

    assert list(found["label"]) == [0, 1]


def test_labels_of_a_row_stay_together_where_a_piece_ends(fresh: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_index, "_BATCH_ROWS", 2)
    rows = [result(row, label, (0.2, 0.5, 0.3)[label]) for row in range(5) for label in range(3)]
    fresh.append(0, [0], results(*rows), NO_TASKS)

    lines = read(index_files(fresh, fresh.facts.features)).to_pylist()

    assert [(line["row_id"], line["label"]) for line in lines] == [(row, 1) for row in range(5)]


def test_a_lasting_run_is_indexed_wave_by_wave_and_an_ended_one_whole(fresh: Run) -> None:
    fresh.append(0, [0], results(result(0, 0, 0.7)), NO_TASKS)
    first = index_files(fresh, fresh.facts.features)
    written = Path(first[0]).stat().st_mtime_ns
    fresh.append(1, [1], results(result(1, 1, 0.6)), NO_TASKS)

    both = index_files(fresh, fresh.facts.features)

    assert both[0] == first[0]
    assert Path(first[0]).stat().st_mtime_ns == written
    assert len(both) == 2
    fresh.finish(RunState.FINISHED)
    (whole,) = index_files(fresh, fresh.facts.features)
    assert Path(whole).parent == fresh.folder
    assert list(find_rows(fresh, RowFilter(), limit=9)["row_id"]) == [0, 1]


@pytest.mark.parametrize("content", [b"", b"no parquet"])
def test_a_damaged_index_is_made_again(fresh: Run, content: bytes) -> None:
    fresh.append(0, [0], results(result(0, 0, 0.7)), NO_TASKS)
    (index,) = index_files(fresh, fresh.facts.features)
    Path(index).write_bytes(content)

    (again,) = index_files(fresh, fresh.facts.features)

    assert again == index
    assert pq.read_metadata(again).num_rows == 1


def test_the_scale_is_that_of_all_files(fresh: Run) -> None:
    long = [entry("sex", -0.6), entry("island", 0.3), entry("year", 0.3)]
    fresh.append(0, [0], results(result(0, 0, 0.7, explanation=long)), NO_TASKS)
    fresh.append(1, [1], results(result(1, 0, 0.7, explanation=[entry("sex", 0.1)])), NO_TASKS)

    found = scales(index_files(fresh, fresh.facts.features))

    assert np.allclose(found, [0.6, 0.6, 0.6, 0.6])
    assert math.isclose(scales([])[0], 0.0)
