"""A driver with a slow link: ``sudo python -m benchmarks.slow_link [--quick] [--out docs]`` (Linux).

Master and worker run in a network of their own; a pair of virtual cards, each limited by the kernel's token
bucket, is all that joins it to the driver. `benchmarks.scaling` counts bytes of that link; here they are real.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"

from benchmarks.pages import machine, table  # noqa: E402 - after the number of threads
from benchmarks.scale import Problem, explain_on  # noqa: E402
from sparklime_core.runs.manifest import Writers  # noqa: E402
from sparklime_core.spark.session.connect import connect, disconnect  # noqa: E402
from sparklime_core.spark.session.jvm import SPARK_HOME, spark_environment  # noqa: E402

NETWORK = "sparklime-link"
HERE, THERE = "10.231.77.1", "10.231.77.2"
CARDS = ("sl-here", "sl-there")
MASTER_PORT, PAGE_PORT = 7077, 8080
START_SECONDS = 60.0
ENGINE = "sampled"

RATES = (None, 100, 20, 5)
"""Megabits a second, after a link without a limit."""

QUICK_RATES = (None, 20)
ROWS, QUICK_ROWS = 120_000, 20_000
WRITERS: tuple[Writers, ...] = ("driver", "executors")

PAGE = """# A driver with a slow link

Written by `python -m benchmarks.slow_link`; do not edit. {machine}; the load was {load:.1f} before.

A standalone master and a worker of one core run in a network of their own. A virtual link joins it to the driver,
and the kernel lets so many megabits a second through, each way. {rows:,} rows of 14 features are explained with
`sampled` on executors that have started. *Bytes* are what the driver received and sent in the run. *Least* is
what these bytes take on such a link, or the run without a limit where that takes longer.

"""


@dataclass(frozen=True)
class Run:
    """A run over a link: megabits a second (None: no limit), seconds, and bytes that came and went."""

    writers: Writers
    rate: int | None
    wall: float
    received: int
    sent: int


def measure(*, quick: bool) -> list[Run]:
    """Explain over each link, in both ways of writing."""
    rows, runs = (QUICK_ROWS if quick else ROWS), []
    with tempfile.TemporaryDirectory() as name, _network():
        folder = Path(name)
        problem = Problem.of(rows, folder)
        with _cluster(folder) as url:
            spark = connect(url)
            for writers in WRITERS:
                explain_on(spark, problem, ENGINE, writers, rows // 8)
            for rate in QUICK_RATES if quick else RATES:
                _limit(rate)
                for writers in WRITERS:
                    print(f"{time.strftime('%H:%M:%S')} {rate} Mbit/s, the {writers} write ...", flush=True)
                    before, began = _carried(), time.perf_counter()
                    explain_on(spark, problem, ENGINE, writers, rows)
                    wall, after = time.perf_counter() - began, _carried()
                    runs.append(Run(writers, rate, wall, after[0] - before[0], after[1] - before[1]))
            _limit(None)
            disconnect()
    return runs


@contextlib.contextmanager
def _network() -> Iterator[None]:
    """Make a network with one link to this one; take it away in the end."""
    here, there = CARDS
    _run("ip", "netns", "add", NETWORK)
    try:
        _run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", NETWORK)
        _run("ip", "addr", "add", f"{HERE}/30", "dev", here)
        _run("ip", "link", "set", here, "up")
        for words in (f"addr add {THERE}/30 dev {there}", f"link set {there} up", "link set lo up"):
            _run(*_inside("ip", *words.split()))
        yield
    finally:
        _run("ip", "netns", "delete", NETWORK)  # its card goes with it, and so does the other end
        subprocess.run(["ip", "link", "delete", here], check=False, capture_output=True)


def _limit(rate: int | None) -> None:
    """Let so many megabits a second through, each way."""
    here, there = CARDS
    for inside, card in ((False, here), (True, there)):
        words = ["tc", "qdisc", "delete", "dev", card, "root"]
        subprocess.run(_inside(*words) if inside else words, check=False, capture_output=True)
        if rate is not None:
            words = ["tc", "qdisc", "add", "dev", card, "root", "tbf", "rate", f"{rate}mbit"]
            words += ["burst", "64kb", "latency", "400ms"]
            _run(*(_inside(*words) if inside else words))


def _carried() -> tuple[int, int]:
    """Return the bytes that the driver's end of the link has received and sent."""
    folder = Path("/sys/class/net") / CARDS[0] / "statistics"
    received, sent = (int((folder / name).read_text()) for name in ("rx_bytes", "tx_bytes"))
    return received, sent


@contextlib.contextmanager
def _cluster(folder: Path) -> Iterator[str]:
    """Start a master and a worker of one core in the other network; yield the master's URL."""
    url = f"spark://{THERE}:{MASTER_PORT}"
    ports = ["--host", THERE, "--port"]
    work = ["--cores", "1", "--memory", "1g", "--work-dir", str(folder / "work")]
    commands = (
        ["master.Master", *ports, str(MASTER_PORT), "--webui-port", str(PAGE_PORT)],
        ["worker.Worker", *ports, "0", "--webui-port", "0", *work, url],
    )
    started = []
    try:
        for name, *words in commands:
            log = (folder / f"{name}.log").open("wb")
            command = _inside(str(SPARK_HOME / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", *words)
            environment = {**spark_environment(), "SPARK_LOCAL_IP": THERE, "SPARK_PUBLIC_DNS": THERE}
            started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        _await(folder / "worker.Worker.log", "Successfully registered with master")
        yield url
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _await(log: Path, text: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while text not in log.read_text(errors="replace"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{log.name} does not say {text!r}:\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.2)


def _inside(*words: str) -> list[str]:
    return ["ip", "netns", "exec", NETWORK, *words]


def _run(*words: str) -> None:
    subprocess.run(words, check=True)


def page(runs: list[Run], rows: int, load: float) -> str:
    """Return the page: each run, and what its bytes take at least."""
    free = {run.writers: run.wall for run in runs if run.rate is None}
    lines = []
    for run in sorted(runs, key=lambda run: WRITERS.index(run.writers)):
        most = max(run.received, run.sent)
        least = max(free[run.writers], 0.0 if run.rate is None else most * 8 / (run.rate * 1e6))
        lines.append(
            [
                run.writers, "no limit" if run.rate is None else f"{run.rate} Mbit/s", f"{run.wall:.1f}",
                f"{rows / run.wall:,.0f}", f"{run.received / rows:.0f}", f"{run.sent / rows:.0f}", f"{least:.1f}",
            ]
        )  # fmt: skip
    header = ["who writes", "the driver's link", "seconds", "rows a second", "bytes received for a row"]
    header += ["bytes sent for a row", "least, s"]
    return PAGE.format(machine=machine("numpy", "pyspark"), load=load, rows=rows) + table(header, lines)


def main() -> None:
    """Measure, and write ``slow_link.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slow_link", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rows and links: to see that it works")
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the page (docs)")
    chosen = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("tc") is None:
        parser.error("it needs root, and the programs ip and tc (iproute2)")
    load = os.getloadavg()[0]
    runs = measure(quick=chosen.quick)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "slow_link.md").write_text(page(runs, QUICK_ROWS if chosen.quick else ROWS, load))
    print(f"Wrote {chosen.out / 'slow_link.md'}.")


if __name__ == "__main__":
    main()
