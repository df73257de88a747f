"""What a stranger's file could do to a program becomes a sentence, and leaves no process behind."""

import os
import select
import signal
import subprocess
import sys
from contextlib import closing

import psutil
import pytest

from sparklime_core.errors import LimitError, ModelError, SettingsError
from sparklime_core.limited import process as limited
from sparklime_core.limited.limits import GIB, Limits
from sparklime_core.limited.process import LimitedProcess, call_limited, import_ahead

from . import work_samples as work

USUAL = Limits(GIB // 2, 60.0)
SHORT = Limits(GIB // 2, 1.0)


def refused(function, *arguments, limits=USUAL):
    with pytest.raises(LimitError) as caught:
        call_limited(function, *arguments, limits=limits, work="Reading the table")
    message = str(caught.value)
    assert message.startswith("Reading the table ")
    assert message.endswith(".")
    assert "\n" not in message
    return message


def test_a_function_returns_a_value_and_bytes():
    answer = call_limited(work.add, 2, 3, limits=USUAL, work="Adding")
    assert answer.value == {"sum": 5}
    assert bytes(answer.content) == b"5"


def test_it_runs_in_a_process_and_a_session_of_its_own():
    child, keeper, session = call_limited(work.process_of, limits=USUAL, work="Looking").value
    assert child == session != os.getpid()
    assert not psutil.pid_exists(child)
    assert keeper != os.getpid()


def test_threads_are_as_many_as_allowed():
    limits = Limits(GIB, 60.0, threads=2)
    assert call_limited(work.count_threads, limits=limits, work="Looking").value == [2, 1]


@pytest.mark.parametrize("name", ["read_wild_memory", "abort"])
def test_a_crash_is_a_sentence(name):
    assert "has crashed" in refused(getattr(work, name))


def test_an_exit_is_a_sentence():
    assert "status 3" in refused(work.leave)


@pytest.mark.parametrize("name", ["fill_memory", "fill_file"])
def test_too_much_memory_is_a_sentence(name):
    assert "more than 0.5 GiB of memory" in refused(getattr(work, name))


def test_thousands_of_threads_are_more_than_the_memory_allows():
    refused(work.start_threads)


@pytest.mark.parametrize("name", ["spin", "sleep"])
def test_endless_work_is_a_sentence(name):
    assert "longer than 1 seconds" in refused(getattr(work, name), limits=SHORT)


def test_the_sentence_names_the_operators_variable(monkeypatch):
    monkeypatch.setenv("SPARKLIME_TABLE_MEMORY", "0.25")
    limits = Limits.from_environment("SPARKLIME_TABLE", memory=4, seconds=60)
    assert "0.25 GiB of memory; give a smaller file, or raise SPARKLIME_TABLE_MEMORY" in refused(
        work.fill_memory, limits=limits
    )


@pytest.mark.parametrize("text", ["much", "-1", "0", "nan", "inf"])
def test_a_variable_that_holds_no_positive_number_is_refused(monkeypatch, text):
    monkeypatch.setenv("SPARKLIME_TABLE_SECONDS", text)
    with pytest.raises(SettingsError, match="SPARKLIME_TABLE_SECONDS must be a positive number"):
        Limits.from_environment("SPARKLIME_TABLE", memory=4, seconds=60)


def test_our_own_errors_arrive_as_they_are():
    with pytest.raises(ModelError, match=r"The model is not one\."):
        call_limited(work.refuse, limits=USUAL, work="Loading")


def test_an_error_that_nobody_foresaw_is_a_sentence():
    assert "KeyError: 'surprise'" in refused(work.fail)
    assert "JSON" in refused(work.return_what_json_has_not)


def test_a_process_is_asked_again_and_replaced_when_it_has_crashed():
    with LimitedProcess() as process:

        def ask(function, *arguments):
            return process.call(function, *arguments, limits=USUAL, work="Asking").value

        first = ask(work.process_of)
        assert ask(work.process_of) == first
        with pytest.raises(ModelError):
            ask(work.refuse)
        assert ask(work.process_of) == first
        with pytest.raises(LimitError):
            ask(work.abort)
        second = ask(work.process_of)
        assert second != first
    assert not psutil.pid_exists(second[0])


def test_processor_time_is_counted_from_the_beginning_of_each_call():
    with LimitedProcess() as process:
        for _ in range(3):
            with pytest.raises(LimitError, match="longer"):
                process.call(work.spin, limits=SHORT, work="Spinning")
            assert process.call(work.add, 1, 1, limits=SHORT, work="Adding").value == {"sum": 2}


ASKS = """
import sys
from pathlib import Path
from sparklime_core.limited.limits import Limits
from sparklime_core.limited.process import call_limited
from tests.unit.limited import work_samples as work
call_limited(work.start_child_and_sleep, Path(sys.argv[1]), limits=Limits(2**29, 600.0), work="Sleeping")
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_stays_when_the_asking_process_is_killed(tmp_path, end):
    path = tmp_path / "pids"
    os.mkfifo(path)  # opening it waits for the worker
    asking = subprocess.Popen([sys.executable, "-c", ASKS, str(path)])
    processes = [psutil.Process(int(pid)) for pid in path.read_text().split()]  # worker, keeper, worker's child
    asking.send_signal(end)
    asking.wait()
    _, alive = psutil.wait_procs(processes, timeout=240)
    assert not alive


def test_a_worker_ends_with_its_keeper(tmp_path):
    path = tmp_path / "pids"
    os.mkfifo(path)
    asking = subprocess.Popen([sys.executable, "-c", ASKS, str(path)], stderr=subprocess.PIPE, text=True)
    worker, keeper, _ = map(int, path.read_text().split())
    watched = psutil.Process(worker)
    os.kill(keeper, signal.SIGKILL)
    assert not psutil.wait_procs([watched], timeout=240)[1]
    os.killpg(worker, signal.SIGKILL)  # the worker's own child, which only a keeper ends
    assert "was ended from outside" in asking.communicate()[1]


def test_a_template_that_was_ended_is_started_again():
    for number, ask in enumerate((lambda: import_ahead(work.__name__), lambda: None)):
        call_limited(work.add, 1, 1, limits=USUAL, work="Adding")
        limited._template._process.kill()
        limited._template._process.wait()
        ask()
        assert call_limited(work.add, 1, number, limits=USUAL, work="Adding").value == {"sum": 1 + number}


def wait_for(reader):
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    assert poll.poll(240_000)


def test_a_module_is_imported_ahead_once(tmp_path, monkeypatch):
    fifo = tmp_path / "imported"
    os.mkfifo(fifo)
    (tmp_path / "seldom_imported.py").write_text(
        f"""with open({str(fifo)!r}, "w") as file:
    file.write("here")
"""
    )
    monkeypatch.syspath_prepend(tmp_path)
    template = limited._Template()
    monkeypatch.setattr(limited, "_template", template)
    with closing(template), open(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)) as reader:
        import_ahead("no.such.module")
        import_ahead("seldom_imported")
        wait_for(reader)
        assert reader.read() == "here"  # nobody has asked for a process yet
        worker = template.fork("seldom_imported")
        assert worker.start()
        worker.end()
        assert reader.read() == ""  # it was not imported again


def test_that_no_process_can_be_started_is_a_sentence(monkeypatch):
    monkeypatch.setattr(limited, "_template", limited._Template())
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    import_ahead(work.__name__)
    with pytest.raises(LimitError, match="Adding cannot begin: no process can be started for it"):
        call_limited(work.add, 1, 1, limits=USUAL, work="Adding")


class TestWithoutForking:
    """As where the system is not Linux: each call starts a Python."""

    @pytest.fixture(autouse=True)
    def elsewhere(self, monkeypatch):
        monkeypatch.setattr(limited, "FORKS", False)

    def test_a_function_returns_a_value_and_bytes(self):
        answer = call_limited(work.add, 2, 3, limits=USUAL, work="Adding")
        assert (answer.value, bytes(answer.content)) == ({"sum": 5}, b"5")

    def test_a_crash_and_an_overrun_are_sentences(self, monkeypatch):
        monkeypatch.setattr(limited, "STARTUP_SECONDS", 1.0)
        assert "has crashed" in refused(work.abort)
        assert "longer than 1 seconds" in refused(work.sleep, limits=SHORT)
