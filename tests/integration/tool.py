"""Runs subint-doctor as a user would and gives back what came out."""
import json
import os
import pathlib
import subprocess
from dataclasses import dataclass

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SUBINT_DOCTOR", str(TOP / "build/test/subint-doctor"))
ROOT = pathlib.Path(os.environ.get("SUBINT_DOCTOR_PYTHONS", TOP / "build/pythons/root"))
PYTHONS = ("3.13", "3.14", "3.15")
LIMIT_S = 60


@dataclass
class Run:
    code: int
    out: str
    err: str

    @property
    def report(self):
        return json.loads(self.out)


def doctor(*args, **kwargs):
    done = subprocess.run([BINARY, *map(str, args)], capture_output=True, timeout=LIMIT_S, check=False, **kwargs)
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())


def attach(pid, *args, code=0):
    run = doctor("attach", pid, "--json", *args)
    assert run.code == code, f"exit {run.code}: {run.err}"
    return run.report


def codes(report):
    return [finding["code"] for finding in report["findings"]]


def tasks(pid):
    """{tid: {field: text}} of /proc/PID/task/*/status, for what the kernel itself says."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        lines = (task / "status").read_text(errors="replace").splitlines()
        found[int(task.name)] = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return found


def untouched(pid):
    """Neither stopped nor traced, in any thread."""
    return all(status["TracerPid"] == "0" and status["State"][0] not in "Tt" for status in tasks(pid).values())
