"""Which `Backend` a session has. It imports each kind when it is needed: executors need neither."""

from typing import TYPE_CHECKING

from sparklime_core.spark.session.backend import Backend, is_connect

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def backend_of(spark: "SparkSession") -> Backend:
    """Return the backend of any session, also of one that another program has made."""
    if is_connect(spark):
        from sparklime_core.spark.session.connect_backend import ConnectBackend  # noqa: PLC0415 - imports gRPC

        return ConnectBackend.of(spark)
    from sparklime_core.spark.session.classic_backend import ClassicBackend  # noqa: PLC0415 - executors need none

    return ClassicBackend(spark)
