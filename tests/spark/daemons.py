"""Spark's own daemons, started one by one, as an operator does: each can be stopped, killed and replaced."""

import contextlib
import itertools
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sparklime_core.spark.session.java import SPARK_HOME, quick_start
from sparklime_core.spark.session.jvm import LOOPBACK, end_process, spark_environment
from sparklime_core.spark.session.master import parse_master, read_facts
from tests.spark.gate import SECONDS, kill, wait_for


@dataclass
class Daemons:
    """A master and its workers in a folder; ``workers`` is in the order in which they were started."""

    folder: Path
    master: subprocess.Popen | None = None
    workers: list[subprocess.Popen] = field(default_factory=list)
    url: str = ""
    web_url: str = ""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        daemons = [daemon for daemon in [*self.workers, self.master] if daemon is not None]
        for daemon in daemons:
            daemon.terminate()
        for daemon in daemons:
            end_process(daemon)
        self._kill_orphans()

    def make_whole(self, workers=2):
        """Start what is missing, whatever the test before has left."""
        if self.master is None or self.master.poll() is not None:
            self.start_master()
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) > workers:
            self.stop_worker(self.workers.pop())
        while len(self.workers) < workers:
            self.start_worker()
        wait_for(lambda: self.alive() == workers)

    def executors(self):
        """Return the executors' processes, by their ids, whether their worker lives or not."""
        found = {}
        for process in self._below_workers():
            with contextlib.suppress(psutil.Error):
                line = process.cmdline()
                if "org.apache.spark.executor.CoarseGrainedExecutorBackend" in line:
                    found[line[line.index("--executor-id") + 1]] = process
        return found

    def kill_workers(self):
        """Kill all workers, and their executors."""
        for worker in self.workers:
            worker.kill()
        for worker in self.workers:
            worker.wait(SECONDS)  # a process whose main thread alone has ended is still its executors' parent
        self._kill_orphans()

    def stop_worker(self, worker):
        """End a worker as an operator does, with its executors."""
        stop(worker)
        self._kill_orphans()

    def _below_workers(self):
        """Yield what runs in the folder: executors, their Python workers, and what is about to become one."""
        daemons = {daemon.pid for daemon in [*self.workers, self.master] if daemon is not None}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                place = Path(process.cwd())
                if process.pid not in daemons and self.folder in (place, *place.parents):
                    yield process

    def _kill_orphans(self):
        """Kill what has no worker: one that ends may start an executor in its last moments and leave it."""
        while orphans := self._orphans():
            kill(orphans)

    def _orphans(self):
        daemons = [daemon for daemon in [*self.workers, self.master] if daemon is not None]
        alive = {daemon.pid for daemon in daemons if daemon.poll() is None}
        return [process for process in self._below_workers() if not alive & _parents(process)]

    def start_master(self):
        """Start a master: on a free port at first, on the same one again after that."""
        port = self.url.rpartition(":")[2] or "0"
        log = self.folder / f"master-{time.monotonic_ns()}.log"
        self.master = self._start("master.Master", ["--port", port, "--webui-port", "0"], log)
        self.url = told(r"Starting Spark master at (spark://\S+)", log)
        self.web_url = told(r"MasterWebUI.* started at (http://\S+)", log).replace("localhost", LOOPBACK)

    def start_worker(self):
        """Start a worker, and wait until the master knows it."""
        number = next(self._numbers)
        folder, log = self.folder / f"work-{number}", self.folder / f"worker-{number}.log"
        size = ["--cores", "1", "--memory", "512m", "--work-dir", str(folder), "--webui-port", "0", self.url]
        self.workers.append(self._start("worker.Worker", size, log))
        told("(Successfully registered with master)", log)

    def alive(self):
        """How many workers the master has."""
        return len(read_facts(parse_master(self.url), self.web_url).workers)

    def _start(self, name, arguments, log):
        command = [str(SPARK_HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--host", LOOPBACK]
        quick = {"SPARK_DAEMON_MEMORY": "512m", "SPARK_DAEMON_JAVA_OPTS": quick_start()}
        with log.open("ab") as output:
            return subprocess.Popen(
                [*command, *arguments],
                env={**spark_environment(), **quick},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )


def _parents(process):
    try:
        return {parent.pid for parent in process.parents()}
    except psutil.NoSuchProcess:
        return set()


def stop(daemon):
    """End a daemon as an operator does."""
    daemon.terminate()
    daemon.wait(SECONDS)


def told(pattern, log):
    """Wait until a log tells something."""
    found = []
    wait_for(lambda: found.extend(re.findall(pattern, log.read_text(errors="replace"))) or found)
    return found[0]
