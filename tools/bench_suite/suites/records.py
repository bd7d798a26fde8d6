"""Logs, NDJSON and CSV: to typed columns, whole jobs with one row in a thousand bad, peak memory,
and one record at a time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench_suite import peers, record_jobs, record_lines
from bench_suite.log_jobs import JOBS, plain_python
from bench_suite.measure import Call, Effort, Fact, Row
from bench_suite.record_files import packed, record_file
from bench_suite.sample import repeated, source_log

TITLE = "records: to typed columns; validate, derive, group (1 row in 1,000 bad); one at a time"
COLUMNS = ["Python", "msgspec", "polars", "DuckDB", "pyarrow", "pandas", "C++", "fastlane"]
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


def peak_memory(module: str, *arguments: str) -> float | None:
    """What the module prints, as a program of its own."""
    command = [sys.executable, "-m", f"bench_suite.{module}", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return float(done.stdout) if done.returncode == 0 else None


def line_rows(options: argparse.Namespace) -> Iterator[Row]:
    """A request handler's calls; they have one thread."""
    if options.threads > 1:
        return
    lines = record_lines
    fastlane = peers.module("fastlane.records") is not None
    one: dict[str, Any] = {"Python": lines.by_json}
    if peers.module("msgspec") is not None:
        one["msgspec"] = lines.msgspec_decode()
    hundred = {name: lines.batch_of(function) for name, function in one.items()}
    log = {"Python": lines.by_re}
    if fastlane:
        one["fastlane"] = lines.fastlane_one
        hundred["fastlane"] = lines.fastlane_plan().run
        log["fastlane"] = lines.fastlane_log
    for title, functions, argument in (
        ("NDJSON, one record", one, lines.LINE),
        ("NDJSON, 100 records", hundred, lines.BATCH),
        ("log, one line", log, lines.LOG_LINE),
    ):
        calls = {name: Call(function, (argument,)) for name, function in functions.items()}
        yield Row(title, calls)


def is_same(job: str, got: Any, wanted: Any) -> bool:
    """Counts and sums are equal; means to the last bits."""
    if job == "columns":
        return bool(got == wanted)
    pairs = [(group, wanted.get(key, (0, 0, 0.0))) for key, group in got.items()]
    return got.keys() == wanted.keys() and all(
        a[:2] == b[:2] and abs(a[2] - b[2]) <= 1e-9 * abs(b[2]) for a, b in pairs
    )


def file_rows(source: Path, options: argparse.Namespace) -> Iterator[Row | Fact]:
    count = 50_000 if options.quick else 500_000
    for kind, title in (
        ("stable", "NDJSON"),
        ("shuffled", "NDJSON, keys shuffled"),
        ("csv", "CSV"),
        ("csv.gz", "CSV as gzip"),
    ):
        for job, jobs in record_jobs.JOBS.items():
            bad = job == "whole"
            path = record_file(source, kind.removesuffix(".gz"), count, bad)
            wanted = count if job == "columns" else record_jobs.JOBS[job]["Python"](str(path), 1)
            path = packed(path) if kind.endswith(".gz") else path
            there = [
                name for name in jobs if record_jobs.is_there(name, str(path), options.threads)
            ]
            size = f"{path.stat().st_size / 1e6:.0f} MB"
            what = "to columns" if job == "columns" else "whole job"
            yield Row(
                f"{title}, {what} {size}",
                {name: Call(jobs[name], (str(path), options.threads)) for name in there},
                right=lambda got, job=job, wanted=wanted: is_same(job, got, wanted),
            )
            if kind == "shuffled":
                continue
            values = {
                name: peak_memory("record_jobs", job, name, str(path), str(options.threads))
                for name in there
            }
            yield Fact(f"{title}, {what}, peak memory", "MB", values)


def rows(options: argparse.Namespace) -> Iterator[Row | Fact]:
    source = source_log(options.log)
    if source is None:
        print("bench: records: no access log; name one with --log FILE", file=sys.stderr)
        return
    yield from line_rows(options)
    yield from file_rows(source, options)
    log = repeated(source, 10 if options.quick else 100)
    size = f"{log.stat().st_size / 1e6:.0f} MB"
    wanted = plain_python(str(log), 1)
    there = {
        name: (needs is None or peers.module(needs) is not None)
        and not (options.threads > 1 and name in ONE_THREAD_ONLY)
        for name, (needs, _) in JOBS.items()
    }
    yield Row(
        f"log, whole job {size}",
        {
            name: Call(job, (str(log), options.threads)) if there[name] else None
            for name, (_, job) in JOBS.items()
        },
        right=lambda got: same(got, wanted),
    )
    yield Fact(
        "log, peak memory",
        "MB",
        {
            name: peak_memory("log_jobs", name, str(log), str(options.threads))
            if there[name]
            else None
            for name in JOBS
        },
    )
