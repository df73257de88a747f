"""Whether this environment is as `make` leaves it, for benchmarks in which Spark starts."""

from sparklime_core.spark.session.java import archive_files


def check_prepared() -> None:
    """End where Spark's classes are not archived: a JVM then takes more than twice the processor time to start."""
    if not all(file.is_file() for file in archive_files()):
        raise SystemExit("Run `sparklime prepare` in this environment first: Spark's classes are not archived.")
