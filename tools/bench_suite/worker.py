"""Runs one suite in a process of its own and writes one JSON line per row to standard output."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys

from bench_suite.measure import Effort, Fact, measure


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_suite.worker")
    parser.add_argument("suite")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--log", default="")
    options = parser.parse_args()

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints must not end up among the answers
    suite = importlib.import_module(f"bench_suite.suites.{options.suite}")
    effort: Effort = suite.QUICK if options.quick else suite.EFFORT
    for row in suite.rows(options):
        if isinstance(row, Fact):
            answer = {"name": row.name, "unit": row.unit, "values": row.values}
        else:
            answer = {"name": row.name, "cells": measure(row, effort)}
        print(f"bench: {options.suite}: {row.name}", file=sys.stderr, flush=True)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
