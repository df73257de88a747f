"""`LimitedProcess` and `call_limited`: functions in a child process that may take no more than its limits.

What a stranger's file can do to a program, it does to the child: a crash, endless work and a lack of memory become
one sentence. The child sends JSON and bytes back, never a pickle. It can read what the user of this process can
read: limits are no sandbox.

On Linux the child is forked from a small process that has the work's modules loaded (`template`). Elsewhere each
call starts another Python: slower, with the deadline but without a limit of memory.
"""

import atexit
import contextlib
import json
import mmap
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

from sparklime_core import errors
from sparklime_core.errors import LimitError
from sparklime_core.limited.child import DONE, MEMORY, READY
from sparklime_core.limited.limits import Limits

FORKS = "linux" in sys.platform
"""Whether this system can fork workers from a template."""

MOST_JSON = 2**26
"""The longest answer besides its content, in bytes."""

COUNTED_AS_USED = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_MMAP_THRESHOLD_": str(2**18)}
"""Variables of children, in which no more memory counts than is used."""

STARTUP_SECONDS = 120.0
"""How long the modules of a piece of work may take to load, with those that were asked for before."""

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True)
class Answer:
    """What a function in a limited process has returned.

    Attributes
    ----------
    value
        Its return value, through JSON.
    content
        What it has written into its file; it stays in shared memory as long as it is referred to.
    """

    value: Any
    content: mmap.mmap | bytes


def call_limited(function: Callable[..., Any], *arguments: Any, limits: Limits, work: str) -> Answer:
    """Call a function in a limited process of its own; see `LimitedProcess.call`."""
    with LimitedProcess() as process:
        return process.call(function, *arguments, limits=limits, work=work)


def import_ahead(module: str) -> None:
    """Have a module imported where children are forked; do not wait for it.

    Worth it where this process is about to import the same for seconds, before it calls a function of it. Where
    no process can be started, that call says so.
    """
    if FORKS:
        with contextlib.suppress(OSError):
            _template.load(module)


class LimitedProcess:
    """A child process that is asked again and again; one that has crashed or been ended is replaced.

    It keeps what its functions have prepared, so use one process for files of one origin only.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: _Worker | None = None

    def call(self, function: Callable[..., Any], *arguments: Any, limits: Limits, work: str) -> Answer:
        """Call ``function(file, *arguments)`` in the child; one call at a time.

        Parameters
        ----------
        function
            Of the top level of a module. It may write bytes into `file`, and returns what JSON can hold.
        arguments
            What pickle can hold.
        limits
            Of this call.
        work
            What is done, to begin a sentence with: ``"Reading the table"``.

        Raises
        ------
        LimitError
            When the child needs more than its limits, or crashes.
        SparkLimeError
            What the function has raised.
        """
        asked = pickle.dumps((f"{function.__module__}:{function.__qualname__}", arguments, limits))
        with _memory_file() as request, _memory_file() as answer, self._lock:
            request.write(asked)
            request.flush()
            request.seek(0)
            sizes = self._ask(function.__module__, request, answer, limits, work)
            value, content = _read_answer(answer, sizes)
        return Answer(_value(value, limits, work), content)

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()

    def __enter__(self) -> "LimitedProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, module: str, request: IO[bytes], answer: IO[bytes], limits: Limits, work: str) -> bytes:
        if not FORKS:
            return _run_python(request, answer, limits, work)
        if self._worker is None or not self._worker.alive():
            self._end()
            with contextlib.suppress(OSError):  # as of a system that starts no more processes
                self._worker = _template.fork(module)
            if self._worker is None or not self._worker.start():
                self._end()
                raise LimitError(f"{work} cannot begin: no process can be started for it.")
        done = self._worker.ask(request.fileno(), answer.fileno(), limits.seconds)
        if done is not None and len(done) == DONE.size:
            return done
        code = self._worker.end()
        self._worker = None
        if done is None or code == -signal.SIGXCPU:
            raise LimitError(limits.too_slow(work))
        raise LimitError(_crashed(work, code))

    def _end(self) -> None:
        if self._worker is not None:
            self._worker.end()
            self._worker = None


class _Worker:
    """The near side of a worker and its keeper."""

    def __init__(self, talk: socket.socket, status: int) -> None:
        self._talk, self._status = talk, status

    def alive(self) -> bool:
        return not self._ready(0)

    def start(self) -> bool:
        """Wait until the worker has its modules; return whether it has."""
        return self._talk.fileno() in self._ready(STARTUP_SECONDS) and self._receive() == READY

    def ask(self, request: int, answer: int, seconds: float) -> bytes | None:
        """Return the worker's message: nothing when it has ended, None when it takes too long."""
        with contextlib.suppress(OSError):  # it has ended
            socket.send_fds(self._talk, [b"work"], [request, answer])
        ready = self._ready(seconds)
        if not ready:
            return None
        return self._receive() if self._talk.fileno() in ready else b""

    def end(self) -> int | None:
        """Hang up, and return the worker's exit status when it is gone; None when its keeper was ended too."""
        self._talk.close()
        try:
            return int(os.read(self._status, 32))
        except ValueError:
            return None
        finally:
            os.close(self._status)

    def _receive(self) -> bytes:
        try:
            return self._talk.recv(DONE.size)
        except OSError:
            return b""

    def _ready(self, seconds: float) -> list[int]:
        poll = select.poll()
        poll.register(self._talk.fileno(), select.POLLIN)
        poll.register(self._status, select.POLLIN)
        return [descriptor for descriptor, _ in poll.poll(1000 * seconds)]


