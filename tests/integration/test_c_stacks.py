"""C frames and Python frames in one order, on real Pythons: whoever calls whom stands below it."""

import signal

import pytest
from tool import PYTHONS, attach


@pytest.fixture(params=PYTHONS)
def patient(program_patient, request):
    started = program_patient("c_stacks.py", [], request.param)
    started.settle()
    started.signal(signal.SIGUSR1)
    started.wait_for(lambda: "compute" in (thread["python_name"] for thread in attach(started.pid)["threads"]),
                     "the thread that computes")
    return started


def threads_by_name(report):
    return {thread["python_name"]: thread for thread in report["threads"]}


def merged(thread):
    """The functions of the merged stack, of Python or not; without those that have no name."""
    return [frame["function"] for frame in thread["native_frames"] if frame["function"]]


def python_frames(thread):
    return [(state["interpreter"], frame["function"], frame["line"])
            for state in thread["thread_states"] for frame in state["frames"]]


def test_the_order_is_that_of_the_calls(patient):
    threads = threads_by_name(attach(patient.pid, "--native"))
    for name, thread in threads.items():
        assert thread["native_frames_complete"], (name, thread["native_frames_problem"])
        assert thread["native_frames_problem"] is None, name
        inner = [(f["interpreter"], f["function"], f["line"]) for f in thread["native_frames"] if f.get("python")]
        assert inner == python_frames(thread), name
        assert thread["native_frames"][0].get("python") is None, f"{name} is in C code"
    for name, order in (
        ("sort", ["clock_nanosleep", "compare", "qsort_r", "ffi_call", "sort", "run"]),
        ("delete", ["clock_nanosleep", "__del__", "PyObject_CallFinalizerFromDealloc", "delete", "run"]),
        ("generate", ["clock_nanosleep", "<lambda>", "numbers", "generate", "run"]),
        ("interpreter", ["clock_nanosleep", "inner", "<module>", "interpreter", "run"]),
    ):
        functions = merged(threads[name])
        assert [function for function in functions if function in order] == order, (name, functions)
    assert [f["interpreter"] for f in threads["interpreter"]["native_frames"] if f.get("python")][:3] == [1, 1, 0]
    assert threads["MainThread"]["inside"] == "gil"


# The interpreter of 3.15 keeps in registers, over a call, what tells who called it: that takes a stop.
def test_who_sleeps_is_not_stopped_where_its_stack_tells_all(patient):
    report = attach(patient.pid, "--native", "--no-block")
    assert report["timing"]["stopped_tids"] == []
    threads = threads_by_name(report)
    for name in ("sort", "delete", "generate", "interpreter"):
        if patient.python == "3.15":
            assert "native_frames" not in threads[name], name
        else:
            assert threads[name]["native_frames_complete"], name
    assert "native_frames" not in threads["compute"]
    assert [gap["path"] for gap in report["gaps"]] == ["threads.native_frames"]
    asleep = {threads[name]["tid"] for name in ("sort", "delete", "generate", "interpreter")}
    stopped = set(attach(patient.pid, "--native")["timing"]["stopped_tids"])
    assert stopped & asleep == (asleep if patient.python == "3.15" else set())


def test_by_itself_only_what_a_finding_is_about(patient):
    report = attach(patient.pid)
    assert report["verdict"]["code"] == "gil-held-in-native-code"
    assert "native_frames" in threads_by_name(report)["compute"]
    assert "native_frames" not in threads_by_name(report)["sort"]
    assert not any("native_frames" in thread for thread in attach(patient.pid, "--no-native")["threads"])
    assert not any("native_frames" in thread for thread in attach(patient.pid, "--looks", "1")["threads"])
