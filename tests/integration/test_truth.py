"""The report's numbers against what the patient said of itself beforehand, and against what the kernel says."""
import json
import re
import signal
import subprocess

import pytest
from patient import ROOT, TOP
from tool import PYTHONS, attach, tasks

SIGINT_BIT = 1 << 1


def frames_of(report, tid):
    thread = next(t for t in report["threads"] if t["tid"] == tid)
    return [frame for state in thread["thread_states"] for frame in state["frames"]]


@pytest.mark.parametrize("python", PYTHONS)
def test_the_founding_hang_in_numbers(patient, python):
    p = patient(python, "gil_held_in_native_code")
    report = attach(p.pid)
    truth = p.truth
    assert report["target"]["python"]["version"].startswith(python)
    assert {thread["tid"] for thread in report["threads"]} == set(tasks(p.pid))
    assert sorted(i["id"] for i in report["interpreters"]) == [0, truth["interpreter"]]
    named = {t["python_name"]: t["tid"] for t in report["threads"]}
    for name, native in truth["threads"].items():
        assert named[name] == native
    driver = truth["threads"][truth["driver"]]
    gil = report["gils"][0]
    assert gil["holder_tid"] == driver and gil["locked"]
    assert sorted(gil["interpreters"]) == [0, truth["interpreter"]]
    assert gil["switch_interval_us"] == 5000
    lines = [(frame["function"], frame["line"]) for frame in frames_of(report, driver)]
    assert ("parse", truth["regex_line"]) in lines
    wakeup = report["signals"]["wakeup"]
    assert wakeup["kind"] == "unix-socket"
    assert (wakeup["queued_writes"], wakeup["capacity_writes"], wakeup["full"]) == (0, 6, False)
    assert report["timing"]["pause_us"] == 0 and report["timing"]["stopped_tids"] == []
    assert report["gaps"] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_names_switches_and_masks_are_the_kernels(patient, python):
    p = patient(python, "event_loop_idle")
    before = tasks(p.pid)
    report = attach(p.pid)
    for thread in report["threads"]:
        status = before[thread["tid"]]
        assert thread["name"] == status["Name"]
        assert thread["os_state"] == status["State"][0]
        assert thread["voluntary_switches"] == int(status["voluntary_ctxt_switches"])
        assert (thread["tid"] in report["signals"]["sigint"]["blocked_in"]) == bool(int(status["SigBlk"], 16) & SIGINT_BIT)
        assert thread["is_process_leader"] == (thread["tid"] == p.pid)


@pytest.mark.parametrize("python", PYTHONS)
def test_wakeup_fd_and_frame_lines(patient, python):
    p = patient(python, "wakeup_fd_full", "trio")
    for sent in range(8):
        report = attach(p.pid)
        wakeup = report["signals"]["wakeup"]
        assert wakeup["fd"] == p.truth["wakeup_fd"]
        queued = min(sent, 6)
        assert (wakeup["queued_writes"], wakeup["capacity_writes"], wakeup["full"]) == (queued, 6, queued == 6)
        assert wakeup["queued_bytes"] == queued
        assert report["signals"]["tripped"] == ([signal.SIGINT] if sent else [])
        p.signal(signal.SIGINT)
    main = [(f["function"], f["line"]) for f in frames_of(report, p.pid)]
    assert (p.truth["function"], p.truth["line"]) in main


def test_addresses_are_strings_and_versions_agree(patient):
    p = patient("3.14", "gil_held_in_native_code")
    report = attach(p.pid)
    hexadecimal = re.compile(r"0x[0-9a-f]+\Z")
    assert hexadecimal.match(report["target"]["python"]["runtime_address"])
    for gil in report["gils"]:
        assert hexadecimal.match(gil["address"])
    for interpreter in report["interpreters"]:
        assert hexadecimal.match(interpreter["address"])


@pytest.mark.parametrize("python", PYTHONS)
def test_opcodes_are_those_of_this_python(python):
    tables = sorted((TOP / "src/cpython/layouts").glob(f"cp{python.replace('.', '')}*.inc"))
    assert len(tables) == 2, "a release and a debug build"
    program = "import _opcode_metadata as m, json; print(json.dumps({**m.opmap, **m._specialized_opmap}))"
    told = subprocess.run(["chroot", ROOT, f"/usr/bin/python{python}", "-c", program], capture_output=True, check=True)
    own = {name.lower(): number for name, number in json.loads(told.stdout).items()}
    loops = {name for name in own if re.search(r"jump_backward(?!_no_interrupt)|enter_executor", name)}
    for table in tables:
        rows = re.findall(r"^FIELD\(opcode_(\w+), (\d+)\)", table.read_text(), re.M)
        assert {name: int(number) for name, number in rows} == {name: own[name] for name in loops}
