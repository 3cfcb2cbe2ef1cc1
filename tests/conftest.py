"""Patients for every tier that needs a real process; each ends with its test."""
import contextlib
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "support"), str(HERE / "integration")]

from patient import Patient  # noqa: E402

MOVING = {"busy_loop", "gil_contention"}
COMPUTING = "gil_held_in_native_code"  # hangs once it computes, not while it still imports


@pytest.fixture
def patient():
    """patient(python, slug, *args): a settled Patient."""
    with contextlib.ExitStack() as stack:

        def start(python, slug, *args):
            started = stack.enter_context(Patient(python, slug, args))
            if slug in MOVING:
                started.settle_moving()
            else:
                started.settle()
            if slug == COMPUTING:
                started.settle_moving(cpu_ticks=30)
            return started

        yield start


@pytest.fixture
def program_patient():
    """program_patient(name, args, python): tests/integration/patients/NAME running, ready."""
    with contextlib.ExitStack() as stack:

        def start(name, args, python="3.14"):
            program = HERE / "integration/patients" / name
            return stack.enter_context(Patient(python, name, args, program=program))

        yield start
