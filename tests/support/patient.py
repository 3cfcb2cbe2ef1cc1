"""Patients: fixtures (fixtures/<slug>/program.py) on a real CPython, brought to the moment they hang, and ended.

    with Patient("3.14", "gil_held_in_native_code") as patient:
        patient.settle()                   # until the kernel's view of every thread holds still
        patient.signal(signal.SIGINT, 8)   # each one taken before the next is sent
        diagnose(patient.pid); patient.truth["wakeup_fd"]

    for variant in variants(): ...         # every row of every expect.json (fixtures/expect.md)
    with variant.patient("3.14") as patient: ...   # started, settled, signalled, stopped, as that row says

Nothing here waits without a deadline, and nothing outlives its `with` block or the test run.
Needs root: patients live in a root folder of their own (tests/support/provision_pythons.sh).
"""
from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
FIXTURES = TOP / "fixtures"
ROOT = Path(os.environ.get("SUBINT_DOCTOR_PYTHONS", TOP / "build/pythons/root"))
PYTHONS = ("3.13", "3.14", "3.15")

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_FUTEX = 202

# A tracer is a process of its own: what it seizes would else report its stops to this one's waitpid.
_TRACER = """
import ctypes, os, sys
pid, stop = int(sys.argv[1]), sys.argv[2] == "stop"
libc = ctypes.CDLL(None, use_errno=True)
for tid in map(int, os.listdir(f"/proc/{pid}/task")):
    if libc.ptrace(0x4206, tid, None, None) or (stop and libc.ptrace(0x4207, tid, None, None)):
        sys.exit(os.strerror(ctypes.get_errno()))
print("tracing", flush=True)
sys.stdin.read()
"""


class PatientError(Exception):
    """The patient did not come to where the test wants it; says what it did instead."""


@dataclasses.dataclass(frozen=True)
class ThreadLook:
    """One thread as the kernel shows it without being disturbed."""

    tid: int
    name: str
    state: str  # R, S, D, T, t, Z, ...
    syscall: tuple[int, ...] | None  # number and arguments; None: running
    cpu_ticks: int
    voluntary_switches: int
    involuntary_switches: int

    @property
    def resting_place(self) -> tuple | None:
        """Where it sleeps, None when it runs. All futexes are one place: a condition variable alternates between two."""
        if self.state == "R" or self.syscall is None:
            return None
        number, *arguments = self.syscall
        return (self.state, number) if number == _FUTEX else (self.state, number, arguments[0])


def look(pid: int) -> dict[int, ThreadLook]:
    """Every thread of a process that could be read; one that ends meanwhile is left out."""
    threads = {}
    for entry in os.scandir(f"/proc/{pid}/task"):
        try:
            folder = Path(entry.path)
            name, _, rest = (folder / "stat").read_bytes().decode(errors="replace").partition("(")[2].rpartition(")")
            fields = rest.split()
            words = (folder / "syscall").read_text().split()
            status = (folder / "status").read_bytes().decode(errors="replace")
            switches = [int(line.split()[1]) for line in status.splitlines() if "voluntary_ctxt_switches" in line]
        except (FileNotFoundError, ProcessLookupError):
            continue
        syscall = None if words[0] == "running" else (int(words[0]), *(int(word, 16) for word in words[1:7]))
        cpu_ticks = int(fields[11]) + int(fields[12])
        threads[int(entry.name)] = ThreadLook(int(entry.name), name, fields[0], syscall, cpu_ticks, *switches)
    return threads


