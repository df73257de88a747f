"""Answers about a run are remembered until it has more results."""

from pathlib import Path

import pytest

from sparklime_core.dashboard.shared.run_cache import keep, remember
from sparklime_core.errors import RunError
from sparklime_core.runs.access import Access, Person
from sparklime_core.runs.run import Run
from sparklime_core.runs.stored_tables import PARTS


def test_a_question_is_asked_again_when_the_run_has_more_results(tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def question(run: Run, row: int) -> list[int]:
        asked.append((run.id, row))
        return [row]

    remembered = remember(question)
    (tmp_path / PARTS).mkdir()
    remembered(Run(tmp_path), 1).append(5)
    assert remembered(Run(tmp_path), 1) == [1]
    assert asked == [(tmp_path.name, 1)]
    (tmp_path / PARTS / "wave-00000.parquet").write_bytes(b"one")
    remembered(Run(tmp_path), 1)
    remembered(Run(tmp_path), 2)
    assert asked == [(tmp_path.name, row) for row in (1, 1, 2)]


def test_an_object_of_the_inputs_is_made_once(tmp_path: Path) -> None:
    kept = keep(lambda run: [run.id])
    (tmp_path / PARTS).mkdir()
    first = kept(Run(tmp_path))
    (tmp_path / PARTS / "wave-00000.parquet").write_bytes(b"one")
    assert kept(Run(tmp_path)) is first


@pytest.mark.parametrize("cache", [remember, keep])
def test_what_one_person_was_answered_is_no_answer_for_another(cache, tmp_path: Path) -> None:
    ann, ben = Person("ann", is_signed_in=True), Person("ben", "", "ben@x.org", is_signed_in=True)
    (tmp_path / PARTS).mkdir()
    Access.of(ann).shared("ben@x.org", False).write(tmp_path)
    ask, seen = cache(lambda run, row: [run.id, row]), [tmp_path.name, 1]
    opened = Run(tmp_path, ben)
    assert [ask(run, row=1) for run in (Run(tmp_path, ann), opened, Run(tmp_path))] == [seen] * 3
    Access.of(ann).write(tmp_path)
    for run in (opened, Run(tmp_path, ben)):
        with pytest.raises(RunError, match="or it is another person's"):
            ask(run, row=1)
    assert ask(Run(tmp_path, ann), row=1) == seen
