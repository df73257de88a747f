"""Turn what Spark, py4j and Python workers raise into one sentence."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError, Py4JJavaError, Py4JNetworkError

from sparklime_core.errors import SparkError, SparkLimeError

LONGEST = 400
_PYTHON_ERROR = re.compile(r"^(?:[\w.]+\.)?(\w*(?:Error|Exception|Exit|Interrupt|Warning))\b:?\s*(.*)$")
_STOPPED = re.compile(r"stopped SparkContext|SparkContext was shut down")
_NOISE = re.compile(r"^(JVM stacktrace|Driver stacktrace|\s*at |\s*\.\.\. \d+ more)")


class SessionEndedError(SparkError):
    """The session was stopped, or its JVM or its server is gone."""


@contextmanager
def raised_by_spark(what: str) -> Iterator[None]:
    """Raise what Spark, py4j or gRPC raise as a `SparkError` of one sentence, with the original as its cause."""
    try:
        yield
    except SessionEndedError as error:
        raise SparkError(f"{what}: {error}") from error
    except SparkLimeError:
        raise
    except Exception as error:
        raise SparkError(f"{what}: {one_sentence(error)}") from error


def one_sentence(error: BaseException) -> str:
    """Return the root cause of a failure: the last line of a Python traceback where there is one."""
    if isinstance(error, Py4JNetworkError) or (
        isinstance(error, Py4JError) and not isinstance(error, Py4JJavaError)
    ):
        return "the connection to Spark's JVM was lost."
    text = str(error)
    if "StatusCode.UNAVAILABLE" in text:
        return "the connection to the server of Spark Connect was lost."
    if _STOPPED.search(text):
        is_connect = type(error).__module__.startswith("pyspark.errors.exceptions.connect")
        gone = "the Spark Connect server is gone" if is_connect else "the Spark session was stopped"
        return f"{gone}; connect again, and resume what was not finished."
    found = _last_python_line(text) or _first_line(text)
    sentence = " ".join(found.split())[:LONGEST].rstrip()
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _last_python_line(text: str) -> str | None:
    """Return the line that ends the first Python traceback of a text."""
    start = text.find("Traceback (most recent call last)")
    if start < 0:
        return None
    lines = text[start:].splitlines()[1:]
    found = None
    for line in lines:
        if _NOISE.match(line):
            break
        if line and not line[0].isspace() and _PYTHON_ERROR.match(line):
            found = line
    return found


def _first_line(text: str) -> str:
    """Return what Java says of its innermost cause, or the first line."""
    lost = re.search(r"(ExecutorLostFailure|most recent failure)[^\n]*", text)
    if lost:
        return lost[0]
    causes = re.findall(r"^(?:Caused by: )([\w.$]+): ([^\n]+)", text, flags=re.MULTILINE)
    if causes:
        return str(causes[-1][1])
    lines = [line for line in text.splitlines() if line.strip() and not _NOISE.match(line)]
    return lines[0] if lines else "no reason was given"
