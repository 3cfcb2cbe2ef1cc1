"""A thousand attaches in a row to a healthy program under load: it must not notice. Its output with the tool at work is
compared with its output without, byte for byte: every signal counted once, no EINTR, no wrong byte in its sockets."""
import os
import signal
import subprocess

import pytest
from tool import BINARY, PYTHONS, untouched

ATTACHES = 1000
NATIVE_ATTACHES = 1000 if os.environ.get("SUBINT_DOCTOR_LONG") else 100  # tests/run.sh full
SIGNALS = 200


def drive(program, tool_runs):
    """Sends SIGNALS signals, each after the last was acknowledged, and spreads `tool_runs` runs of the tool over them."""
    failures = []
    for number in range(SIGNALS):
        for _ in range(tool_runs // SIGNALS):
            done = subprocess.run([BINARY, "attach", str(program.pid)], capture_output=True, timeout=60, check=False)
            if done.returncode != 0:
                failures.append((done.returncode, done.stderr, done.stdout.partition(b"Not read")[2]))
        program.signal(signal.SIGUSR1)
        program.wait_for(lambda: len(program.output().splitlines()) > number, f"acknowledgement {number + 1}")
    assert untouched(program.pid)
    program.signal(signal.SIGTERM)
    assert program.wait_ended() == 0
    return program.output().splitlines(), failures


@pytest.mark.parametrize("loop", ["trio", "asyncio"])
def test_a_thousand_attaches_go_unnoticed(program_patient, loop):
    alone, _ = drive(program_patient("under_load.py", [loop]), 0)
    watched, failures = drive(program_patient("under_load.py", [loop]), ATTACHES)
    assert failures == []
    assert alone[-1] == "interrupted 0"
    assert len(alone) == SIGNALS + 1
    assert watched == alone


# Python repeats an interrupted call and C libraries may not, so the calls are C's. On 3.15 whoever sleeps has to be held.
@pytest.mark.parametrize("python", PYTHONS)
def test_no_call_notices_that_its_c_stack_is_read(program_patient, python):
    program = program_patient("interruptible.py", [], python)
    for _ in range(NATIVE_ATTACHES):
        done = subprocess.run([BINARY, "attach", str(program.pid), "--native", "--looks", "1"], capture_output=True,
                              timeout=60, check=False)
        assert done.returncode == 0, done.stderr
    assert untouched(program.pid)
    program.signal(signal.SIGTERM)
    assert program.wait_ended() == 0
    lines = program.output().splitlines()
    assert len(lines) == 15
    assert [line for line in lines if not line.strip().endswith("disturbed 0")] == []
