"""The far side of `LimitedProcess` on Linux: a template forks a keeper and a worker for each limited process.

The template imports what the work needs, so that a worker begins in milliseconds; it does no work and starts no
thread. A worker does the work under limits, in a session of its own. Its keeper ends it when the asking process
hangs up, and reports how it ended. A worker whose keeper is gone is ended by the kernel.
"""

import array
import contextlib
import ctypes
import importlib
import os
import select
import signal
import socket
import sys

from sparklime_core.limited.child import READY, answer_request

MOST_NAME = 4096
PARENT_DEATH_SIGNAL = 1
"""``PR_SET_PDEATHSIG`` of Linux's ``prctl``."""


def serve(control: socket.socket) -> None:
    """Import what is asked for, and fork a keeper where one is, until the asking process closes the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # keepers leave no zombies
    while True:
        module, descriptors = receive(control)
        if not module:
            return
        with contextlib.suppress(Exception):  # the worker imports it again, and says what is wrong
            importlib.import_module(module.decode())
        if descriptors and os.fork() == 0:
            control.close()
            _keep(*descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def receive(sender: socket.socket) -> tuple[bytes, list[int]]:
    """Return a message and the two file descriptors, or none, of it; nothing when the sender has hung up."""
    descriptors = array.array("i")
    message, ancillary, _, _ = sender.recvmsg(MOST_NAME, socket.CMSG_SPACE(2 * descriptors.itemsize))
    for _, _, data in ancillary:
        descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return message, list(descriptors)


def _keep(talk: int, status: int) -> None:
    """Fork the worker, wait for its end or for a hang-up, write its exit status, and exit."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ended, ends = os.pipe()  # readable when the worker is gone
    worker = os.fork()
    if worker == 0:
        os.close(ended)
        os.close(status)
        _work(socket.socket(fileno=talk))
    os.close(ends)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(talk, select.POLLRDHUP)
    poll.poll()
    for end in (os.killpg, os.kill):  # the second, before the worker has a session of its own
        with contextlib.suppress(ProcessLookupError):
            end(worker, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
    with contextlib.suppress(OSError):
        os.write(status, str(code).encode())
    os._exit(0)


def _work(talk: socket.socket) -> None:
    """Do the work that is asked for, a piece at a time, until the socket is closed."""
    ctypes.CDLL(None).prctl(PARENT_DEATH_SIGNAL, signal.SIGKILL)
    os.setsid()
    talk.sendall(READY)
    while True:
        message, descriptors = receive(talk)
        if not message:
            os._exit(0)
        with open(descriptors[0], "rb") as request, open(descriptors[1], "wb") as answer:
            done = answer_request(request, answer)
        talk.sendall(done)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
