"""The tests of SparkLIME.

OpenMP has one thread here, and in all that the tests start: several processes of tests share the cores, and the
threads of one wait for those of another by running in circles. Linear algebra keeps two, as on a person's machine.
The JVMs of drivers, and those that write their command lines, have the quick compiler and one thread that collects
garbage. A folder of settings (``SPARK_CONF_DIR``) is no place for that: it would come first on the class path, and
Java would ignore the archive of Spark's classes.

Compiled modules are kept, in containers too, which often have ``PYTHONDONTWRITEBYTECODE``: hundreds of processes
import the same ones.
"""

import os
import sys

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "2")
os.environ.setdefault("SPARK_LAUNCHER_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
os.environ.setdefault("SPARK_SUBMIT_OPTS", "-XX:+UseSerialGC -XX:TieredStopAtLevel=1")
