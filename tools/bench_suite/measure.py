"""How time is taken: interleaved repetitions A B C A B C in one process, minimum and median.

Every call runs in timing loops of its own, compiled for it, so that no call spoils the inline
caches of another one; there are several, since where a loop happens to lie in memory is worth
nanoseconds. A repetition in which the thread waited for a CPU for over 1 ms is discarded.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

GAP_NS = 1_000_000
SHORT_NS = 4_000_000
LOOP_NS = 500_000
UNROLLED = 16
LOOPS = 6


@dataclass(frozen=True)
class Call:
    """A function and the arguments that it is timed with."""

    function: Callable[..., Any]
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self) -> Any:
        return self.function(*self.args, **self.kwargs)


@dataclass
class Row:
    """One line of a table: the same job done by each column's call (None: it cannot)."""

    name: str
    calls: dict[str, Call | None]
    before: Callable[[], object] | None = None  # untimed
    right: Callable[[Any], bool] | None = None  # judges each call's first result
    empty_loop_off: bool = False


@dataclass
class Fact:
    """One line of figures that are not times, such as the peak memory of each column."""

    name: str
    unit: str
    values: dict[str, float | None]


@dataclass(frozen=True)
class Effort:
    """How long a row is measured, and how many repetitions each column makes in that time."""

    seconds: float = 2.0
    least: int = 3
    most: int = 200


def timing_loop(call: Call | None, unrolled: int) -> Callable[[int], int]:
    """A function of a number of rounds that gives the ns that they took; None is the empty loop."""
    values = [*call.args, *call.kwargs.values()] if call else []
    names = [f"value_{i}" for i in range(len(values))]
    spelled = names[: len(call.args)] if call else []
    spelled += (
        [f"{key}={name}" for key, name in zip(call.kwargs, names[len(call.args) :])] if call else []
    )
    body = [f"function({', '.join(spelled)})"] * unrolled if call else ["pass"]
    source = "\n".join(
        [
            f"def timed(rounds, function, clock, repeat, {', '.join(names)}):",
            "    begin = clock()",
            "    for _ in repeat(None, rounds):",
            *(f"        {line}" for line in body),
            "    return clock() - begin",
        ]
    )
    namespace: dict[str, Any] = {}
    exec(compile(source, "<timing loop>", "exec"), namespace)
    timed = namespace["timed"]
    function = call.function if call else None
    return lambda rounds: timed(rounds, function, time.perf_counter_ns, repeat, *values)


def waited_ns() -> int:
    """How long the main thread has been kept waiting for a CPU so far."""
    try:
        with open("/proc/self/schedstat", "rb", buffering=0) as file:
            return int(file.read().split()[1])
    except (OSError, IndexError):
        return 0


class Track:
    """The repetitions of one call."""

    def __init__(self, call: Call, right: Callable[[Any], bool] | None) -> None:
        begin = time.perf_counter_ns()
        result = call()
        self.cost = time.perf_counter_ns() - begin
        self.right = right is None or right(result)
        for _ in range(5):  # the first calls compile, fault pages in and fill caches
            if self.cost > 200_000_000:
                break
            begin = time.perf_counter_ns()
            call()
            self.cost = min(self.cost, time.perf_counter_ns() - begin)
        self.unrolled = UNROLLED if self.cost < 5_000 else 1
        self.loops = [timing_loop(call, self.unrolled)]
        self.rounds = 1
        if self.cost < LOOP_NS:
            self.loops += [timing_loop(call, self.unrolled) for _ in range(LOOPS - 1)]
            once = min(loop(20) for loop in self.loops) // 20
            self.rounds = max(1, LOOP_NS // max(1, once))
        self.calls = self.rounds * self.unrolled
        self.kept: list[int] = []
        self.waits: list[int] = []
        self.spent = 0

    def repeat(self) -> None:
        waited = waited_ns()
        elapsed = self.loops[len(self.kept) % len(self.loops)](self.rounds)
        self.waits.append(waited_ns() - waited)
        self.kept.append(elapsed)
        self.spent += elapsed

    def quiet(self) -> list[int]:
        """The repetitions without a clock gap; all of them when none was without."""
        fastest = min(self.kept)
        kept = [
            elapsed
            for elapsed, wait in zip(self.kept, self.waits)
            if wait <= GAP_NS and not (fastest < SHORT_NS and elapsed - fastest > GAP_NS)
        ]
        return kept or self.kept

    def figures(self, empty_round_ns: float) -> dict[str, Any]:
        quiet = self.quiet()
        off = empty_round_ns / self.unrolled
        return {
            "min": min(quiet) / self.calls - off,
            "median": statistics.median(quiet) / self.calls - off,
            "repetitions": len(quiet),
            "discarded": len(self.kept) - len(quiet),
        }


def empty_round_ns() -> float:
    loop = timing_loop(None, 1)
    return min(loop(10_000) for _ in range(50)) / 10_000


def rounds_of(tracks: list[Track], effort: Effort) -> Iterator[list[Track]]:
    """Who runs in each round of the interleaving, until all have spent their share of the time."""
    share = effort.seconds * 1e9 / max(1, len(tracks))
    for done in range(effort.most):
        running = [track for track in tracks if done < effort.least or track.spent < share]
        if not running:
            return
        yield running


def measure(row: Row, effort: Effort) -> dict[str, dict[str, Any] | str]:
    """The figures of each column in ns per call, or the word that stands for them."""
    cells: dict[str, dict[str, Any] | str] = {}
    tracks: dict[str, Track] = {}
    for column, call in row.calls.items():
        cells[column] = "n/a"
        if call is None:
            continue
        if row.before:
            row.before()
        try:
            track = Track(call, row.right)
        except Exception as problem:  # whatever a peer raises concerns its own column only
            print(f"bench: {row.name}: {column}: {problem!r}", file=sys.stderr)
            cells[column] = "error"
            continue
        if track.right:
            tracks[column] = track
        else:
            cells[column] = "wrong"
    off = empty_round_ns() if row.empty_loop_off else 0.0
    gc.collect()
    gc.disable()
    try:
        for running in rounds_of(list(tracks.values()), effort):
            for track in running:
                if row.before:
                    row.before()
                track.repeat()
    finally:
        gc.enable()
    for column, track in tracks.items():
        cells[column] = track.figures(off)
    return cells
