"""The tests of SparkLIME.

OpenMP has one thread here, and in all that the tests start: several processes of tests share the cores, and the
threads of one wait for those of another by running in circles. Linear algebra keeps two, as on a person's machine.
Spark has the settings of ``spark_defaults``, and so has the JVM that writes the command line of each other one.
"""

import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("SPARK_LAUNCHER_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
os.environ.setdefault("SPARK_CONF_DIR", str(Path(__file__).parent / "spark_defaults"))
