"""Where a report may go, as root and as another user, and what a limit leaves behind."""
import os
import resource
import shutil
import subprocess
import tempfile

import pytest
from tool import BINARY, doctor

NOBODY = 65534


def limited(**limits):
    def set_limits():
        for name, value in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

    return set_limits


@pytest.fixture
def folder_of_root():
    """Others may enter it and may not write into it."""
    path = tempfile.mkdtemp()
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path)


def test_a_report_that_cannot_be_made_leaves_the_old_file(folder_of_root):
    binary = shutil.copy(BINARY, folder_of_root)
    target = os.path.join(folder_of_root, "report.txt")
    with open(target, "w", encoding="ascii") as file:
        file.write("old")
    os.chown(target, NOBODY, NOBODY)
    child = subprocess.Popen(["sleep", "1000"], user=NOBODY, group=NOBODY, extra_groups=[])
    try:
        # No report is made of it; nothing may be changed then.
        done = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", binary, "attach",
                               str(child.pid), "-o", target], capture_output=True, check=False, timeout=60)
        assert done.returncode == 5, done.stderr
        with open(target, encoding="ascii") as file:
            assert file.read() == "old"
    finally:
        child.kill()
        child.wait()


def test_a_file_that_is_replaced_keeps_owner_and_mode(patient, tmp_path):
    p = patient("3.14", "event_loop_idle")
    target = tmp_path / "report.txt"
    target.write_text("old")
    os.chown(target, NOBODY, NOBODY)
    target.chmod(0o640)
    before = target.stat()
    assert doctor("attach", p.pid, "--looks", 1, "-o", target).code == 0
    after = target.stat()
    assert (before.st_ino, before.st_uid, before.st_mode) == (after.st_ino, after.st_uid, after.st_mode)
    assert str(p.pid) in target.read_text()


def test_a_file_size_limit_ends_in_one_line(patient, tmp_path):
    p = patient("3.14", "event_loop_idle")
    run = doctor("attach", p.pid, "--looks", 1, "-o", tmp_path / "new", preexec_fn=limited(FSIZE=64))
    assert run.code == 74 and len(run.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mib", [12, 16, 24, 32])
def test_a_memory_limit_ends_in_a_report_or_one_line(patient, mib):
    p = patient("3.14", "event_loop_idle")
    run = doctor("attach", p.pid, "--looks", 1, preexec_fn=limited(AS=mib << 20))
    assert run.code in (0, 4, 7, 70), run.err
    if run.code == 70:
        assert run.out == "" and 1 <= len(run.err.splitlines()) <= 2
    assert "terminate" not in run.err
