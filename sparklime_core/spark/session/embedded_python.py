"""Whether the Python that embedded Spark's workers are to run can explain: `check_python`."""

import json
import subprocess
import sys
from pathlib import Path

from sparklime_core.errors import SparkError
from sparklime_core.spark.executors import self_report

ASK_SECONDS = 60.0
ASK = """
import json, sys
sys.path.insert(0, sys.argv[1])
import self_report
print(json.dumps([self_report.python_version(), sorted(self_report.package_versions())]))
"""


def check_python(python: str) -> None:
    """Refuse a Python that cannot explain, before Spark starts; this very one is not asked.

    Raises
    ------
    SparkError
        When it does not run, is of another version, or lacks a package.
    """
    if python == sys.executable:
        return
    named = f"PYSPARK_PYTHON or spark.pyspark.python names {python!r}"
    remedy = "unset both, and Spark runs the Python of SparkLIME"
    try:
        command = [python, "-c", ASK, str(Path(self_report.__file__).parent)]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=ASK_SECONDS, check=True)
        version, packages = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SparkError(f"{named}, which does not run; {remedy}.") from error
    own = self_report.python_version()
    if version.split(".")[:2] != own.split(".")[:2]:
        raise SparkError(f"{named}, which is Python {version}, and SparkLIME runs Python {own}; {remedy}.")
    lacking = [name for name in self_report.NEEDED_PACKAGES if name not in packages]
    if lacking:
        raise SparkError(f"{named}, which has no {', '.join(lacking)}; {remedy}.")
