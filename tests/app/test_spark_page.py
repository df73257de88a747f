"""The page *Spark*: it opens where Spark is, and a real cluster is stopped there, with the session on it."""

import pytest

from sparklime_core.dashboard.shared import services
from sparklime_core.runs.store import RunStore
from sparklime_core.spark.session.connect import current
from tests.app.conftest import OpenPage, sound


@pytest.mark.spark
def test_a_cluster_and_the_session_on_it_are_stopped(no_runs: RunStore, open_page: OpenPage) -> None:
    service = services._server().service
    try:
        cluster = service.start_cluster(workers=1, cores=1, memory="512m")
        service.connect()
        app = open_page("spark")
        assert cluster.url in [text.value for text in app.text]
        assert app.segmented_control(key="spark-place").value == "cluster"

        sound(next(button for button in app.button if button.label == "Stop the cluster").click().run())

        assert not cluster.alive()
        assert current() is None
        assert "local[*]" in [text.value for text in app.text]
        assert "Stop the cluster" not in [button.label for button in app.button]
    finally:
        service.close()
