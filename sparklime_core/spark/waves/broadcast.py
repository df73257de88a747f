"""Bytes that are sent to the executors, and the handles by which functions there read them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class Carried(Protocol):
    """A handle of bytes that are sent to the executors. It is small to pickle: the bytes travel apart."""

    @property
    def way(self) -> str:
        """The way they travel, in a word."""

    def read(self) -> bytes:
        """Return the bytes, on an executor; only the caller keeps them afterwards."""

    def discard(self) -> None:
        """Free what can be freed, on the driver; nothing may read them any more."""


@dataclass(frozen=True)
class BroadcastBytes:
    """Bytes in a broadcast of classic Spark.

    Attributes
    ----------
    broadcast
        PySpark's own.
    """

    broadcast: Any
    way = "broadcast"

    def read(self) -> bytes:
        """Return the bytes, and forget them: PySpark would keep them next to the object made from them."""
        data: bytes = self.broadcast.value
        self.broadcast.__dict__.pop("_value", None)
        return data

    def discard(self) -> None:
        """Free the broadcast everywhere."""
        self.broadcast.destroy()


@dataclass(frozen=True)
class SessionFile:
    """Bytes in a file of a Connect session, which each executor fetches once; it goes with the session.

    Attributes
    ----------
    name
        Of the file.
    """

    name: str
    way = "file"

    def read(self) -> bytes:
        """Return the bytes."""
        from pyspark import SparkFiles  # noqa: PLC0415 - on executors only

        return Path(SparkFiles.get(self.name)).read_bytes()

    def discard(self) -> None:
        """Do nothing: Connect removes files when their session ends."""
