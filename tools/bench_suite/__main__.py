"""tools/bench: builds what is missing, runs the suites asked for, prints tables, writes JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench_suite import machine, suites
from bench_suite.build_modules import CACHE, build_modules
from bench_suite.table import best_peer, ratio, table

THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "NUMBA_NUM_THREADS",
    "POLARS_MAX_THREADS",
)


def suite_names() -> list[str]:
    return sorted(entry.name for entry in pkgutil.iter_modules(suites.__path__))


def parse(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tools/bench", description="Every benchmark of the project."
    )
    parser.add_argument(
        "suites",
        nargs="*",
        metavar="SUITE",
        help=f"one or more of {', '.join(names)} (default: all)",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write every figure there as well"
    )
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, smaller inputs")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="the access log of the suite records"
    )
    parser.add_argument(
        "--python", metavar="X.Y", help="the Python to measure: a version or a path"
    )
    options = parser.parse_args()
    unknown = [name for name in options.suites if name not in names]
    if unknown:
        parser.error(f"no suite is called {', '.join(unknown)}; there are {', '.join(names)}")
    if options.log and not options.log.is_file():
        parser.error(f"--log: there is no file {options.log}")
    return options


def run_suite(name: str, threads: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "bench_suite.worker", name, "--threads", str(threads)]
    command += ["--quick"] if options.quick else []
    command += ["--log", str(options.log.resolve())] if options.log else []
    environment = os.environ | {setting: str(threads) for setting in THREAD_SETTINGS}
    environment["NUMBA_CACHE_DIR"] = str(CACHE / "numba")
    worker = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    rows = [json.loads(line) for line in worker.stdout]
    if worker.wait() != 0:
        print(f"bench: {name} ended early with status {worker.returncode}", file=sys.stderr)
        rows.append({"name": "(ended early)", "cells": {}})
    return rows


def with_ratios(rows: list[dict[str, Any]], floor: str | None) -> list[dict[str, Any]]:
    for row in rows:
        if "cells" in row:
            row["best_peer"] = best_peer(row["cells"], floor)
            row["ratio"] = {f: ratio(row["cells"], floor, f) for f in ("min", "median")}
    return rows


def main() -> int:
    options = parse(suite_names())
    missing = build_modules()
    facts = machine.facts()
    print("\n".join(machine.lines(facts)), flush=True)
    report: dict[str, Any] = {
        "machine": facts,
        "not_built": missing,
        "quick": options.quick,
        "suites": [],
    }
    failed = False
    for name in options.suites or suite_names():
        suite = importlib.import_module(f"bench_suite.suites.{name}")
        for threads in suite.THREADS:
            title = f"{name}: {suite.TITLE}" + (f"; {threads} threads" if threads > 1 else "")
            probe = facts["two_cpu_scaling"]
            if threads > 1 and (probe is None or probe < machine.SCALES):
                print(f"\n{title}\nn/a (probe={'n/a' if probe is None else f'{probe:.2f}'})")
                continue
            rows = with_ratios(run_suite(name, threads, options), suite.FLOOR)
            failed |= bool(rows) and rows[-1]["name"] == "(ended early)"
            print("\n" + table(title, rows, suite.COLUMNS, suite.FLOOR), flush=True)
            report["suites"].append({"suite": name, "threads": threads, "rows": rows})
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
