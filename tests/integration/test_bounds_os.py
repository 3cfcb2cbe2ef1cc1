"""What a patient's files and numbers may cost the tool: a few mebibytes, whatever they claim."""
import os
import subprocess

import pytest
from tool import BINARY, attach

MOST_KIB = 32 << 10


def attach_measured(pid):
    """The exit code, and the most memory that the tool had, in KiB."""
    with subprocess.Popen([BINARY, "attach", str(pid), "--looks", "1"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as tool:
        _, status, usage = os.wait4(tool.pid, 0)
        tool.returncode = os.waitstatus_to_exitcode(status)
    return tool.returncode, usage.ru_maxrss


@pytest.mark.parametrize("kind", ["sections", "symbols", "names", "big-endian", "cut"])
def test_a_crafted_file_costs_little(program_patient, kind):
    patient = program_patient("crafted_elf.py", [kind])
    code, most_kib = attach_measured(patient.pid)
    assert code in (0, 1, 7)
    assert most_kib < MOST_KIB


def test_the_lines_behind_thousands_of_groups_are_read(program_patient):
    report = attach(program_patient("many_groups.py", []).pid)
    assert report["signals"]["sigint"]["disposition"] == "python"
    assert all(thread["thread_states"] for thread in report["threads"])
    assert report["gaps"] == []
