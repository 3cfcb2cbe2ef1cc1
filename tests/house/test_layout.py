"""The walls of the house: which folder may use which, where things lie, and how long they may get."""
import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]

# Who may include whom. src/CMakeLists.txt must say the same; changing it is a change of the architecture.
DEPS = {
    "model": set(),
    "os": {"model"},
    "cpython": {"model"},
    "native": {"model", "os"},
    "capture": {"model", "os", "native", "cpython"},
    "diagnose": {"model"},
    "report": {"model"},
    "cli": {"model", "os", "native", "cpython", "capture", "diagnose", "report"},
}

TOP_LEVEL = {"CMakeLists.txt", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "src", "include", "tests", "fixtures", "man",
             ".ci", ".clang-format", ".clang-tidy", ".gitignore"}

MAX_LINES = 600
PURE = ("model", "cpython", "diagnose", "report")
SYSTEM_HEADERS = re.compile(r"#include <(sys/|linux/|unistd\.h|fcntl\.h|signal\.h|dirent\.h|poll\.h)")

SOURCES = sorted([*TOP.glob("src/**/*.cc"), *TOP.glob("src/**/*.h"), *TOP.glob("include/**/*.h")])
TESTS = sorted([*TOP.glob("tests/**/*.cc"), *TOP.glob("tests/**/*.h")])
PUBLIC_HEADERS = sorted(TOP.glob("include/subint_doctor/*/*.h"))


def short(path):
    return str(path.relative_to(TOP))


def folder_of(path):
    """The folder of the house that a source or public header belongs to; None for src/main.cc."""
    parts = path.relative_to(TOP).parts
    if parts[0] == "include":
        return parts[2]
    return parts[1] if len(parts) > 2 else None


def includes(path):
    return re.findall(r'^\s*#include\s+["<]([^">]+)[">]', path.read_text(encoding="utf-8"), re.M)


def test_there_is_something_to_check():
    assert len(SOURCES) > 50
    assert {folder_of(path) for path in SOURCES} - {None} == set(DEPS)


def test_cmake_builds_the_walls_of_the_table():
    text = (TOP / "src/CMakeLists.txt").read_text(encoding="utf-8")
    found = {}
    for name, rest in re.findall(r"^subint_doctor_folder\((\w+)([^)]*)\)", text, re.M):
        deps = re.search(r"\bDEPS\b([^()]*?)(?:\bLIBS\b|$)", rest)
        found[name] = set(deps.group(1).split()) if deps else set()
    assert found == DEPS


def test_contributing_tells_the_same_walls():
    text = (TOP / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\w, -]+) \|$", text, re.M)
    everything = {"-": set(), "all": set(DEPS) - {rows[-1][0]}}
    assert {name: everything.get(used, set(used.split(", "))) for name, used in rows} == DEPS


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_includes_stay_inside_the_walls(path):
    folder = folder_of(path)
    for header in includes(path):
        assert "../" not in header, f"{header}: the one way around the walls"
        if folder is None:
            continue
        used = re.match(r"subint_doctor/(\w+)/", header)
        if used:
            assert used.group(1) in DEPS[folder] | {folder}, f"{folder} may not use {header}"


@pytest.mark.parametrize("path", [p for p in SOURCES if folder_of(p) in PURE], ids=short)
def test_pure_folders_do_not_know_the_system(path):
    assert not SYSTEM_HEADERS.search(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=short)
def test_files_stay_short(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines < MAX_LINES, "one concept per file: split it"


@pytest.mark.parametrize("path", PUBLIC_HEADERS, ids=short)
def test_public_headers_open_with_a_banner(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// "), "say what it is, and why it is here"
    banner = next(n for n, line in enumerate(lines) if not line.startswith("//"))
    assert banner <= 12
    assert lines[banner] == "#pragma once"


def test_nothing_else_lies_at_the_top():
    ignored = {".git", "build", ".pytest_cache", "__pycache__", ".cache"}
    assert {path.name for path in TOP.iterdir()} - ignored <= TOP_LEVEL
