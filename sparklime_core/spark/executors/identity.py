"""The id of an executor. It imports the standard library alone."""

import os
import re

EMBEDDED = "driver"
"""Id of the only executor of embedded Spark."""


def executor_id() -> str:
    """Return the id of the executor that this Python worker serves; Spark has it in the environment."""
    named = os.environ.get("SPARK_EXECUTOR_ID")
    found = re.search(r"[?&]executorId=([^&]+)", os.environ.get("SPARK_LOG_URL_STDERR", ""))
    return named or (found[1] if found else EMBEDDED)
