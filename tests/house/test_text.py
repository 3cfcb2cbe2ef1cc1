"""What must not be in any file, and what the manual must say."""
import os
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
TOOL = Path(os.environ.get("SUBINT_DOCTOR", TOP / "build/test/subint-doctor"))
VERBS = tuple(sorted(path.stem.replace("_", "-") for path in (TOP / "src/cli/verbs").glob("*.cc")))

# Written apart, so that this file does not find itself.
MACHINE_PATH = re.compile(r"(?<![\w.}/])/(?:wo" + r"rk|ro" + r"ot)/")
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX|HA" + r"CK)\b")


def tracked_files():
    """Without git (a source archive) every file outside the build tree."""
    listed = subprocess.run(["git", "-C", TOP, "-c", f"safe.directory={TOP}", "ls-files"], capture_output=True,
                            text=True, timeout=60)
    names = listed.stdout.splitlines() if listed.returncode == 0 else []
    paths = [TOP / name for name in names] or [p for p in TOP.rglob("*") if "build" not in p.relative_to(TOP).parts]
    return sorted(path for path in paths if path.is_file())


def texts():
    for path in tracked_files():
        yield path.relative_to(TOP), path.read_text(encoding="utf-8")


def offences(pattern, skip=()):
    return [f"{path}:{number}: {line.strip()}" for path, text in texts() if str(path) not in skip
            for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


def test_no_path_of_somebodys_machine():
    assert offences(MACHINE_PATH) == []


def test_nothing_is_left_unfinished():
    assert offences(UNFINISHED) == []


def test_lines_end_cleanly():
    bad = [str(path) for path, text in texts()
           if text and (not text.endswith("\n") or re.search(r"[ \t]+$|\r", text, re.M))]
    assert bad == []


def options_of_help(verb):
    shown = subprocess.run([TOOL, *verb, "--help"], capture_output=True, text=True, timeout=60, check=True)
    body = re.split(r"^Examples?:", shown.stdout, maxsplit=1, flags=re.M)[0]
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", body))


def options_of_manual():
    page = (TOP / "man/subint-doctor.1").read_text(encoding="utf-8").replace("\\-", "-")
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page))


def test_manual_and_help_name_the_same_options():
    offered = options_of_help([]).union(*(options_of_help([verb]) for verb in VERBS))
    assert options_of_manual() == offered


@pytest.mark.parametrize("verb", VERBS)
def test_manual_and_help_name_the_verb(verb):
    shown = subprocess.run([TOOL, "--help"], capture_output=True, text=True, timeout=60, check=True)
    assert re.search(rf"^\s+{verb}\s", shown.stdout, re.M)
    assert re.search(rf"\b{verb}\b", (TOP / "man/subint-doctor.1").read_text(encoding="utf-8"))
