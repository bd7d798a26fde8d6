"""Native work in an event loop: what a call costs, what a burst does to the loop, and idleness."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

from bench_suite import aio_jobs, aio_servers, peers
from bench_suite.aio_jobs import Figures, interleaved
from bench_suite.measure import Effort, Fact

TITLE = "asyncio, two workers"
COLUMNS = [*aio_jobs.WAYS, "no loop"]  # two plain threads that do nothing but the jobs
FLOOR = "no loop"
THREADS = (1,)
EFFORT = Effort(seconds=1.0)
QUICK = Effort(seconds=0.1)

MICRO, MILLI = 1e6, 1e3


def fact(name: str, unit: str, figures: dict[str, Figures], figure: str, scale: float) -> Fact:
    values = {
        way: figures[way][figure] * scale if figure in figures.get(way, {}) else None
        for way in COLUMNS
    }
    return Fact(name, unit, values)


def rows(options: argparse.Namespace) -> Iterator[Fact]:
    noop = peers.function("fastlane", "testing.noop")
    crc32 = peers.function("fastlane", "crc32")
    if noop is None or crc32 is None:
        return
    short = 0.1 if options.quick else 1.0
    ways = list(aio_jobs.WAYS)
    threaded = [way for way in ways if way != "synchronous"]

    def run(ways: list[str], rounds: int, measurement: Callable[..., Any], *args: Any) -> Any:
        return interleaved(ways, 1 if options.quick else rounds, measurement, *args)

    kilobytes = bytes(64 << 10)
    calls = {"no-op": (noop,), "crc32 of 64 KiB": (crc32, kilobytes)}
    for name, call in calls.items():
        found = run(ways, 5, aio_jobs.one_after_the_other, call, int(4000 * short))
        yield fact(f"{name}, p50", "us", found, "p50", MICRO)
        yield fact(f"{name}, p99", "us", found, "p99", MICRO)
        yield fact(f"{name}, CPU", "us", found, "cpu", MICRO)
    for name, call in calls.items():
        found = run(ways, 3, aio_jobs.all_at_once, call, 10_000)
        yield fact(f"10,000 x {name}, each", "us", found, "each", MICRO)
    job = aio_jobs.job_of(200e-6)
    found = run(ways, 3, aio_jobs.all_at_once, job, int(5000 * short))
    found["no loop"] = {"total": aio_jobs.without_a_loop(job, int(5000 * short))}
    yield fact(f"{5000 * short:,.0f} jobs of 200 us, total", "ms", found, "total", MILLI)
    yield fact("- heartbeat late, p99", "ms", found, "lag", MILLI)
    found = run(threaded, 3, aio_jobs.in_flight, job, int(4000 * short))
    yield fact("20 jobs in flight, p99", "ms", found, "p99", MILLI)
    found = run(threaded, 1, aio_jobs.idle, (noop,), 2 * short)
    yield fact("idle, of a CPU", "%", found, "cpu", 1.0)
    yield from aio_servers.rows(options)
