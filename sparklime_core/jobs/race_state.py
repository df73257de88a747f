"""What a race shows of itself: a lane for each contestant, and the steps over more and more cores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class LaneState(StrEnum):
    """Where a contestant is."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    FINISHED = "finished"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"

    def is_ended(self) -> bool:
        """Return whether it will not move any more."""
        return self not in (LaneState.WAITING, LaneState.STARTING, LaneState.RUNNING)


@dataclass(frozen=True)
class Agreement:
    """How far explanations are from lime's: \\|difference\\| of the weights of the features that lime chose.

    Attributes
    ----------
    largest, mean
        Over all rows and these features; the weight of a feature that the other did not choose is 0, as its reader
        sees it.
    weight
        The mean \\|weight\\| of lime's explanations, to compare with.
    rows
        How many rows both have explained.
    """

    largest: float
    mean: float
    weight: float
    rows: int


@dataclass(frozen=True)
class Lane:
    """A contestant and how far it is; all of it measured.

    Attributes
    ----------
    name
        ``"lime"``, ``"recipe"``, ``"sampled"`` or ``"exact"``.
    where
        On what it runs.
    state, message
        Where it is, and in a sentence what stopped it.
    rows, done
        Rows of the sample, and those that are explained.
    start_up
        Seconds until every core had explained its first rows; not part of ``seconds``.
    seconds
        Seconds of explaining so far.
    points
        (seconds, rows done) whenever there were more.
    agreement
        With lime.
    more
        Rows and seconds of a second lap over many rows; None where there was none.
    """

    name: str
    where: str
    state: LaneState = LaneState.WAITING
    message: str | None = None
    rows: int = 0
    done: int = 0
    start_up: float | None = None
    seconds: float = 0.0
    points: tuple[tuple[float, int], ...] = ()
    agreement: Agreement | None = None
    more: tuple[int, float] | None = None

    @property
    def rows_per_second(self) -> float | None:
        """Rows explained a second, as far as it is."""
        return self.done / self.seconds if self.done and self.seconds else None


@dataclass(frozen=True)
class ScalingStep:
    """The sample explained by so many tasks at once.

    Attributes
    ----------
    cores
        The most tasks at once.
    rows, done, seconds
        Rows to explain, those that are explained, and the wall time so far.
    executors
        How many executors had a part in it, in one wave or another.
    at_once
        How many tasks really ran at once, by the times that they reported.
    same
        Whether the explanations equal those of one core in every bit; None for that one itself.
    """

    cores: int
    rows: int
    done: int = 0
    seconds: float = 0.0
    executors: int = 0
    at_once: int = 0
    same: bool | None = None

    @property
    def is_ended(self) -> bool:
        """Return whether all rows are explained."""
        return self.done == self.rows


def agreement(limes: Sequence[Mapping[str, float]], others: Sequence[Mapping[str, float]]) -> Agreement | None:
    """Compare explanations of the same rows with lime's; None when no row has both."""
    pairs = [(lime, other) for lime, other in zip(limes, others, strict=False) if lime and other]
    if not pairs:
        return None
    weights = np.array([weight for lime, _ in pairs for weight in lime.values()])
    theirs = np.array([other.get(text, 0.0) for lime, other in pairs for text in lime])
    differences = np.abs(weights - theirs)
    return Agreement(
        float(differences.max()), float(differences.mean()), float(np.abs(weights).mean()), len(pairs)
    )
