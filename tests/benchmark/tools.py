"""The tools that are compared: how each one is called, and how its output says how much it saw."""
from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Seen:
    """Counts; None: the tool does not tell. frames are Python's, c_frames the native ones."""

    os_threads: int | None = None
    thread_states: int | None = None
    interpreters: int | None = None
    frames: int | None = None
    c_frames: int | None = None

    def __str__(self) -> str:
        shown = [self.os_threads, self.thread_states, self.interpreters, self.frames]
        text = " / ".join("-" if count is None else str(count) for count in shown)
        return text + (f" + {self.c_frames} C" if self.c_frames else "")

    def nothing(self) -> bool:
        return not any((self.os_threads, self.thread_states, self.frames, self.c_frames))


@dataclasses.dataclass(frozen=True)
class Places:
    """Where things are: `doctor` is our binary, `peers` the folder of pip, `root` the Pythons' root folder, `inside`
    a folder as it is called in that root."""

    doctor: Path
    peers: Path
    root: Path
    inside: str

    @property
    def outside(self) -> Path:
        return self.root / self.inside.lstrip("/")


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    command: Callable[[Places, int, str], list[str]]  # of (places, pid, python of the patient)
    count: Callable[[str], Seen]
    pythons: tuple[str, ...] = ()  # of patients it can look at by construction; empty: all
    count_command: Callable[[Places, int, str], list[str]] | None = None  # when `command` prints what cannot be counted

    @property
    def ours(self) -> bool:
        return self.name.startswith("subint-doctor")


def lines(pattern: str, text: str) -> list[re.Match]:
    return list(re.finditer(pattern, text, re.MULTILINE))


def count_py_spy(text: str) -> Seen:
    threads = len(lines(r"^Thread ", text))
    frames = len(lines(r"^ {4}\S.*\(.*:\d+\)$", text))
    # It looks at one interpreter and does not say at which.
    return Seen(threads, threads, min(threads, 1), frames, len(lines(r"^ {4}\S", text)) - frames)


def count_pystack(text: str) -> Seen:
    stacks = re.split(r"^Traceback for thread ", text, flags=re.MULTILINE)[1:]
    states = [match[1] for match in lines(r"^ *In (the main interpreter|interpreter \d+)", text)]
    frames = len(lines(r"^ *\(Python\) File ", text))
    if not states:  # it names interpreters only where there are several
        states = ["the only one" for stack in stacks if "(Python) File " in stack]
    return Seen(len(stacks), len(states), len(set(states)), frames, len(lines(r"^ *\(C\) File ", text)))


def count_austin(text: str) -> Seen:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    heads = [match.groups() for match in lines(r"Thread (?:(\d+):)?(\d+)$", text)]
    interpreters, threads = {head[0] for head in heads}, {head[1] for head in heads}
    return Seen(len(threads), len(heads), len(interpreters), len(lines(r"^ {4}\S.* \(.*:\d+\)$", text)))


def count_sampling_dump(text: str) -> Seen:
    # It names interpreters only where there are several.
    heads = [match.groups() for match in lines(r"^Stack dump.*\bthread (\d+) \((?:interpreter (\d+))?", text)]
    threads, interpreters = {head[0] for head in heads}, {head[1] for head in heads}
    return Seen(len(threads), len(heads), len(interpreters), len(lines(r'^ {2}File "', text)))


def count_gdb(text: str) -> Seen:
    return Seen(os_threads=len(lines(r"^Thread \d+ \(", text)), c_frames=len(lines(r"^#\d+ ", text)))


def count_ours(text: str) -> Seen:
    report = json.loads(text)
    states = [state for thread in report["threads"] for state in thread["thread_states"]]
    frames = sum(len(state["frames"]) for state in states)
    return Seen(len(report["threads"]), len(states), len(report["interpreters"]), frames)


def py_spy(*options: str) -> Callable:
    return lambda places, pid, _: [f"{places.peers}/bin/py-spy", "dump", *options, "--pid", str(pid)]


def pystack(*options: str) -> Callable:
    return lambda places, pid, _: ["/usr/bin/python3", f"{places.peers}/bin/pystack", "remote", *options, str(pid)]


def austin(places: Places, pid: int, _: str) -> list[str]:
    # Its build wants a newer libc than Debian 12 has.
    return ["chroot", str(places.root), f"{places.inside}/austin", "-w", str(pid)]


def sampling_dump(places: Places, pid: int, _: str) -> list[str]:
    module = ["-m", "profiling.sampling", "dump", "--all-threads"]
    return ["chroot", str(places.root), "/usr/bin/python3.15", *module, str(pid)]


GDB_BT = ["-ex", "thread apply all bt"]


def gdb(_: Places, pid: int, __: str) -> list[str]:
    return ["gdb", "-nx", "-batch", "-p", str(pid), *GDB_BT]


def gdb_sysroot(places: Places, pid: int, python: str) -> list[str]:
    # Told where the patient's files are: without, it walks stacks by the libraries of this root folder, and wrongly.
    of_patient = ["-iex", f"set sysroot {places.root}", f"{places.root}/usr/bin/python{python}"]
    return ["gdb", "-nx", "-batch", *of_patient, "-p", str(pid), *GDB_BT]


def ours(*options: str) -> Callable:
    return lambda places, pid, _: [str(places.doctor), "attach", str(pid), *options]


ONE_LOOK = "subint-doctor, one look"
ATTACH = "subint-doctor attach"
PY_SPY, PYSTACK, AUSTIN, DUMP, GDB = "py-spy dump", "pystack remote", "austin -w", "3.15 dump", "gdb bt"

# Costs what the others are compared with: the longest gap when nobody looks.
NOBODY = Tool("nobody", lambda *_: ["sleep", "0.1"], lambda _: Seen())

TOOLS = (
    Tool(
        ONE_LOOK,
        ours("--looks", "1", "--no-block"),
        count_ours,
        count_command=ours("--looks", "1", "--no-block", "--json"),
    ),
    Tool(ATTACH, ours(), count_ours, count_command=ours("--json")),
    Tool(PY_SPY, py_spy(), count_py_spy),
    Tool(f"{PY_SPY} --nonblocking", py_spy("--nonblocking"), count_py_spy),
    Tool(f"{PY_SPY} --native", py_spy("--native"), count_py_spy),
    Tool(PYSTACK, pystack(), count_pystack),
    Tool(f"{PYSTACK} --no-block", pystack("--no-block"), count_pystack),
    Tool(f"{PYSTACK} --native-all", pystack("--native-all"), count_pystack),
    Tool(AUSTIN, austin, count_austin),
    Tool(DUMP, sampling_dump, count_sampling_dump, pythons=("3.15",)),
    Tool(GDB, gdb, count_gdb),
    Tool(f"{GDB}, sysroot", gdb_sysroot, count_gdb),
)
