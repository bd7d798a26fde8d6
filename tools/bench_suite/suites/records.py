"""The whole job on an access log: validate, group by method and status, aggregate the bytes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from bench_suite import peers
from bench_suite.log_jobs import JOBS, plain_python
from bench_suite.measure import Call, Effort, Fact, Row
from bench_suite.sample import repeated, source_log

TITLE = "log, 1 row in 1,000 bad; validate, group by method and status, 4 aggregates"
COLUMNS = list(JOBS)
FLOOR = None
THREADS = (1, 2)
ONE_THREAD_ONLY = ("Python", "pandas")
EFFORT = Effort(seconds=9.0, least=2, most=20)
QUICK = Effort(seconds=3.0, least=2, most=10)


def same(got: Any, wanted: Any) -> bool:
    """Counts, sums and maxima are equal; means to the last bits."""
    if got[0] != wanted[0] or got[1].keys() != wanted[1].keys():
        return False
    pairs = [(group, wanted[1][key]) for key, group in got[1].items()]
    return all(a[:3] == b[:3] and abs(a[3] - b[3]) <= 1e-9 * abs(b[3]) for a, b in pairs)


def peak_memory(name: str, path: str, threads: int) -> float | None:
    command = [sys.executable, "-m", "bench_suite.log_jobs", name, path, str(threads)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return float(done.stdout) if done.returncode == 0 else None


def rows(options: argparse.Namespace) -> Iterator[Row | Fact]:
    source = source_log(options.log)
    if source is None:
        print("bench: records: no access log; name one with --log FILE", file=sys.stderr)
        return
    log = repeated(source, 10 if options.quick else 100)
    size = f"{log.stat().st_size / 1e6:.0f} MB"
    wanted = plain_python(str(log), 1)
    there = {
        name: (needs is None or peers.module(needs) is not None)
        and not (options.threads > 1 and name in ONE_THREAD_ONLY)
        for name, (needs, _) in JOBS.items()
    }
    yield Row(
        f"whole job {size}",
        {
            name: Call(job, (str(log), options.threads)) if there[name] else None
            for name, (_, job) in JOBS.items()
        },
        right=lambda got: same(got, wanted),
    )
    yield Fact(
        "peak memory",
        "MB",
        {
            name: peak_memory(name, str(log), options.threads) if there[name] else None
            for name in JOBS
        },
    )
