"""Masters: the texts that name them, and facts about a standalone one before connecting to it."""

import contextlib
import json
import os
import re
import socket
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import psutil

from sparklime_core.errors import SparkError

PROBE_SECONDS = 3.0
DEFAULT_WEB_PORT = 8080
RETRIES = 4
"""How often a task may fail before its job does: Spark's own number for clusters, here for embedded Spark too."""

STANDALONE = "spark://"
CONNECT = "sc://"
CONNECT_PORT = 15002
"""The default port of a server of Spark Connect."""

_PORT = re.compile(r":\w*$", re.ASCII)
_ADDRESS = re.compile(r"([a-z0-9_](?:[a-z0-9_.-]*)|\[[0-9a-f:.]+\]):([0-9]{1,5})", re.ASCII | re.IGNORECASE)
_PARAMETER = re.compile(r"\w+=[^\s;]+", re.ASCII)
_MANAGED = re.compile(r"yarn|k8s://[!-~]+", re.ASCII)
_LOCAL = re.compile(r"local(?:\[(\*|[1-9]\d*)(?:,\s*[1-9]\d*)?\])?", re.ASCII)
# Spark's pages are on loopback or inside the cluster's network: never ask an outside proxy for them.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Master:
    """A checked master.

    Attributes
    ----------
    text
        What the person wrote.
    url
        What Spark is given.
    addresses
        (host, port) of each standalone master, or of a Connect server; empty for others.
    """

    text: str
    url: str
    addresses: tuple[tuple[str, int], ...] = ()

    @property
    def threads(self) -> int:
        """How many tasks embedded Spark runs at once; 0 for other masters."""
        found = _LOCAL.fullmatch(self.text)
        if found is None:
            return 0
        return (os.cpu_count() or 1) if found[1] == "*" else int(found[1] or 1)

    @property
    def is_local(self) -> bool:
        """Whether Spark runs inside of this process's JVM."""
        return is_embedded(self.url)

    @property
    def is_standalone(self) -> bool:
        """Whether it is a standalone master."""
        return self.url.startswith(STANDALONE)

    @property
    def is_connect(self) -> bool:
        """Whether it is a server of Spark Connect."""
        return self.url.startswith(CONNECT)

    @property
    def is_managed(self) -> bool:
        """Whether Spark gets it unchanged: YARN, Kubernetes, or the master of another program's session."""
        return not (self.is_local or self.is_standalone or self.is_connect)


@dataclass(frozen=True)
class MasterFacts:
    """Facts on the web page of a standalone master; empty where the page was not found.

    Attributes
    ----------
    web_url
        Address of the page.
    version
        Version of its Spark.
    workers
        Its workers that are alive, as in its ``/json/``.
    applications
        Ids of the applications that it has now; None where the page was not found.
    """

    web_url: str | None = None
    version: str | None = None
    workers: tuple[dict[str, Any], ...] = field(default=())
    applications: tuple[str, ...] | None = None


def is_embedded(url: str) -> bool:
    """Tell whether a master is Spark in the JVM of this process, which ``local-cluster`` is not."""
    return url == "local" or url.startswith("local[")


def parse_master(text: str) -> Master:
    """Check a master's text.

    Raises
    ------
    SparkError
        When it is no master that Spark knows.
    """
    if not isinstance(text, str):
        raise SparkError(f"The master must be a text like local[2], not {text!r}.")
    text = text.strip()
    embedded = _LOCAL.fullmatch(text)
    if embedded is not None:
        return Master(text, f"local[{embedded[1] or 1},{RETRIES}]")
    if _MANAGED.fullmatch(text):
        return Master(text, text)
    if text.startswith(STANDALONE):
        try:
            addresses = tuple(_address(part) for part in text.removeprefix(STANDALONE).split(","))
        except ValueError:
            addresses = ()
        if addresses:
            return Master(text, text, addresses)
    if text.startswith(CONNECT):
        with contextlib.suppress(ValueError):
            return Master(text, text, (_connect_address(text),))
    raise SparkError(
        "The master must be local[N], local[*], spark://host:port, sc://host:port, yarn or "
        f"k8s://https://host:port, not {text!r}."
    )


