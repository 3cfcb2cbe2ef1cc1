"""Every mistake and every refusal: the right exit code, one clear line, and nothing on stdout."""
import os
import pathlib
import signal
import subprocess
import sys

import pytest
from patient import look
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
    refused(doctor("attach", "1", "12x"), 2, "12x")


def test_what_is_not_known_is_named_with_what_is_near():
    refused(doctor("attach", "1", "--frobnicate"), 2, "'--frobnicate'")
    refused(doctor("attach", "1", "--jsn"), 2, "'--jsn'", "'--json'")
    refused(doctor("atach", "1"), 2, "'atach'", "'attach'")


def called(path, *args, **kwargs):
    done = subprocess.run([path, *args], capture_output=True, timeout=60, check=False, text=True, **kwargs)
    return done.stdout + done.stderr


def test_advice_repeats_the_path_of_this_binary(tmp_path, sleeper):
    link = tmp_path / "subint-doctor"
    link.symlink_to(BINARY)
    assert f"{link} attach 7" in called(link, "7")
    assert f": {link} attach {sleeper.pid}" in called(link, "check", str(sleeper.pid))
    assert "`subint-doctor attach 7`" in called(link, "7", env={"PATH": str(tmp_path)})
    assert "`./subint-doctor attach 7`" in called("./subint-doctor", "7", cwd=tmp_path)


def test_several_processes_in_their_order(patient):
    first, second = patient("3.14", "event_loop_idle"), patient("3.13", "event_loop_idle")
    for words in ([second.pid, first.pid], ["--pid", second.pid, "--pid", first.pid], [second.pid, "--pid", first.pid]):
        run = doctor("attach", "--json", "--looks", 1, *words)
        assert run.code == 0, run.err
        assert [report["target"]["pid"] for report in run.report] == [second.pid, first.pid]
    run = doctor("attach", "--looks", 1, second.pid, first.pid)
    assert run.code == 0
    assert 0 <= run.out.find(f"pid {second.pid} ") < run.out.find(f"pid {first.pid} ")


def test_one_of_several_that_is_gone_takes_no_report_from_the_others(patient):
    p = patient("3.14", "event_loop_idle")
    gone = free_pid()
    run = doctor("attach", "--json", gone, p.pid)
    assert run.code == 3
    assert [report["target"]["pid"] for report in run.report] == [p.pid]
    assert str(gone) in run.err
    refused(doctor("attach", "--json", free_pid()), 3)


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


def test_a_python_that_ends_before_the_first_look(patient):
    p = patient("3.14", "event_loop_idle")
    shell = ["/bin/sh", "-c", 'kill -STOP $$; exec "$@"', "sh", BINARY, "attach", str(p.pid)]
    tool = subprocess.Popen(shell, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.waitid(os.P_PID, tool.pid, os.WSTOPPED | os.WNOWAIT)
    os.kill(p.pid, signal.SIGKILL)
    p.wait_ended()
    os.kill(tool.pid, signal.SIGCONT)
    out, err = tool.communicate(timeout=60)
    assert tool.returncode == 3, err
    assert out == b"" and len(err.splitlines()) <= 2


def test_a_python_that_ends_between_the_looks(patient):
    p = patient("3.14", "event_loop_idle")
    p.settle()
    tool = subprocess.Popen([BINARY, "attach", str(p.pid), "--interval", "5000"], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    clock_nanosleep = 230

    def waits_for_the_second_look():
        assert tool.poll() is None, tool.communicate()
        return any(thread.syscall and thread.syscall[0] == clock_nanosleep for thread in look(tool.pid).values())

    p.wait_for(waits_for_the_second_look, "the end of the first look")
    os.kill(p.pid, signal.SIGKILL)
    p.wait_ended()
    out, err = tool.communicate(timeout=60)
    assert tool.returncode == 7, err  # what the first one saw is told, and that there is no second one
    assert "the process ended before the next look" in " ".join(out.decode().split()) and err == b""


def test_a_thread_means_its_process(patient):
    p = patient("3.14", "gil_held_in_native_code")
    other = next(tid for tid in map(int, os.listdir(f"/proc/{p.pid}/task")) if tid != p.pid)
    run = doctor("attach", other)
    assert run.code == 0 and str(p.pid) in run.out and str(other) in run.out
