"""Installs the peers, compiles the two helpers, runs one tool on one patient and says what it cost."""
from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import mmap
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # the distribution's: pystack's wheels are for a CPython and a libc like its
PACKAGES = {"py-spy": "bin/py-spy", "pystack": "bin/pystack", "austin-dist": "bin/austin"}
TIMEOUT_S = 20
TICKER_BYTES = 16

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS, _MS_REC, _MS_PRIVATE = 0x20000, 0x4000, 1 << 18
_SYS_FUTEX, _FUTEX_WAKE = 202, 1


class MeasuringError(Exception):
    """This machine cannot measure; says why."""


@dataclasses.dataclass(frozen=True)
class Cost:
    wall_ms: float
    cpu_ms: float
    peak_kib: int
    failure: str  # empty: exit 0 in time
    pause_ms: float | None  # None: nobody ticked
    output: str
    complaint: str


def install_peers(folder: Path) -> str:
    """From the Python package index, as this machine's pip is set up; returns why not, or nothing."""
    missing = [package for package, program in PACKAGES.items() if not (folder / program).exists()]
    if not missing:
        return ""
    pip = [PYTHON, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True, check=False).returncode:
        if subprocess.run([PYTHON, "-m", "venv", folder / "venv"], capture_output=True, check=False).returncode:
            return "neither pip nor venv: apt-get install python3-pip"
        pip = [str(folder / "venv/bin/python"), "-m", "pip"]
    command = [*pip, "install", "--quiet", "--upgrade", "--only-binary=:all:", "--target", str(folder), *missing]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else ""


def compile_helpers(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for source, program, options in (
        ("measure.cc", "measure", ["-static"]),
        ("ticker.cc", "libticker.so", ["-shared", "-fPIC", "-Wl,--as-needed"]),
    ):
        command = ["c++", "-std=c++20", "-O2", *options, HERE / source, "-o", folder / program]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MeasuringError(f"cannot compile {source}: {done.stderr}")


def _check(result: int, doing: str) -> None:
    if result:
        raise MeasuringError(f"{doing}: {os.strerror(ctypes.get_errno())}")


def mount_proc(root: Path) -> None:
    """Tools inside the root folder need /proc. Only this process and its children see it: nothing to unmount."""
    _check(_libc.unshare(_CLONE_NEWNS), "a mount namespace of our own (are you root?)")
    _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "making mounts private")
    _check(_libc.mount(b"proc", bytes(root / "proc"), b"proc", 0, None), f"mounting {root}/proc")


class Ticker:
    """The file through which the patient's ticking thread (ticker.cc) is told to tick and tells its longest gap."""

    def __init__(self, path: Path) -> None:
        path.write_bytes(bytes(TICKER_BYTES))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), TICKER_BYTES)
        self._session = ctypes.c_uint32.from_buffer(self._shared, 0)
        self._measured = ctypes.c_uint32.from_buffer(self._shared, 4)
        self._longest_ns = ctypes.c_uint64.from_buffer(self._shared, 8)
        self._sessions = 0

    @contextlib.contextmanager
    def measuring(self) -> Iterator[None]:
        self._sessions += 1
        self._session.value = self._sessions
        _libc.syscall(_SYS_FUTEX, ctypes.byref(self._session), _FUTEX_WAKE, 1, None, None, 0)
        end = time.monotonic() + 5
        while self._measured.value != self._sessions:
            if time.monotonic() > end:
                raise MeasuringError("the patient's ticker does not tick")
            time.sleep(0.001)
        yield
        # The gap ends with the tick after the tool has let go.
        time.sleep(0.005)
        self._session.value = 0

    def longest_ms(self) -> float:
        return self._longest_ns.value / 1e6


class Meter:
    def __init__(self, helpers: Path, scratch: Path, peers: Path) -> None:
        self._measure, self._scratch = helpers / "measure", scratch
        # Without a caller's PYTHON* settings; compiled modules are kept, as on anybody's machine.
        self._env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(scratch), "PYTHONPATH": str(peers)}

    def run(self, command: list[str], ticker: Ticker | None = None) -> Cost:
        out, err = self._scratch / "stdout", self._scratch / "stderr"
        with ticker.measuring() if ticker else contextlib.nullcontext():
            printed, error = self._communicate([self._measure, str(TIMEOUT_S), out, err, *command])
        if not printed:
            return Cost(0, 0, 0, error.strip(), None, "", error)
        wall_ns, cpu_us, peak_kib, how, number = printed.split()
        failure = f"timeout {TIMEOUT_S} s" if how == "timeout" else f"{how} {number}"
        if failure == "exit 0":
            failure = ""
        return Cost(
            int(wall_ns) / 1e6,
            int(cpu_us) / 1e3,
            int(peak_kib),
            failure,
            ticker.longest_ms() if ticker else None,
            out.read_text(errors="replace"),
            err.read_text(errors="replace"),
        )

    def _communicate(self, command: list) -> tuple[str, str]:
        # A session of its own, so that the tool ends with `measure` when we are interrupted.
        with subprocess.Popen(
            command, env=self._env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            try:
                return process.communicate(timeout=TIMEOUT_S + 10)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise


def version(command: list, env: dict | None = None) -> str:
    """What a tool calls its version, or that it is absent."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False, env=env)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"absent ({error})"
    text = (done.stdout or done.stderr).strip()
    return text.partition("\n")[0] if text else f"exit {done.returncode}"


def copy_into_root(peers: Path, helpers: Path, outside: Path) -> None:
    """What runs inside the root folder: the ticker and its module for patients, austin for us."""
    shutil.copy(helpers / "libticker.so", outside)
    shutil.copy(HERE / "patients/ticker.py", outside)
    if (peers / "bin/austin").exists():
        shutil.copy(peers / "bin/austin", outside)
