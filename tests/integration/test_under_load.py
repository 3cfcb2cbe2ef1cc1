"""Two busy processes beside, or other subint-doctors at work on the same process: neither makes the healthy look sick."""
import subprocess
import sys

import pytest
from patient import variants
from tool import BINARY, attach, codes

LOOKS = 4
AT_ONCE = 10
ROUNDS = 8  # one look in eight met another's hold when holds were not told apart
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


def test_ten_attaches_at_once_do_not_accuse_each_other(patient):
    p = patient("3.14", "busy_loop")
    for _ in range(ROUNDS):
        tools = [subprocess.Popen([BINARY, "attach", str(p.pid), "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                 for _ in range(AT_ONCE)]
        for tool, (out, err) in [(tool, tool.communicate(timeout=60)) for tool in tools]:
            assert tool.returncode == 0, err
            assert b'"process-stopped"' not in out
    assert "process-stopped" not in codes(attach(p.pid))
