"""`Pace`: how many blocks the next wave has, and how many tasks, from the measured speed of the last ones."""

WAVE_SECONDS = 4.0
"""How long a wave should take: long against the tenth of a second that Spark needs per job, short for people."""

LONGEST_SECONDS, LENGTHENING = 12.0, 1.2
"""The longest wave of a long run, and how many times as long as the last one a wave may be. A job costs the driver
a third of a second of processor time, and Python workers wait between tasks."""

FIRST_SECONDS = 0.25
"""How long the first wave should take, by what a row is expected to cost: results are there soon. The second wave
is then not too long either if the model itself is slow, which nobody has measured by that time."""

GROWTH = 8
"""How much larger the second wave is than the first: executors then need not wait for the first measure."""

START_SECONDS = 0.003
"""About what the driver takes to start a task on a core. It starts one after another."""

FEW_TASKS = 16
"""So many are started in a twentieth of a second: a small table's rows go to all of so many cores."""


class Pace:
    """Decides how many blocks the next wave has, from the measured speed of the last ones.

    Parameters
    ----------
    expected_seconds
        What a block is expected to cost a core, until it is measured.
    """

    def __init__(self, expected_seconds: float) -> None:
        self._seconds: float | None = None
        self._expected = expected_seconds
        self._wave_seconds = WAVE_SECONDS
        self._guess = max(1, round(FIRST_SECONDS / expected_seconds))

    def blocks(self, cores: int, most: int) -> int:
        """Return a number of blocks: few at first, more while that wave's measure is awaited, and ever more.

        Parameters
        ----------
        cores
            How many cores share them.
        most
            How many a wave may have; one block is a wave in any case.
        """
        if self._seconds is None:
            wanted = min(self._guess, round(WAVE_SECONDS / self._expected))
            self._guess *= GROWTH
        else:
            wanted = round(self._wave_seconds / self._seconds)
            self._wave_seconds = min(self._wave_seconds * LENGTHENING, LONGEST_SECONDS)
        even = most // cores * cores or most  # an equal share for each core
        return max(1, min(cores * max(1, wanted), even))

    def tasks(self, blocks: int, cores: int) -> int:
        """Return how many tasks a wave has: `FEW_TASKS`, and more where its work outweighs the start of more."""
        seconds = blocks * (self._expected if self._seconds is None else self._seconds)
        return min(max(FEW_TASKS, round(seconds / (cores * START_SECONDS))), blocks, cores)

    def learn(self, block_seconds: float) -> None:
        """Take in how many seconds a core needed for a block of the last wave."""
        self._seconds = max(block_seconds, 1e-3)
