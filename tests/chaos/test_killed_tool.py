"""kill -9 on the tool at random moments: the patient is never stopped, never traced afterwards, and still works."""
import os
import random
import signal
import subprocess

import pytest
from tool import BINARY, untouched

KILLS = 5000 if os.environ.get("SUBINT_DOCTOR_LONG") else 200  # tests/run.sh full
NATIVE_KILLS = 2000 if os.environ.get("SUBINT_DOCTOR_LONG") else 300
SEED = 20260101


def kill_at(pid, delay_s, *options):
    tool = subprocess.Popen([BINARY, "attach", str(pid), *options], stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)
    try:
        tool.wait(timeout=delay_s)
    except subprocess.TimeoutExpired:
        tool.send_signal(signal.SIGKILL)
        tool.wait()
        return True
    return False


@pytest.mark.parametrize("fixture", ["busy_loop", "gil_held_in_native_code"])
def test_killed_at_any_moment_the_patient_runs_on(patient, fixture):
    p = patient("3.14", fixture)
    moments = random.Random(SEED)
    killed = 0
    for _ in range(KILLS):
        # A short interval packs reading and holding into the time that is shot at.
        killed += kill_at(p.pid, moments.uniform(0.0005, 0.012), "--interval", "2")
        assert untouched(p.pid)
    assert killed > KILLS // 4, "the tool ended before the shots: choose shorter delays"
    assert not p.ended()


# All threads are held, one after the other, each of them asleep.
def test_killed_while_c_stacks_are_copied(program_patient):
    p = program_patient("interruptible.py", [], "3.15")
    moments = random.Random(SEED)
    killed = 0
    for _ in range(NATIVE_KILLS):
        killed += kill_at(p.pid, moments.uniform(0.0005, 0.02), "--native", "--looks", "1")
        assert untouched(p.pid)
    assert killed > NATIVE_KILLS // 4, "the tool ended before the shots: choose shorter delays"
    p.signal(signal.SIGTERM)
    assert p.wait_ended() == 0
