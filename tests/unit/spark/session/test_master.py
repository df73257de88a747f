"""What may be written as a master, and what a standalone master's page tells."""

import http.server
import json
import os
import threading
from contextlib import contextmanager

import pytest

from sparklime_core.errors import SparkError
from sparklime_core.spark.session.master import MasterFacts, is_embedded, parse_master, read_facts


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("local", "local[1,4]"),
        ("local[2]", "local[2,4]"),
        ("local[*]", "local[*,4]"),
        (" local[3,1] ", "local[3,4]"),
        ("spark://127.0.0.1:7077", "spark://127.0.0.1:7077"),
        ("spark://a:7077,b:7078", "spark://a:7077,b:7078"),
    ],
)
def test_masters(text, url):
    assert parse_master(text).url == url
    assert parse_master(text).is_local == text.strip().startswith("local")


def test_a_cluster_of_processes_on_this_machine_is_not_embedded():
    assert is_embedded("local")
    assert is_embedded("local[2]")
    assert not is_embedded("local-cluster[2,1,1024]")


@pytest.mark.parametrize(
    "text",
    [
        "", "Yarn", "yarn:1", "k8s://", "k8s://a b", "k8s://a\nb", "k8s://\u0430",
        "local[0]", "local[-1]", "local[x]", "locals", "spark://", "spark://host", "spark://host:x",
        "spark://:7077", "spark://host:99999", "spark://a:1,", "spark://a b:1", "spark://u@a:1", "spark://a:1/x",
        "http://a:1", "local[2]\nspark.x=1", "sc://", "sc://:15002", "sc://a:x", "sc://a:1,b:2", "sc://a b", "sc://u@a",
        "spark://127.0.0.1：7077", "spark://１２７.0.0.1:7077", "spark://a:７077", "spark://a:1#b:2", "spark://a:1?b:2",
        "spark://a\\b:1", "spark://a:1,\tb:2", "spark://a\n:1", "spark://a%2e:1", "spark://a:0", "local[２]", "sc://a：1",
        "sc://a:1/x", "sc://a/;use_ssl", "sc://a/x;use_ssl=true", "sc://a:1/;user_id=a b", "sc://a:99999",
    ],
)  # fmt: skip
def test_nonsense_is_refused(text):
    with pytest.raises(
        SparkError,
        match=r"The master must be local\[N\], local\[\*\], spark://host:port, sc://h.+ yarn or k8s",
    ):
        parse_master(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("sc://a:1", ("a", 1)),
        ("sc://a", ("a", 15002)),
        ("sc://a:1/", ("a", 1)),
        (" sc://a/;use_ssl=true;user_id=me ", ("a", 15002)),
    ],
)
def test_connect_servers(text, address):
    master = parse_master(text)
    assert (master.url, master.addresses) == (text.strip(), (address,))
    assert master.is_connect
    assert not master.is_local
    assert read_facts(master) == MasterFacts()


@pytest.mark.parametrize(
    "text", ["yarn", "k8s://https://far:6443", "k8s://far:6443", " k8s://http://127.0.0.1:8001 "]
)
def test_what_is_handed_on_to_spark_as_it_is(text):
    master = parse_master(text)
    assert (master.url, master.addresses) == (text.strip(), ())
    assert master.is_managed
    assert not any((master.is_local, master.is_connect, master.is_standalone))
    assert read_facts(master) == MasterFacts()


def test_a_token_is_not_part_of_an_address():
    with pytest.raises(SparkError, match="SPARK_CONNECT_AUTHENTICATE_TOKEN instead") as caught:
        parse_master("sc://a:1/;use_ssl=true;token=hush")
    assert "hush" not in str(caught.value)


def test_several_addresses():
    assert parse_master("spark://a:7077,B:7078,[::1]:1").addresses == (("a", 7077), ("b", 7078), ("::1", 1))


def test_threads_of_embedded_spark():
    texts = ("local", "local[3]", "local[3,1]", "local[*]", "spark://a:1")
    assert [parse_master(text).threads for text in texts] == [1, 3, 3, os.cpu_count(), 0]


@contextmanager
def page(state, html):
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write((state if self.path == "/json/" else html).encode())

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


MASTER = parse_master("spark://127.0.0.1:1")
STATE = {
    "url": "spark://127.0.0.1:1",
    "workers": [{"id": "w1", "state": "ALIVE"}, {"id": "w2", "state": "DEAD"}],
    "activeapps": [{"id": "app-1", "state": "RUNNING"}],
}


@pytest.mark.parametrize(
    "html",
    ['<span class="version me-3">4.3.0</span>', '<span class="version" style="margin-right: 15px;">4.3.0</span>'],
)
def test_a_page_tells_version_and_living_workers(html):
    with page(json.dumps(STATE), html) as url:
        assert read_facts(MASTER, url) == MasterFacts(url, "4.3.0", ({"id": "w1", "state": "ALIVE"},), ("app-1",))


@pytest.mark.parametrize("state", ["[]", "no json", json.dumps({**STATE, "url": "spark://127.0.0.1:2"})])
def test_the_page_of_something_else_tells_nothing(state):
    with page(state, "") as url:
        assert read_facts(MASTER, url) == MasterFacts()


def test_no_page_tells_nothing():
    assert read_facts(MASTER, "http://127.0.0.1:1") == MasterFacts()
