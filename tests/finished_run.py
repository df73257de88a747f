"""A finished run on disk, made in this process without Spark: what the pages show."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from sparklime_core.data.dataset import Dataset
from sparklime_core.explain.explainer import build_explainer
from sparklime_core.explain.schema import TASK_SCHEMA, WORK_SCHEMA
from sparklime_core.explain.settings import EngineName, ExplainerSettings, ExplainSettings, OutputName
from sparklime_core.explain.stability_task import prepare_measured
from sparklime_core.jobs.plan import RunPlan
from sparklime_core.models.train import Model
from sparklime_core.runs.manifest import RunState
from sparklime_core.runs.run import Run
from sparklime_core.runs.store import RunStore

QUICK = ExplainerSettings(feature_selection="highest_weights")
"""lime's own choice for six features, forward selection, takes a hundred times as long."""

EXECUTORS = [
    {"id": "0", "host": "127.0.0.1", "cores": 1, "memory": "1024m"},
    {"id": "1", "host": "127.0.0.1", "cores": 1, "memory": "1024m"},
]


def make_run(
    store: RunStore,
    dataset: Dataset,
    model: Model,
    rows: int,
    labels: str = "predicted",
    stability: int = 0,
    engine: EngineName = "sampled",
    profiles: bool = False,
    output: OutputName = "probability",
    explainer: ExplainerSettings = QUICK,
) -> Run:
    """Explain the first rows of a dataset, and store them as a finished run of two executors."""
    settings = ExplainSettings(
        engine,
        labels,  # type: ignore[arg-type]
        num_features=6,
        num_samples=300,
        profiles=profiles,
        output=output,
    )
    plan = RunPlan(dataset, model, settings, explainer, rows=rows, stability=stability)
    run = store.create(plan.manifest("spark://127.0.0.1:7077"), plan.inputs())
    task = prepare_measured(build_explainer(dataset, explainer), model.predict_fn, settings, stability)
    row_ids = plan.row_ids()
    explained, measured = task.explain_and_measure(dataset.features[row_ids], row_ids)
    results = task.vocabulary.decode(pa.Table.from_batches([explained]))
    begin = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    pieces = [piece for piece in (range(rows // 2), range(rows // 2, rows)) if piece]
    done = [_task(at, str(at), len(piece), begin + timedelta(seconds=0.2 * at)) for at, piece in enumerate(pieces)]
    work = [_work(at, piece, done[at]) for at, piece in enumerate(pieces)]
    run.append(
        0,
        list(range(len(pieces))),
        results,
        pa.Table.from_pylist(done, schema=TASK_SCHEMA),
        pa.Table.from_pylist(work, schema=WORK_SCHEMA),
        None if measured is None else pa.Table.from_batches([measured]),
    )
    run.finish(
        RunState.FINISHED,
        seconds=2.5,
        executors=EXECUTORS,
        phases={"connecting": 0.0, "preparing": 0.2, "broadcasting": 0.1, "explaining": 1.9, "writing": 0.05},
        spent={"tasks": 3.0, "load": 0.6, "model": 1.2, "algebra": 0.8, "packing": 0.1},
    )
    return run


def counted(run: Run) -> tuple[int, int]:
    """Return how many rows a run says that it has explained, and how many of them failed."""
    manifest = run.manifest()
    return manifest.rows_explained, manifest.rows_failed


def _task(partition: int, executor: str, rows: int, started: datetime) -> dict[str, object]:
    return {
        "wave": 0,
        "partition": partition,
        "attempt": 0,
        "executor": executor,
        "host": "127.0.0.1",
        "pid": 100 + partition,
        "rows": rows,
        "started": started,
        "seconds": 1.5,
    }


def _work(block: int, rows: range, task: dict[str, object]) -> dict[str, object]:
    return {**task, "block": block, "first_row": rows[0], "last_row": rows[-1], "seconds": 1.25}
