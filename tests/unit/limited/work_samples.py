"""Functions for a limited process to call: well-behaved ones, and all that a stranger's file could make it do."""

import ctypes
import os
import threading
import time

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_info

from sparklime_core.errors import ModelError


def add(file, left, right):
    file.write(b"%d" % (left + right))
    return {"sum": left + right}


def process_of(file):
    return [os.getpid(), os.getppid(), os.getsid(0)]


def count_threads(file):
    np.ones((9, 9)) @ np.ones((9, 9))
    return [pa.cpu_count(), max(pool["num_threads"] for pool in threadpool_info())]


def read_wild_memory(file):
    ctypes.string_at(8)


def abort(file):
    os.abort()


def leave(file):
    os._exit(3)


def fill_memory(file):
    return len([np.ones(2**24) for _ in range(1000)])


def fill_file(file):
    for _ in range(10_000):
        file.write(bytes(2**20))


def start_threads(file):
    held = threading.Event()
    for _ in range(5000):
        threading.Thread(target=held.wait, daemon=True).start()


def spin(file):
    while True:
        pass


def sleep(file):
    time.sleep(3600)


def refuse(file):
    raise ModelError("The model is not one.")


def fail(file):
    raise KeyError("surprise")


def return_what_json_has_not(file):
    return {1, 2}


def start_child_and_sleep(file, path):
    child = os.fork()
    if child:
        path.write_text(f"{os.getpid()} {os.getppid()} {child}")
    time.sleep(3600)