def _become_patient(sigint: signal.Handlers) -> None:
    # Runs in the child: whatever started the tests, the patient's SIGINT is as asked, and it dies with its harness.
    signal.signal(signal.SIGINT, sigint)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Patient:
    """A fixture running inside the root folder; `pid` and `truth` once entered.

    With `program`, any Python file in its place (it may `from ready import ready`); `slug` then is only its name.
    """

    def __init__(
        self,
        python: str,
        slug: str,
        args: Sequence[str] = (),
        *,
        root: Path | str = ROOT,
        program: Path | None = None,
        python_options: Sequence[str] = (),
        env: dict[str, str] | None = None,
        sigint: signal.Handlers = signal.SIG_DFL,
        deadline_s: float = 60,
    ) -> None:
        self.python, self.slug, self.args, self.root = python, slug, list(args), Path(root)
        self.program, self.python_options, self.env = program, list(python_options), env or {}
        self.sigint, self.deadline_s = sigint, deadline_s
        self.pid = 0
        self.truth: dict = {}

    def __enter__(self) -> Patient:
        if not (self.root / f"usr/bin/python{self.python}").exists():
            raise PatientError(f"no python{self.python} in {self.root}: run tests/support/provision_pythons.sh")
        with contextlib.ExitStack() as ending:
            self._start(ending)
            self.truth = self._await_ready()
            self.pid = self.truth.get("pid", self.pid)  # a fixture may be about a child that it forks
            self._ending = ending.pop_all()  # from here on, what is added ends first
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def _start(self, ending: contextlib.ExitStack) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="patient-", dir=self.root / "run"))
        ending.callback(shutil.rmtree, self._folder, ignore_errors=True)
        script = self._bring_in()
        fifo = self._folder / "ready"
        os.mkfifo(fifo)
        # Open for both: never at end of file, and the patient's own open never blocks.
        self._fifo = os.open(fifo, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        ending.callback(os.close, self._fifo)
        output = ending.enter_context((self._folder / "output").open("wb"))
        command = ["chroot", str(self.root), f"/usr/bin/python{self.python}", *self.python_options, script]
        self._process = subprocess.Popen(
            [*command, f"/run/{self._folder.name}/ready", *self.args],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/bin:/usr/sbin", "LANG": "C.UTF-8", "PYTHONPATH": "/fixtures", **self.env},
            start_new_session=True,
            preexec_fn=lambda: _become_patient(self.sigint),
        )
        self.pid = self._process.pid  # chroot(1) becomes the Python: same pid
        ending.callback(self._kill)

    def _bring_in(self) -> str:
        """Copies the program to where the patient sees it; fixtures keep one stable path, shared by parallel runs."""
        names = ["ready.py"] if self.program else ["ready.py", f"{self.slug}/program.py"]
        for name in names:
            source, copy = FIXTURES / name, self.root / "fixtures" / name
            if not copy.exists() or copy.read_bytes() != source.read_bytes():
                copy.parent.mkdir(parents=True, exist_ok=True)
                temporary = self._folder / source.name
                shutil.copy(source, temporary)
                temporary.replace(copy)
        if self.program:
            shutil.copy(self.program, self._folder)
            return f"/run/{self._folder.name}/{self.program.name}"
        return f"/fixtures/{self.slug}/program.py"

    def _await_ready(self) -> dict:
        line = b""
        end = time.monotonic() + self.deadline_s
        while not line.endswith(b"\n"):
            self._check_alive("before it was ready")
            if time.monotonic() > end:
                raise PatientError(f"{self} not ready after {self.deadline_s} s: {self.output()}")
            if select.select([self._fifo], [], [], 0.05)[0]:
                line += os.read(self._fifo, 65536)
        return json.loads(line)

    def _check_alive(self, when: str) -> None:
        if self._process.poll() is not None:
            raise PatientError(f"{self} ended {when}, status {self._process.returncode}: {self.output()}")

    def _kill(self) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)  # a session of its own: nothing else is in that group
        except ProcessLookupError:
            pass
        self._process.wait(timeout=30)

    def __str__(self) -> str:
        return f"{self.slug} {' '.join(self.args)} on python{self.python} (pid {self.pid})"

    def output(self) -> str:
        """What it has printed so far, both streams; only inside the `with` block."""
        return (self._folder / "output").read_text(errors="replace")

    def ended(self) -> bool:
        return self._process.poll() is not None

    def wait_ended(self, deadline_s: float = 20) -> int:
        """Its exit status, once it has ended by itself."""
        return self._process.wait(timeout=deadline_s)

    def look(self) -> dict[int, ThreadLook]:
        return look(self.pid)

    def wait_for(self, condition: Callable[[], object], what: str, deadline_s: float = 20) -> None:
        """Polls until condition() holds; PatientError when it does not in time or the patient ends first."""
        end = time.monotonic() + deadline_s
        while not condition():
            self._check_alive(f"while waiting for {what}")
            if time.monotonic() > end:
                threads = "\n".join(str(thread) for thread in self.look().values())
                raise PatientError(f"{self}: no {what} after {deadline_s} s\n{threads}\n{self.output()}")
            time.sleep(0.01)

    def settle(self, still_s: float = 0.2, deadline_s: float = 20) -> None:
        """Until, for still_s on end, no thread came or went and none rested in two different places."""
        seen = self.look()
        places: dict[int, tuple] = {}
        since = time.monotonic()

        def still() -> bool:
            nonlocal seen, places, since
            threads = self.look()
            resting = {tid: thread.resting_place for tid, thread in threads.items() if thread.resting_place}
            if seen.keys() != threads.keys() or any(places.get(tid, place) != place for tid, place in resting.items()):
                seen, places, since = threads, {}, time.monotonic()
            places |= resting
            return time.monotonic() - since >= still_s

        self.wait_for(still, "stillness", deadline_s)

    def settle_moving(self, cpu_ticks: int = 5, deadline_s: float = 30) -> None:
        """For patients that never hold still: until they have used some CPU time since now."""
        start = self._cpu_ticks()
        self.wait_for(lambda: self._cpu_ticks() - start >= cpu_ticks, f"{cpu_ticks} ticks of CPU time", deadline_s)

    def _cpu_ticks(self) -> int:
        return sum(thread.cpu_ticks for thread in self.look().values())

    def signal(self, number: int, count: int = 1) -> None:
        """Sends it count times, each when the one before was taken: pending signals of one number would merge."""
        for _ in range(count):
            os.kill(self.pid, number)
            if self._can_take(number):
                self.wait_for(lambda: not self._pending(number), f"signal {number} taken", 10)

    def _masks(self, name: str) -> list[int]:
        masks = []
        for tid in self.look():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                status = Path(f"/proc/{self.pid}/task/{tid}/status").read_bytes().decode(errors="replace")
                masks += [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(name + ":")]
        return masks

    def _pending(self, number: int) -> bool:
        bit = 1 << (number - 1)
        return any(mask & bit for name in ("SigPnd", "ShdPnd") for mask in self._masks(name))

    def _can_take(self, number: int) -> bool:
        bit = 1 << (number - 1)
        stopped = all(thread.state in "Tt" for thread in self.look().values())
        return not stopped and not all(mask & bit for mask in self._masks("SigBlk"))

    def stop(self) -> None:
        """Stopped by job control, and seen to be."""
        os.kill(self.pid, signal.SIGSTOP)
        self.wait_for(lambda: all(thread.state == "T" for thread in self.look().values()), "stop")

    def trace(self, stop: bool) -> int:
        """Puts every thread under a tracer that stops them or only watches; returns its pid. Ends with the patient."""
        command = ["/usr/bin/python3", "-c", _TRACER, str(self.pid), "stop" if stop else "watch"]
        tracer = self._ending.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        )
        self._ending.callback(tracer.kill)
        if not (select.select([tracer.stdout], [], [], 30)[0] and tracer.stdout.readline()):
            raise PatientError(f"{self} cannot be traced")
        if stop:
            self.wait_for(lambda: all(thread.state == "t" for thread in self.look().values()), "tracing stop")
        return tracer.pid

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)
        self.wait_for(lambda: all(thread.state != "T" for thread in self.look().values()), "going on")


