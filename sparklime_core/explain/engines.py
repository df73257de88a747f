"""The engines, an entry each in `ENGINES`. All code that knows engines by their names asks this table.

The classes are named and not imported: settings are checked where neither lime nor an engine is needed.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

SLOW_SECONDS = 0.01
"""An engine that takes longer per row is slow: no person waits for it at every click."""

MEDIUM_COLUMNS, MEDIUM_SAMPLES = 30, 5_000
"""The columns of the table, and the samples, for which `EngineEntry.row_seconds` holds."""

USUAL_POOLS = 5
"""The number of pools that measure stability, unless a person chooses another."""


@dataclass(frozen=True)
class EngineEntry:
    """Facts about an engine that need no engine.

    Attributes
    ----------
    home
        Its class, as ``module:class`` of ``sparklime_core.explain``.
    words
        A line about it for people.
    row_seconds
        Seconds of a core per row of a table of `MEDIUM_COLUMNS`, with its share of Spark's and the driver's.
    power
        With which power of the columns that grows on wider tables.
    draws_samples
        Whether its weights have sampling noise, so that stability is worth measuring.
    difference
        Why its weights differ from lime's, for people.
    """

    home: str
    words: str
    row_seconds: float
    power: int
    draws_samples: bool
    difference: str

    @property
    def is_slow(self) -> bool:
        """Whether a row takes longer than `SLOW_SECONDS`."""
        return self.row_seconds > SLOW_SECONDS

    @property
    def usual_pools(self) -> int:
        """The number of pools that measure stability by default; 0 where that means nothing, or takes long."""
        return USUAL_POOLS if self.draws_samples and not self.is_slow else 0

    def seconds_per_row(self, columns: int, samples: int = MEDIUM_SAMPLES) -> float:
        """Return about how many seconds of a core a row takes; no fewer where there are few columns or samples."""
        drawn = max(1.0, samples / MEDIUM_SAMPLES) if self.draws_samples else 1.0
        return float(self.row_seconds * drawn * max(1.0, columns / MEDIUM_COLUMNS) ** self.power)

    @property
    def module(self) -> str:
        """The full name of the module that holds the class."""
        return f"sparklime_core.explain.{self.home.split(':')[0]}"

    def load(self) -> Any:
        """Import the class; its ``prepare(explainer, predict_fn, settings)`` returns the engine."""
        return getattr(import_module(self.module), self.home.split(":")[1])


ENGINES = {
    "reference": EngineEntry(
        "reference_engine:ReferenceEngine",
        "Reference: the lime library itself, row by row. Slow; what the others are judged by.",
        row_seconds=0.1,
        power=1,
        draws_samples=True,
        difference="They do not: it is lime",
    ),
    "sampled": EngineEntry(
        "sampled.sampled_engine:SampledEngine",
        "Sampled: lime's own answer, from a pool of samples that all rows share. Fast.",
        row_seconds=2e-4,
        power=2,
        draws_samples=True,
        difference="Rounding: the same draws as lime's, under the same seed",
    ),
    "exact": EngineEntry(
        "exact.exact_engine:ExactEngine",
        "Exact: the limit of infinitely many samples, for tree ensembles. No sampling noise.",
        row_seconds=1e-4,
        power=1,
        draws_samples=False,
        difference="Sampling noise of lime, not an error of the engine, which has none",
    ),
}
"""By the name that settings, the command line and the form give an engine."""
