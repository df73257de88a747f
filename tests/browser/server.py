"""A real dashboard server, in a process of its own, with a home of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
GATES = Path(__file__).parent / "gates"
START_SECONDS = 240
STOP_SECONDS = 20


class Server:
    """``streamlit run app.py`` on a free port of this machine.

    Parameters
    ----------
    home
        Where it keeps everything; ``secrets.toml`` in it is the operator's.
    environment
        Further variables.
    script
        Another script than the dashboard.
    """

    def __init__(
        self, home: Path, environment: Mapping[str, str] | None = None, script: Path = ROOT / "app.py"
    ) -> None:
        self.home = home
        self._script = script
        self._environment = dict(environment or {})
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @contextlib.contextmanager
    def closed_gate(self, gate: str, text: str = "") -> Iterator[Callable[[], None]]:
        """Close a gate, so that the work behind it waits; yield what opens it, as the end of the block does.

        Parameters
        ----------
        gate
            ``"executors"``, ``"race"`` or ``"study"``; see ``gates/sitecustomize.py``.
        text
            For executors: how many rows of a run they explain before they wait.
        """
        file = self.home / "gates" / gate
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

        def open_gate() -> None:
            file.unlink(missing_ok=True)

        try:
            yield open_gate
        finally:
            open_gate()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "streamlit", "run", str(self._script), f"--server.port={self.port}"),
                    f"--secrets.files={self.home / 'secrets.toml'}",
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "SPARKLIME_HOME": str(self.home),
                    "PYTHONPATH": str(GATES),
                    **self._environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The server did not start:\n{self.log()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop it; whatever it has started must go with it, and is killed if it does not."""
        if self._process is None:
            return
        children = _children(self._process.pid)
        self._process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        _, left = psutil.wait_procs(children, timeout=5)
        for process in [*left, *_children(self._process.pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> list[psutil.Process]:
        """Kill the server alone, with SIGKILL; return what it had started."""
        assert self._process is not None
        children = _children(self._process.pid)
        self._process.kill()
        self._process.wait()
        self._process = None
        return children

    def processes(self) -> list[psutil.Process]:
        """Return the server and all that it has started."""
        assert self._process is not None
        return [psutil.Process(self._process.pid), *_children(self._process.pid)]

    def restart(self) -> None:
        """Stop and start it again on the same port."""
        self.stop()
        self.start()

    def log(self) -> str:
        """Return what it printed."""
        return (self.home / "server.log").read_text(errors="replace")

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False


@contextlib.contextmanager
def running_server(
    home: Path, environment: Mapping[str, str] | None = None, script: Path = ROOT / "app.py"
) -> Iterator[Server]:
    """Yield a running server, stopped at the end."""
    server = Server(home, environment, script)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
