"""What executors have written."""

import pytest

from sparklime_core.errors import SparkError
from sparklime_core.spark.executors import logs


def test_outputs_of_executors_are_read_in_order(tmp_path):
    for executor in ("10", "9"):
        folder = tmp_path / "work" / "app-1-0000" / executor
        folder.mkdir(parents=True)
        lines = [f"{logs.MARK} executor {executor}: {n}" if n % 2 else f"INFO {n}" for n in range(100)]
        (folder / "stderr").write_text("\n".join(lines))
    first, second = logs.cluster_outputs(tmp_path, "app-1-0000", lines=3)
    assert (first.executor, second.executor) == ("9", "10")
    assert [line[-2:] for line in first.evidence] == ["95", "97", "99"]
    assert [line[-2:] for line in first.tail] == ["97", "98", "99"]


@pytest.mark.parametrize("application", ["../../etc", "app-1/../..", "", "app-", "local-1"])
def test_only_an_application_can_be_asked_for(tmp_path, application):
    with pytest.raises(SparkError, match="There is no application"):
        logs.cluster_outputs(tmp_path, application)
