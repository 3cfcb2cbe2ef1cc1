#!/usr/bin/python3
"""Makes the reports in README anew: runs the tool on the very programs that it tells of, and puts in what it prints.

Usage: sudo tests/support/readme_reports.py      (SUBINT_DOCTOR names the binary, build/test/subint-doctor by default)
"""
from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

from patient import Patient

TOP = Path(__file__).resolve().parents[2]
README = TOP / "README.md"
BINARY = os.environ.get("SUBINT_DOCTOR", str(TOP / "build/test/subint-doctor"))
WORKER = TOP / "tests/integration/patients/stuck_worker.py"
BLOCK = re.compile(r"(<!-- report ([\w-]+) -->\n```\n)(.*?)(```\n<!-- /report -->)", re.S)


def attach(patient: Patient) -> str:
    done = subprocess.run([BINARY, "attach", str(patient.pid)], capture_output=True, text=True, timeout=60, check=True,
                          env={"PATH": "/usr/bin:/bin"})
    # Advice prints the path that the tool was called by; in README it is installed.
    return done.stdout.replace(BINARY, "subint-doctor").strip("\n") + "\n"


def stuck_worker() -> str:
    with Patient("3.14", WORKER.stem, program=WORKER) as patient:
        patient.settle()
        return attach(patient)


def founding() -> str:
    with Patient("3.14", "gil_held_in_native_code") as patient:
        patient.settle()
        patient.settle_moving(cpu_ticks=50)  # it hangs once it computes, not while it still imports
        patient.signal(signal.SIGINT, 8)
        return attach(patient)


REPORTS = {"stuck-worker": stuck_worker, "founding": founding}


def blocks() -> dict[str, str]:
    """The reports that README shows now."""
    return {name: text for _, name, text, _ in BLOCK.findall(README.read_text(encoding="utf-8"))}


def main() -> None:
    text = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda m: m[1] + REPORTS[m[2]]() + m[4], text), encoding="utf-8")


if __name__ == "__main__":
    main()
