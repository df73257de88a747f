"""What an executor answers when it is asked about itself."""

from dataclasses import dataclass

from sparklime_core.spark.executors.self_report import NEEDED, SAME


@dataclass(frozen=True)
class ExecutorReport:
    """What one executor answered.

    Attributes
    ----------
    executor, host, pid
        Spark's id, the machine, and the Python worker process that answered.
    python
        Version of its Python.
    packages
        Versions of all its packages, by name.
    free_memory
        Bytes that its machine has left, or None where that is not known.
    folder
        Its working directory.
    seconds
        How long the round trip took.
    cores
        How many Python workers it runs at once.
    """

    executor: str
    host: str
    pid: int
    python: str
    packages: dict[str, str]
    free_memory: int | None
    folder: str
    seconds: float
    cores: int = 1

    def version(self, package: str) -> str | None:
        """Return the version of a package, or of one that stands for it; None where it has neither."""
        return self.packages.get(package) or self.packages.get(SAME.get(package, ""))

    def summary(self) -> str:
        """Return the report as one line."""
        packages = ", ".join(f"{name} {self.version(name) or 'missing'}" for name in NEEDED)
        memory = "" if self.free_memory is None else f", {self.free_memory / 1024**3:.1f} GB free"
        return (
            f"executor {self.executor} on {self.host}: Python {self.python}, {packages}{memory}, "
            f"round trip {self.seconds:.1f} s"
        )
