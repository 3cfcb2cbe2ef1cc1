"""Two busy processes beside: they make no healthy process look sick, and hide no loop."""
import subprocess
import sys

import pytest
from patient import variants
from tool import attach

LOOKS = 4
LOOKS_AT_A_LOOP = 20
# Loops whose innermost frames are others in each look.
MOVING = [(v, python) for v in variants("busy_loop") if v.name in ("deep", "mutual", "generator") for python in v.pythons]
HEALTHY = [variant for variant in variants("healthy_*") if "3.14" in variant.pythons]


@pytest.fixture
def two_busy_processes():
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    yield
    for process in busy:
        process.kill()
        process.wait()


@pytest.mark.parametrize("variant", HEALTHY, ids=str)
def test_the_healthy_stay_healthy(two_busy_processes, variant):
    with variant.patient("3.14") as patient:
        for _ in range(LOOKS):
            report = attach(patient.pid)
            allowed = {*variant.findings, *variant.verdict}
            assert [f for f in report["findings"] if f["severity"] == "critical" and f["code"] not in allowed] == []


@pytest.mark.parametrize(("variant", "python"), MOVING, ids=[f"{v}-{p}" for v, p in MOVING])
def test_a_busy_loop_is_one_in_every_look(two_busy_processes, variant, python):
    with variant.patient(python) as patient:
        verdicts = [attach(patient.pid)["verdict"]["code"] for _ in range(LOOKS_AT_A_LOOP)]
        assert set(verdicts) == {"busy-loop"}, verdicts
