"""README as written: its commands install and answer, its reports are what the tool prints now, numbers aside."""
import json
import os
import re
import signal
import subprocess

import pytest
import readme_reports
from patient import TOP, Patient
from tool import BINARY

README = (TOP / "README.md").read_text(encoding="utf-8")
SHELL_BLOCKS = re.findall(r"^```(?:sh|bash)\n(.*?)^```$", README, re.M | re.S)


def plain(report):
    """Without what differs from run to run: numbers, how lines break around them, C functions without a name (how many
    depends on where it was met), and whether a thread that waits for a GIL was met awake, which it is for a moment after
    each switch interval."""
    text = re.sub(r"\S+\+0x[0-9a-f]+ ", "", " ".join(report.split()))
    text = re.sub(r"\d+(?:[.,]\d+)*", "N", text)
    text = text.replace("N times", "N time")
    return re.sub(r"(MainThread tid N) (?:waits for GIL N, held by N|running)", r"\1", text)


@pytest.mark.parametrize("name", readme_reports.REPORTS)
def test_the_report_is_what_the_tool_prints(name):
    assert plain(readme_reports.blocks()[name]) == plain(readme_reports.REPORTS[name]())


def test_every_report_block_has_its_program():
    assert set(readme_reports.blocks()) == set(readme_reports.REPORTS)


@pytest.fixture
def commands(tmp_path):
    """commands(script): runs it in bash at the project's top; sudo is env, and what installs goes below tmp_path."""
    (tmp_path / "sudo").write_text('#!/bin/sh\nexec env "$@"\n')
    (tmp_path / "sudo").chmod(0o755)
    installed = tmp_path / "to/usr/local/bin"
    environment = {**os.environ, "PATH": f"{installed}:{tmp_path}:{os.environ['PATH']}", "DESTDIR": str(tmp_path / "to"),
                   "CMAKE_CXX_COMPILER_LAUNCHER": "ccache"}

    def run(script, folder=TOP):
        return subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True,
                              timeout=900, check=False)

    installed.mkdir(parents=True)
    run.bin = installed
    return run


@pytest.fixture
def in_ci(commands, tmp_path):
    """in_ci(command, limit_s, pid): README's recipe with that command in the place of the tests and that limit. A test's
    own Python lives in another root, where no shell is its parent: the tool is pointed at `pid` instead."""

    def run(command, limit_s, pid):
        tool = commands.bin / "subint-doctor"
        tool.write_text(f'#!/bin/sh\nshift 2\nexec {BINARY} attach {pid} "$@"\n')
        tool.chmod(0o755)
        script = SHELL_BLOCKS[2].replace("python3 -m pytest", command).replace("timeout 600", f"timeout {limit_s}")
        assert script.count(command) == 1 and f"timeout {limit_s} " in script
        return commands(script, tmp_path)

    return run


def test_a_hung_job_leaves_its_reason_behind(in_ci, tmp_path):
    with Patient("3.14", "stuck_worker", program=readme_reports.WORKER) as patient:
        patient.settle()
        done = in_ci("sleep 1000", 1, patient.pid)
        assert done.returncode == 128 + signal.SIGKILL, done.stderr
        assert json.loads((tmp_path / "hang.json").read_text())["target"]["pid"] == patient.pid


@pytest.mark.parametrize(("command", "code"), [("/bin/true", 0), ("/bin/false", 1)])
def test_a_job_that_ends_keeps_its_status(in_ci, tmp_path, command, code):
    done = in_ci(command, 600, 1)
    assert done.returncode == code, done.stderr
    assert not (tmp_path / "hang.json").exists()
