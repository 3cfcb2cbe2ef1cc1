"""What Python would call for SIGINT, by its own name: through partials, bound methods and whatever else is callable."""
import pytest
from tool import PYTHONS, attach

NAMES = {
    "asyncio": "Runner._on_sigint",
    "trio": "KIManager.install.<locals>.handler",
    "lambda": "<lambda>",
    "method": "Stopper.stop",
    "partial": "Stopper.stop",
    "instance": "instance of Stopper",
    "class": "class Stopper",
    "builtin": "print",
    "default": "default_int_handler",
}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("kind", NAMES)
def test_handler_is_named(program_patient, python, kind):
    patient = program_patient("sigint_handlers.py", [kind], python)
    patient.settle()
    report = attach(patient.pid)
    assert report["signals"]["sigint"]["python_handler"] == NAMES[kind]
    main = next(thread for thread in report["threads"] if thread["tid"] == patient.pid)
    assert main["python_name"] == "MainThread"
    assert report["gaps"] == []