def _connect_address(text: str) -> tuple[str, int]:
    """Return the address in ``sc://host:port/;name=value;...``."""
    place, _, parameters = text.removeprefix(CONNECT).partition("/")
    for parameter in filter(None, parameters.split(";")):
        if not _PARAMETER.fullmatch(parameter):
            raise ValueError(text)
        if parameter.startswith("token="):
            raise SparkError(
                "A token in the master's address would be seen by everybody; "
                "put it into the environment variable SPARK_CONNECT_AUTHENTICATE_TOKEN instead."
            )
    if parameters and not parameters.startswith(";"):
        raise ValueError(text)
    return _address(place if _PORT.search(place) else f"{place}:{CONNECT_PORT}")


def _address(part: str) -> tuple[str, int]:
    """Return a host, in small letters, and a port; only what every reader of addresses takes for the same."""
    found = _ADDRESS.fullmatch(part)
    if found is None or not 0 < int(found[2]) < 2**16:
        raise ValueError(part)
    return found[1].strip("[]").lower(), int(found[2])


def local_address_towards(master: Master) -> str:
    """Return this machine's address as a master elsewhere sees it, by connecting to it.

    Raises
    ------
    SparkError
        When nothing accepts a connection there.
    """
    reasons = []
    for address in master.addresses:
        try:
            with socket.create_connection(address, timeout=PROBE_SECONDS) as connection:
                return str(connection.getsockname()[0])
        except OSError as error:
            reasons.append(error.strerror or str(error) or type(error).__name__)
    raise SparkError(
        f"Nothing answers at {master.text} ({reasons[0]}); check the address, and that the master is running."
    )


def read_facts(master: Master, web_url: str | None = None) -> MasterFacts:
    """Return the facts on the web page of a standalone master; without its address, try the likely places."""
    if not master.is_standalone:
        return MasterFacts()
    for host, port in master.addresses:
        pages = [web_url] if web_url else _likely_pages(host, port)
        for page in pages:
            facts = _read_page(page, f"{host}:{port}")
            if facts is not None:
                return facts
    return MasterFacts()


def read_json(url: str) -> Any:
    """Return what a page of Spark answers in JSON.

    Raises
    ------
    OSError, ValueError
        When it does not.
    """
    with _opener.open(url, timeout=PROBE_SECONDS) as answer:
        return json.load(answer)


def _read_page(web_url: str, address: str) -> MasterFacts | None:
    """Read a page; None when it is not the page of the master at this address."""
    try:
        state = read_json(f"{web_url}/json/")
        if not isinstance(state, dict) or address not in str(state.get("url")):
            return None
        with _opener.open(f"{web_url}/", timeout=PROBE_SECONDS) as answer:
            version = re.search(
                r'class="version\b[^"]*"[^>]*>\s*([\w.-]+)\s*<', answer.read().decode(errors="replace")
            )
    except (OSError, ValueError):
        return None
    alive = tuple(worker for worker in state.get("workers", ()) if worker.get("state") == "ALIVE")
    applications = tuple(str(application.get("id")) for application in state.get("activeapps", ()))
    return MasterFacts(web_url, version[1] if version else None, alive, applications)


def _likely_pages(host: str, port: int) -> list[str]:
    """Return where the web page of a master may be: on the ports of its own process, or Spark's default one."""
    ports = _ports_beside(port) if _is_this_machine(host) else []
    return [f"http://{host}:{other}" for other in (*ports, DEFAULT_WEB_PORT)]


def _is_this_machine(host: str) -> bool:
    try:
        wanted = socket.gethostbyname(host)
    except OSError:
        return False
    own = {address.address for addresses in psutil.net_if_addrs().values() for address in addresses}
    return wanted.startswith("127.") or wanted in own


def _ports_beside(port: int) -> list[int]:
    """Return the other ports on which the process listens that listens on this one."""
    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:  # macOS wants root for it
        return []
    listening = [(c.pid, c.laddr.port) for c in connections if c.status == psutil.CONN_LISTEN and c.laddr]
    owners = {pid for pid, on in listening if on == port and pid is not None}
    return sorted({on for pid, on in listening if pid in owners} - {port})
