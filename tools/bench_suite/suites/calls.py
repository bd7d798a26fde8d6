"""What one call costs through each binding layer, and through fastlane."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench_suite import peers
from bench_suite.measure import Call, Effort, Row

TITLE = "ns per call, empty loop taken off; raw is the floor, a plain C-API module"
COLUMNS = ["raw", "pybind11", "nanobind", "Cython", "PyO3", "fastlane"]
FLOOR = "raw"
THREADS = (1,)
EFFORT = Effort(seconds=2.0, least=40, most=600)
QUICK = Effort(seconds=0.3, least=20, most=100)

PEERS = {
    "raw": "bench_raw",
    "pybind11": "bench_pybind11",
    "nanobind": "bench_nanobind",
    "Cython": "bench_cython",
    "PyO3": "bench_pyo3",
}


def row(
    title: str, name: str, own: str, args: tuple[Any, ...], right: Callable[[Any], bool]
) -> Row:
    functions = {column: peers.function(module, name) for column, module in PEERS.items()}
    functions["fastlane"] = peers.function("fastlane", own)
    calls = {column: Call(found, args) if found else None for column, found in functions.items()}
    return Row(title, calls, right=right, empty_loop_off=True)


def rows(options: argparse.Namespace) -> Iterator[Row]:
    eight = np.arange(8.0)
    rust_sum = peers.function("bench_pyo3", "sum64")
    if rust_sum:
        rust_sum(
            eight
        )  # before fastlane is imported, so that rust-numpy keeps its own borrow checker
    line = np.linspace(0.0, 1.0, 8)
    yield row("no-op", "noop", "testing.noop", (), lambda got: got is None)
    yield row("one argument, ignored", "one", "testing.one", (eight,), lambda got: got is None)
    yield row("two doubles -> double", "hypot", "testing.hypot", (3.0, 4.0), lambda got: got == 5.0)
    yield row("sum of f8[8]", "sum64", "sum64", (eight,), lambda got: math.isclose(got, 28.0))
    yield row(
        "fresh f8[8], moved out",
        "linspace",
        "linspace",
        (8, 0.0, 1.0),
        lambda got: np.array_equal(got, line),
    )
    yield row(
        "length of any buffer",
        "buffer_length",
        "testing.buffer_length",
        (bytearray(64),),
        lambda got: got == 64,
    )
    yield row(
        "length of exact bytes",
        "bytes_length",
        "testing.bytes_length",
        (bytes(64),),
        lambda got: got == 64,
    )
    yield row(
        "length of ASCII str",
        "text_length",
        "testing.text_length",
        ("a" * 64,),
        lambda got: got == 64,
    )
