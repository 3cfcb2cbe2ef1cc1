"""Every mistake and every refusal: the right exit code, one clear line, and nothing on stdout."""
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from tool import BINARY, TOP, doctor

NOBODY = 65534


def refused(run, code, *words):
    assert run.code == code, run.err
    assert run.out == ""
    lines = run.err.splitlines()
    assert 1 <= len(lines) <= 2, run.err
    assert lines[0].startswith("subint-doctor: ")
    for word in words:
        assert word in run.err
    return lines


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "1000"])
    yield process
    process.kill()
    process.wait()


def free_pid():
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


@pytest.mark.parametrize("text", ["0", "-1", "abc", "12x", "99999999999", ""])
def test_something_that_is_no_pid(text):
    refused(doctor("attach", text), 2)


def test_no_pid_at_all():
    refused(doctor("attach"), 2)


def test_unknown_option():
    refused(doctor("attach", "1", "--frobnicate"), 2, "--frobnicate")


def test_a_bare_pid_is_understood():
    refused(doctor("4242"), 2, "subint-doctor attach 4242")


def test_no_such_process():
    pid = free_pid()
    refused(doctor("attach", pid), 3, str(pid))


def test_a_zombie():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    try:
        refused(doctor("attach", child), 3, "zombie")
    finally:
        os.waitpid(child, 0)


def test_not_python(sleeper):
    refused(doctor("attach", sleeper.pid), 5, str(sleeper.pid))


def test_a_kernel_thread():
    # kthreadd, wherever the kernel's own threads can be seen; a container hides them, a virtual machine does not.
    threads = [p for p in pathlib.Path("/proc").glob("[0-9]*") if is_kernel_thread(p)]
    assert threads, "this machine shows no kernel thread"
    refused(doctor("attach", threads[0].name), 5, "kernel thread")


def is_kernel_thread(proc):
    try:
        return (int((proc / "stat").read_text(errors="replace").rpartition(")")[2].split()[6]) & 0x00200000) != 0
    except OSError:
        return False


def test_an_older_python():
    assert sys.version_info < (3, 13), "this test needs the distribution's older python3"
    child = subprocess.Popen([sys.executable, "-c", "print('up', flush=True); input()"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"up\n"
        refused(doctor("attach", child.pid), 6, "3.13")
    finally:
        child.communicate(b"\n")


def as_nobody(code, *words):
    """Runs the tool as nobody on a process of ours."""

    def drop():
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)

    child = subprocess.Popen([sys.executable, "-c", "print('up', flush=True); input()"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    try:
        assert child.stdout.readline() == b"up\n"
        refused(doctor("attach", child.pid, preexec_fn=drop, cwd="/"), code, str(child.pid), *words)
    finally:
        child.communicate(b"\n")


def test_other_peoples_process():
    as_nobody(4, "user 0", "sudo")


def test_check_says_the_same_before_it_bites():
    child = subprocess.Popen(["sleep", "1000"])
    try:
        good = doctor("check", child.pid)
        assert good.code == 0 and str(child.pid) in good.out
        assert doctor("check").code == 0
    finally:
        child.kill()
        child.wait()
    assert doctor("check", child.pid).code == 3


def test_explain_knows_every_page_and_no_other():
    for page in sorted((TOP / "man/hangs").glob("*.7")):
        run = doctor("explain", page.stem.replace("_", "-"))
        assert run.code == 0 and "MECHANISM" in run.out
    refused(doctor("explain", "gil-held-in-nativ-code"), 2, "gil-held-in-native-code")


def test_a_report_that_cannot_be_written(patient, tmp_path):
    p = patient("3.14", "event_loop_idle")
    refused(doctor("attach", p.pid, "-o", tmp_path / "missing" / "report"), 74)
    with open("/dev/full", "wb") as full:
        done = subprocess.run([BINARY, "attach", str(p.pid)], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 74


def test_a_report_in_a_file_leaves_stdout_empty(patient, tmp_path):
    p = patient("3.14", "event_loop_idle")
    target = tmp_path / "report.txt"
    run = doctor("attach", p.pid, "-o", target)
    assert (run.code, run.out) == (0, "")
    assert "event-loop-idle" in target.read_text()
    assert list(tmp_path.iterdir()) == [target]


def test_a_python_that_exits_meanwhile(patient):
    p = patient("3.14", "event_loop_idle")
    tool = subprocess.Popen([BINARY, "attach", str(p.pid), "--interval", "400"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    # It dies while the tool is between its looks, or before: never after, for a look is far shorter than the interval.
    os.kill(p.pid, signal.SIGKILL)
    out, err = tool.communicate(timeout=60)
    assert tool.returncode == 3, err
    assert out == b"" and len(err.splitlines()) <= 2


def test_a_thread_means_its_process(patient):
    p = patient("3.14", "gil_held_in_native_code")
    other = next(tid for tid in map(int, os.listdir(f"/proc/{p.pid}/task")) if tid != p.pid)
    run = doctor("attach", other)
    assert run.code == 0 and str(p.pid) in run.out and str(other) in run.out
