"""The time limit and the signals that end the tool hold whatever the kernel does with a read."""
import os
import pathlib
import signal
import subprocess
import time

import pytest
from tool import BINARY, doctor, untouched


@pytest.fixture
def unfilled(program_patient):
    """A process with a page that a look reads, and that is never filled."""
    patient = program_patient("unfilled_memory.py", [])
    patient.settle()
    os.kill(patient.pid, signal.SIGUSR1)
    patient.settle()
    return patient


def test_a_read_that_never_returns_ends_with_the_time_limit(unfilled):
    run = doctor("attach", unfilled.pid, "--timeout", "0.5")
    assert run.code == 7, run.err
    assert "in time" in run.err
    assert run.out == ""
    assert untouched(unfilled.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_read_that_never_returns_does_not_make_it_deaf(unfilled, number):
    # A shell without job control would have it ignore SIGINT.
    default = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    tool = subprocess.Popen([BINARY, "attach", str(unfilled.pid), "--timeout", "60"], preexec_fn=default)
    waits = lambda: len(list(pathlib.Path(f"/proc/{tool.pid}/task").iterdir())) > 1
    while not waits():
        assert tool.poll() is None
        time.sleep(0.01)
    tool.send_signal(number)
    assert tool.wait(20) == 128 + number
