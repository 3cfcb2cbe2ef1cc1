"""Two busy processes beside: they make no healthy process look sick."""
import subprocess
import sys

import pytest
from patient import variants
from tool import attach

LOOKS = 4
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