@dataclasses.dataclass(frozen=True)
class Variant:
    """One row of an expect.json; fixtures/expect.md says what the keys mean."""

    slug: str
    name: str
    args: tuple[str, ...]
    pythons: tuple[str, ...]
    moving: bool
    computes: int
    signals: dict[str, int]
    stopped: bool
    traced: str | None
    findings: tuple[str, ...]
    absent: tuple[str, ...]
    verdict: tuple[str, ...]
    raw: dict = dataclasses.field(compare=False, hash=False, repr=False)

    def __str__(self) -> str:
        return f"{self.slug}:{self.name}"

    def patient(self, python: str, **options) -> _VariantPatient:
        return _VariantPatient(self, python, options)


class _VariantPatient:
    """Enters a Patient and brings it to where its variant wants it."""

    def __init__(self, variant: Variant, python: str, options: dict) -> None:
        self._variant = variant
        self._patient = Patient(python, variant.slug, variant.args, **options)

    def __enter__(self) -> Patient:
        patient, variant = self._patient.__enter__(), self._variant
        try:
            arrive = patient.settle_moving if variant.moving else patient.settle
            arrive()
            if variant.computes:
                patient.settle_moving(variant.computes)
            for name, count in variant.signals.items():
                patient.signal(signal.Signals[name], count)
            if variant.signals:
                arrive()
            if variant.stopped:
                patient.stop()
            if variant.traced:
                patient.trace(stop=variant.traced == "stopped")
        except BaseException:
            patient.__exit__()
            raise
        return patient

    def __exit__(self, *reason: object) -> None:
        self._patient.__exit__(*reason)


def variants(slug: str = "*") -> Iterator[Variant]:
    """Every variant of the fixtures whose folder name matches, in order; an unknown key is an error."""
    known = {"name", "args", "pythons", "moving", "computes", "signals", "stopped", "traced", "note"}
    known |= {"findings", "absent", "verdict"}
    for path in sorted(FIXTURES.glob(f"{slug}/expect.json")):
        for row in json.loads(path.read_text())["variants"]:
            if unknown := row.keys() - known:
                raise ValueError(f"{path}: unknown keys {sorted(unknown)}")
            yield Variant(
                slug=path.parent.name,
                name=row["name"],
                args=tuple(row.get("args", ())),
                pythons=tuple(row.get("pythons", PYTHONS)),
                moving=row.get("moving", False),
                computes=row.get("computes", 0),
                signals=row.get("signals", {}),
                stopped=row.get("stopped", False),
                traced=row.get("traced"),
                findings=tuple(row.get("findings", ())),
                absent=tuple(row.get("absent", ())),
                verdict=tuple(row.get("verdict", ())),
                raw=row,
            )
