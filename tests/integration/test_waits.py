"""What each thread waits for is what the patient itself says, and so is the line where it stands."""
import pytest
from tool import PYTHONS, attach


def address(pair):
    return f"{pair[0]}:{pair[1]}"


@pytest.fixture(params=PYTHONS)
def patient(program_patient, request):
    started = program_patient("waits.py", [], request.param)
    started.settle()
    return started


def threads_by_name(report):
    return {thread["python_name"]: thread for thread in report["threads"]}


def test_what_each_thread_waits_for(patient):
    truth = patient.truth
    waits = {name: thread["wait"] for name, thread in threads_by_name(attach(patient.pid)).items()}
    for name, own in (("recv", truth["client"]), ("timed_recv", truth["timed"])):
        [socket] = waits[name]["resources"]
        assert (socket["local"], socket["remote"]) == (address(own), address(truth["server"])), name
        assert waits[name]["peer"]["address"] == address(truth["server"])
        assert waits[name]["fd"] == socket["id"]
    assert waits["timed_recv"]["time_limit"] == {"limited": True, "ms": 3_600_000, "left_ms": None}
    [child] = waits["child"]["resources"]
    assert (child["kind"], child["id"], child["name"], child["state"]) == ("process", truth["child"], "sleep", "S")
    assert 0 < waits["sleep"]["time_limit"]["left_ms"] <= 3_600_000
    assert [file["name"] for file in waits["open"]["resources"]] == [truth["fifo"]]
    assert [fd["id"] for fd in waits["select"]["resources"]] == sorted(truth["ends"])
    [joined] = waits["MainThread"]["resources"]
    recv = truth["threads"]["recv"]
    assert (joined["kind"], joined["id"], joined["name"]) == ("thread", recv, "recv")
    assert waits["MainThread"]["owner_tid"] == recv


def test_one_look_looks_nothing_up(patient):
    report = attach(patient.pid, "--looks", "1")
    waits = {name: thread["wait"] for name, thread in threads_by_name(report).items()}
    assert waits["open"]["resources"] == waits["child"]["resources"] == waits["select"]["resources"] == []
    assert waits["recv"]["resources"][0]["remote"] is None
    frames = [frame for thread in report["threads"] for state in thread["thread_states"] for frame in state["frames"]]
    assert frames and not any("source" in frame for frame in frames)


def test_the_line_where_it_stands(patient):
    [state] = threads_by_name(attach(patient.pid))["MainThread"]["thread_states"]
    told = {frame["function"]: frame.get("source") for frame in state["frames"]}
    assert told == {"join": None, "<module>": "threads[0].join()"}
