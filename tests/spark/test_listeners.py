"""Every port of an embedded session is asked as a stranger would; see `strangers.py`."""

import re
import time
import urllib.parse
import urllib.request

import psutil
import pytest

from sparklime_core import connect
from sparklime_core.spark.session.connect import current
from tests.spark.conftest import EMBEDDED
from tests.spark.strangers import SECONDS, listeners, post, python_workers, refuse_strangers

pytestmark = pytest.mark.spark


@pytest.fixture
def spark():
    """The session on embedded Spark, which all tests of this process share."""
    return connect(EMBEDDED)


def test_who_has_no_secret_gets_nothing_but_pages_of_a_session(spark):
    python_workers(spark)
    jvm = psutil.Process(current().gateway.process.pid)
    found = listeners([psutil.Process(), jvm, *jvm.children(recursive=True)])
    refuse_strangers(found, wanted={"a page", "Spark's messages", "py4j", "the daemon of Python workers"})


def test_a_job_is_not_ended_through_sparks_page(spark, gate):
    folder, done = str(gate.folder), []

    def wait_at_the_gate(number):
        import os
        import pathlib

        place = pathlib.Path(folder)
        (place / str(os.getpid())).touch()
        while not (place / "open").exists():
            time.sleep(0.05)
        return number

    with gate.hold(lambda: done.extend(spark.sparkContext.parallelize([7], 1).map(wait_at_the_gate).collect())):
        pages, status = spark.sparkContext.uiWebUrl, spark.sparkContext.statusTracker()
        port = urllib.parse.urlsplit(pages).port
        ids = {"jobs": status.getActiveJobsIds(), "stages": status.getActiveStageIds()}
        for page, path in (("jobs", "/jobs/job/kill/"), ("stages", "/stages/stage/kill/")):
            (active,) = ids[page]
            with urllib.request.urlopen(f"{pages}/{page}/", timeout=SECONDS) as answer:
                token = re.search(r'name="csrfToken"\s+value="([^"]+)"', answer.read().decode())
            form = {"id": active, "terminate": "true", "csrfToken": token[1] if token else ""}
            assert post(port, path, urllib.parse.urlencode(form))[0] >= 400
    assert done == [7]
