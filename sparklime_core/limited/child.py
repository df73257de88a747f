"""The child's side of a call: one function under its limits, and an answer that holds no pickle."""

import contextlib
import errno
import importlib
import json
import pickle
import struct
import sys
from typing import IO

from sparklime_core import errors
from sparklime_core.limited.limits import Limits

DONE = struct.Struct("<QQ")
"""How long an answer is: bytes of content, bytes of JSON behind it."""

READY = b"ready"
"""What a worker sends when it can be asked."""

MEMORY = "memory"
"""What an answer says instead of an error's class when there was not enough memory."""


def answer_request(request: IO[bytes], answer: IO[bytes]) -> bytes:
    """Read what is to be done, do it, write the answer, and return how long that is (`DONE`)."""
    function, arguments, limits = pickle.load(request)  # noqa: S301 - the process that asks is trusted
    try:
        set_limits(limits)
        module, name = function.split(":")
        value = getattr(importlib.import_module(module), name)(answer, *arguments)
        written = json.dumps({"value": value})
        answer.flush()
    except BaseException as error:  # noqa: BLE001 - all of it is reported to the process that asks
        written = json.dumps(_reported(error))
        with contextlib.suppress(OSError):
            answer.seek(0)
    content = answer.tell()
    encoded = written.encode()
    answer.write(encoded)
    answer.flush()
    return DONE.pack(content, len(encoded))


def set_limits(limits: Limits) -> None:
    """Set this process's limits, where the system has them; Windows has none.

    ``RLIMIT_DATA`` counts what is really asked for: what numba and JavaScript engines only reserve is free.
    """
    arrow = sys.modules.get("pyarrow")
    if arrow is not None:
        arrow.set_cpu_count(limits.threads)
        arrow.set_io_thread_count(limits.threads)
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    times = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(times.ru_utime + times.ru_stime + limits.seconds * limits.threads) + 1
    wanted = {"RLIMIT_CORE": 0, "RLIMIT_CPU": seconds, "RLIMIT_FSIZE": limits.memory}
    if sys.platform == "linux":
        wanted["RLIMIT_DATA"] = _data_bytes() + limits.memory
    for name, most in wanted.items():
        kind = getattr(resource, name)
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _data_bytes() -> int:
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmData"))


def _reported(error: BaseException) -> dict[str, str]:
    """Return an error as an answer: its class when it is one of ours, and its message."""
    if isinstance(error, MemoryError) or getattr(error, "errno", None) in (errno.EFBIG, errno.ENOMEM):
        return {"error": MEMORY, "message": ""}
    if isinstance(error, errors.SparkLimeError):
        return {"error": type(error).__name__, "message": str(error)}
    return {"error": "", "message": " ".join(f"{type(error).__name__}: {error}".split())[:300]}


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as asked, open(sys.argv[2], "wb") as answered:
        length = answer_request(asked, answered)
    sys.stdout.buffer.write(length)
