"""The size of a cluster on this machine."""

import pytest

from sparklime_core.errors import ClusterError
from sparklime_core.spark.cluster.local_cluster import LocalCluster, memory_megabytes


@pytest.mark.parametrize(("text", "megabytes"), [("1g", 1024), ("512m", 512), (" 2048MB ", 2048), ("2G", 2048)])
def test_memory(text, megabytes):
    assert memory_megabytes(text) == megabytes


@pytest.mark.parametrize("text", ["", "1", "1t", "g", "-1g", "1.5g", "511m", "0g", "1g; rm"])
def test_bad_memory_is_refused(text):
    with pytest.raises(ClusterError, match="worker"):
        memory_megabytes(text)


@pytest.mark.parametrize(
    "numbers", [{"workers": 0}, {"workers": 65}, {"cores": 0}, {"workers": True}, {"cores": 1.5}]
)
def test_bad_sizes_of_a_cluster_are_refused(numbers):
    with pytest.raises(ClusterError, match=r"must be (a whole number|between 1 and)"):
        LocalCluster.start(**numbers)
