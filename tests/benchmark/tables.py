"""What was measured, as Markdown: one table per figure, then the ratios that are promised."""
from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable, Iterable

from tools import ATTACH, AUSTIN, DUMP, GDB, NOBODY, ONE_LOOK, PY_SPY, PYSTACK, Seen

INTERVAL_MS = 27  # `attach` waits that long between its two looks
PEAK_LIMIT_KIB = 64 * 1024


@dataclasses.dataclass
class Result:
    """One tool on one patient. Not applicable: no figures and no failure."""

    walls_ms: list[float] = dataclasses.field(default_factory=list)
    cpus_ms: list[float] = dataclasses.field(default_factory=list)
    pauses_ms: list[float] = dataclasses.field(default_factory=list)
    peak_kib: int = 0
    seen: Seen = Seen()
    failure: str = ""

    @property
    def wall_ms(self) -> float | None:
        return min(self.walls_ms, default=None)

    @property
    def blind(self) -> bool:
        return bool(self.walls_ms) and self.seen.nothing()


@dataclasses.dataclass
class Patient:
    """A row: what was looked at, what it says of itself, and each tool's result by name."""

    name: str
    python: str
    truth: Seen
    results: dict[str, Result]

    @property
    def title(self) -> str:
        return f"{self.name} ({self.python})"


def milliseconds(value: float) -> str:
    return f"{value:.2f}" if value < 2 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def spread(values: list[float]) -> str:
    return f"{milliseconds(min(values))} / {milliseconds(statistics.median(values))}" if values else "-"


def cell(result: Result | None, show: Callable[[Result], str]) -> str:
    if result is None:
        return "-"
    return "failed" if result.failure and not result.walls_ms else show(result)


def table(heading: str, columns: list[str], rows: list[list[str]]) -> str:
    lines = [["patient", *columns], ["---"] * (len(columns) + 1), *rows]
    return f"### {heading}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def wall(result: Result | None) -> str:
    text = cell(result, lambda r: spread(r.walls_ms))
    if result and result.failure:
        return f"{text}, then failed: {result.failure}" if result.walls_ms else f"failed: {result.failure}"
    return text + (", saw 0" if result and result.blind else "")


def tables(patients: list[Patient], names: list[str]) -> str:
    def rows(of: list[str], show: Callable[[Result | None], str]) -> list[list[str]]:
        return [[patient.title, *(show(patient.results.get(name)) for name in of)] for patient in patients]

    watched = [NOBODY.name, *names]
    seen = rows(names, lambda result: cell(result, lambda r: str(r.seen)))
    for row, patient in zip(seen, patients):
        row.insert(1, str(patient.truth))
    return "\n\n".join(
        (
            table("Wall time, ms (minimum / median)", names, rows(names, wall)),
            table(
                "CPU time, ms (minimum / median): for machines that have other things to do",
                names,
                rows(names, lambda result: cell(result, lambda r: spread(r.cpus_ms))),
            ),
            table(
                "Pause of the patient, ms: longest gap of a thread that ticks inside it (minimum / median)",
                watched,
                rows(watched, lambda result: cell(result, lambda r: spread(r.pauses_ms))),
            ),
            table("Peak memory, KiB", names, rows(names, lambda result: cell(result, lambda r: f"{r.peak_kib:,}"))),
            table(
                "Seen: OS threads / thread states / interpreters / Python frames (+ C frames)",
                ["in the patient", *names],
                seen,
            ),
        )
    )


@dataclasses.dataclass(frozen=True)
class Promise:
    """Ours compared with a peer on one patient: our time at most `most` x its, or it at least `least` x ours."""

    patient: str
    peer: str
    most: float = 0
    least: float = 0