class _Template:
    """The process from which workers are forked; started when it is first needed, ended with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def fork(self, module: str) -> _Worker:
        """Return a new worker for functions of a module."""
        return self._asked(lambda control: _fork(control, module))

    def load(self, module: str) -> None:
        """Ask for the import of a module."""
        self._asked(lambda control: control.send(module.encode()))

    def close(self) -> None:
        """End the process; workers that are at work end when their own sockets are closed."""
        if self._process is not None and self._control is not None and self._owner == os.getpid():
            self._control.close()
            self._process.kill()
            self._process.wait()

    def _asked(self, ask: Callable[[socket.socket], AnswerT]) -> AnswerT:
        """Ask the process; another one, if it was ended from outside."""
        with self._lock:
            if self._control is None or self._owner != os.getpid():
                return ask(self._start())
            try:
                return ask(self._control)
            except OSError:
                return ask(self._start())

    def _start(self) -> socket.socket:
        self.close()
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with far:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "sparklime_core.limited.template", str(far.fileno())],
                    pass_fds=[far.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                    env=_environment(),
                )
        except OSError:
            near.close()
            raise
        self._control, self._owner = near, os.getpid()
        return near


def _fork(control: socket.socket, module: str) -> _Worker:
    talk, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    status, far_status = os.pipe()
    try:
        socket.send_fds(control, [module.encode()], [far.fileno(), far_status])
    except OSError:
        talk.close()
        os.close(status)
        raise
    finally:
        far.close()
        os.close(far_status)
    return _Worker(talk, status)


_template = _Template()
atexit.register(_template.close)


def _environment() -> dict[str, str]:
    """Return the environment of children: modules as here, one BLAS thread, no memory before it is needed.

    Arrow asks for a block of the file for each column, and keeps a part of it. glibc gives the rest back only
    where it takes large pieces from the system one by one; in one heap, the gaps between columns count as memory.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    return {**os.environ, **threads, "PYTHONPATH": path, **COUNTED_AS_USED}


def _run_python(request: IO[bytes], answer: IO[bytes], limits: Limits, work: str) -> bytes:
    """Do a piece of work in a Python that is started for it, where no process can be forked safely."""
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder, "request"), Path(folder, "answer")
        asked.write_bytes(request.read())
        command = [sys.executable, "-m", "sparklime_core.limited.child", str(asked), str(answered)]
        try:
            ended = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=_environment(),
                timeout=limits.seconds + STARTUP_SECONDS,
            )
        except subprocess.TimeoutExpired:
            raise LimitError(limits.too_slow(work)) from None
        if ended.returncode or len(ended.stdout) != DONE.size:
            raise LimitError(_crashed(work, ended.returncode))
        answer.write(answered.read_bytes())
        answer.flush()
        return ended.stdout


def _memory_file() -> IO[bytes]:
    if FORKS:
        return open(os.memfd_create("sparklime"), "w+b")
    return tempfile.TemporaryFile()


def _read_answer(answer: IO[bytes], sizes: bytes) -> tuple[Any, mmap.mmap | bytes]:
    content, text = DONE.unpack(sizes)
    if text > MOST_JSON or content + text > os.fstat(answer.fileno()).st_size:
        return None, b""
    answer.seek(content)
    try:
        value = json.loads(answer.read(text))
    except (ValueError, RecursionError):
        return None, b""
    return value, mmap.mmap(answer.fileno(), content, access=mmap.ACCESS_READ) if content else b""


def _value(answer: Any, limits: Limits, work: str) -> Any:
    """Return a function's value, or raise its error."""
    if isinstance(answer, dict) and "value" in answer:
        return answer["value"]
    known = isinstance(answer, dict) and {"error", "message"} <= answer.keys()
    name, message = (str(answer["error"]), str(answer["message"])) if known else ("", "its answer is damaged")
    if name == MEMORY:
        raise LimitError(limits.too_large(work))
    kind = getattr(errors, name, None) if name else None
    if isinstance(kind, type) and issubclass(kind, errors.SparkLimeError):
        raise kind(message)
    raise LimitError(f"{work} has failed: {message.rstrip('.')}.")


def _crashed(work: str, code: int | None) -> str:
    reason = "was ended from outside"
    if code is not None and code < 0:
        reason = f"ended with {signal.Signals(-code).name}"
    elif code is not None:
        reason = f"ended with status {code}"
    return f"{work} has crashed: its process {reason}; the file is damaged or too large."
