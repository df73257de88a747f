"""What an executor answers when it is asked about itself."""

from dataclasses import dataclass, field


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
        Versions of the packages that explaining needs; None for one that is not there.
    free_memory
        Bytes that its machine has left, or None where that is not known.
    folder
        Its working directory.
    seconds
        How long the round trip took.
    cores
        How many Python workers it runs at once.
    libraries
        Versions of the packages that only some models need; None for one that is not there.
    """

    executor: str
    host: str
    pid: int
    python: str
    packages: dict[str, str | None]
    free_memory: int | None
    folder: str
    seconds: float
    cores: int = 1
    libraries: dict[str, str | None] = field(default_factory=dict)

    def summary(self) -> str:
        """Return the report as one line."""
        packages = ", ".join(f"{name} {version or 'missing'}" for name, version in self.packages.items())
        memory = "" if self.free_memory is None else f", {self.free_memory / 1024**3:.1f} GB free"
        return (
            f"executor {self.executor} on {self.host}: Python {self.python}, {packages}{memory}, "
            f"round trip {self.seconds:.1f} s"
        )
