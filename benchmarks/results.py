"""Everything that a run of the benchmarks measured."""

from dataclasses import dataclass, field

from benchmarks.convergence import Convergence
from benchmarks.distributed import Rates
from benchmarks.problems import Problem
from benchmarks.timing import Timing


@dataclass
class Results:
    """What was measured, as far as it was asked for.

    Attributes
    ----------
    seconds
        How long the whole run took.
    load
        The machine's load average before and after: above the number of cores, others slowed the contestants.
    headline
        (problem, timings) that all contestants raced on.
    memory
        Peak megabytes of each contestant on breast cancer.
    growth
        For each thing that is varied, (problem, timings).
    convergence
        lime against ``exact`` by the number of samples.
    distributed
        The job on Spark against the engine alone.
    """

    seconds: float = 0.0
    load: tuple[float, float] = (0.0, 0.0)
    headline: list[tuple[Problem, dict[str, Timing]]] = field(default_factory=list)
    memory: dict[str, float | None] = field(default_factory=dict)
    growth: dict[str, list[tuple[Problem, dict[str, Timing]]]] = field(default_factory=dict)
    convergence: Convergence | None = None
    distributed: list[Rates] = field(default_factory=list)