PROMISES = (
    *(Promise(patient, AUSTIN, most=1.3) for patient in ("2 threads", "founding hang")),
    *(Promise(patient, PY_SPY, least=1) for patient in ("2 threads", "founding hang")),
    Promise("500 threads", AUSTIN, most=2),
    Promise("500 threads", PY_SPY, least=6),
    Promise("500 threads", PYSTACK, least=12),
    Promise("500 threads", GDB, least=60),
    Promise("200 sub-interpreters", AUSTIN, most=2),
    Promise("200 sub-interpreters", PYSTACK, least=15),
    Promise("200 sub-interpreters", DUMP, least=5),
)


def verdict(kept: bool) -> str:
    return "kept" if kept else "MISSED"


def kept_or_not(promise: Promise, patient: Patient) -> list[str] | None:
    mine, theirs = patient.results.get(ONE_LOOK), patient.results.get(promise.peer)
    if mine is None or theirs is None or mine.wall_ms is None:
        return None
    if theirs.wall_ms is None:
        return [patient.title, f"{promise.peer} failed: nothing to compare with", "", "", ""]
    if promise.most:
        ratio, cpu = mine.wall_ms / theirs.wall_ms, min(mine.cpus_ms) / min(theirs.cpus_ms)
        figure, limit, kept = f"ours / {promise.peer}", f"at most {promise.most}", ratio <= promise.most
    else:
        ratio, cpu = theirs.wall_ms / mine.wall_ms, min(theirs.cpus_ms) / min(mine.cpus_ms)
        figure, limit, kept = f"{promise.peer} / ours", f"at least {promise.least}", ratio >= promise.least
    return [patient.title, figure, f"{ratio:.2f}", f"{cpu:.2f}", f"{limit}: {verdict(kept)}"]


def attach_rows(patients: Iterable[Patient]) -> list[list[str]]:
    rows = []
    for patient in patients:
        one, both = patient.results.get(ONE_LOOK), patient.results.get(ATTACH)
        if not one or not both or one.wall_ms is None or both.wall_ms is None:
            continue
        rest = both.wall_ms - 2 * one.wall_ms - INTERVAL_MS
        peak = max(one.peak_kib, both.peak_kib)
        rows += [
            [patient.title, f"attach - 2 looks - {INTERVAL_MS} ms", f"{rest:.2f}", "", f"below 5: {verdict(rest < 5)}"],
            [patient.title, "peak, MiB", f"{peak / 1024:.1f}", "", f"below 64: {verdict(peak < PEAK_LIMIT_KIB)}"],
        ]
        if both.pauses_ms:
            more = min(both.pauses_ms) - min(patient.results[NOBODY.name].pauses_ms)
            rows.append([patient.title, "pause by attach beyond nobody's, ms", f"{more:.2f}", "", "0"])
    return rows


def slopes(patients: list[Patient], counted: str) -> list[list[str]]:
    """What one more costs, from each size to the next: equal figures mean linear cost."""
    rows = []
    for python in dict.fromkeys(patient.python for patient in patients):
        points = [
            (int(patient.name.split()[0]), result.wall_ms)
            for patient in patients
            if patient.python == python and patient.name.split()[1].startswith(counted)
            if (result := patient.results.get(ONE_LOOK)) and result.wall_ms is not None
        ]
        for (few, less), (many, more) in zip(points, points[1:]):
            each = (more - less) / (many - few) * 1000
            sizes = f"{few} to {many} {counted}s ({python})"
            rows.append([sizes, "one look, us for each more", f"{each:.1f}", "", "linear"])
    return rows


def ratios(patients: list[Patient]) -> str:
    named = [(promise, patient) for promise in PROMISES for patient in patients if patient.name == promise.patient]
    rows = [row for promise, patient in named if (row := kept_or_not(promise, patient))]
    rows += attach_rows(patients) + slopes(patients, "thread") + slopes(patients, "sub-interpreter")
    if not rows:
        return "No ratios: subint-doctor was not measured."
    return table("What is promised, by minima", ["figure", "wall time", "CPU time", "limit"], rows)
