"""``python holder.py cluster|session``: start it, print the process ids it stands on, wait to be killed."""

import json
import sys
import time

import psutil

from sparklime_core import LocalCluster, connect

cluster = LocalCluster.start(workers=1, memory="512m") if sys.argv[1] == "cluster" else None
spark = connect(cluster.url if cluster else "local[1]")
spark.sparkContext.parallelize([1]).map(lambda x: x).collect()
pids = [process.pid for process in psutil.Process().children(recursive=True)]
sys.stdout.write(json.dumps(pids) + "\n")
sys.stdout.flush()
time.sleep(600)
