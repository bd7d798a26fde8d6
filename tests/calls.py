"""One table of calls: every native function with right arguments, a model and documented errors.

The nets (variants, ownership, hostile objects, reference leaks, failing allocations) are driven by
this table alone: a function is under all of them as soon as it has its entry here.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
from call_arguments import (
    ARENA_ERRORS,
    THREADS_ARGUMENT,
    THREADS_ERRORS,
    closed_arena,
    out_errors,
    quarters,
    repeated,
)
from call_kinds import (
    FLOATS,
    NUMBERS,
    Anything,
    Array,
    Bytes,
    Call,
    Integer,
    NumPys,
    Real,
    Refusal,
    Text,
)
from calls_expressions import EXPRESSIONS
from calls_image import IMAGE
from calls_lab import LAB
from calls_matrix import MATRIX
from calls_process import COUNTERS, THREADS
from calls_records import RECORDS
from calls_text import MAPPED_FILE, TEXT

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError


def model_scaled(values: np.ndarray, factor: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        return values * float(factor)


TESTING = [
    Call("fastlane.testing.noop", {}, make=dict, model=lambda: None),
    Call(
        "fastlane.testing.one",
        {"x": Anything()},
        make=lambda: {"x": object()},
        model=lambda x: None,
    ),
    Call(
        "fastlane.testing.hypot",
        {"x": Real(), "y": Real()},
        make=lambda: {"x": 3.0, "y": 4.0},
        model=lambda x, y: math.sqrt(float(x) * float(x) + float(y) * float(y)),
    ),
    Call(
        "fastlane.testing.buffer_length",
        {"data": Bytes()},
        make=lambda: {"data": b"twelve bytes"},
        model=lambda data: len(data),
        aliases=("fastlane.testing.bytes_length",),
    ),
    Call(
        "fastlane.testing.text_length",
        {"s": Text()},
        make=lambda: {"s": "twelve signs"},
        model=lambda s: len(s),
    ),
    Call(
        "fastlane.testing.conflicts",
        {"a": Anything(), "b": Anything()},
        make=lambda: {"a": quarters(), "b": quarters()},
        model=lambda a, b: bool(np.shares_memory(a, b)),
        errors=(
            Refusal(lambda: {"a": b"bytes"}, ArgumentTypeError, "a"),
            Refusal(lambda: {"b": None}, ArgumentTypeError, "b"),
        ),
        kernel="overlaps",
    ),
    Call("fastlane.testing.live_borrows", {}, make=dict, model=lambda: 0),
]

LESSONS = [
    Call(
        "fastlane.lessons.scaled_copy",
        {"values": Array(("float64",), ndim=1), "factor": Real()},
        make=lambda: {"values": quarters(), "factor": 2.5},
        model=model_scaled,
        errors=(
            Refusal(lambda: {"values": np.ones((2, 2))}, ArgumentValueError, "values"),
            Refusal(lambda: {"values": np.ones(3, "f4")}, ArgumentTypeError, "values"),
            Refusal(lambda: {"factor": "two"}, ArgumentTypeError, "factor"),
        ),
        moves=True,
    ),
    # The raw form promises less: no DLPack, and plain TypeError and ValueError.
    Call(
        "fastlane.lessons.scaled_copy_raw",
        {"values": Anything(), "factor": Anything()},
        make=lambda: {"values": quarters(), "factor": 2.5},
        model=lambda values, factor: values * float(factor),
        errors=(
            Refusal(lambda: {"values": np.ones((2, 2))}, ValueError),
            Refusal(lambda: {"values": np.ones(3, "f4")}, TypeError),
            Refusal(lambda: {"factor": "two"}, TypeError),
        ),
        plain_errors=True,
    ),
]

def model_sum(x: np.ndarray) -> int | float:
    return float(np.sum(x, dtype="f8")) if x.dtype.kind == "f" else sum(x.ravel().tolist())


def model_describe(x: np.ndarray) -> tuple:
    values = [float(value) for value in x.ravel().tolist()]
    mean = math.fsum(values) / len(values)
    std = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    kind = float if x.dtype.kind == "f" else int
    return len(values), kind(x.min()), kind(x.max()), mean, std, model_sum(x)


def model_linspace(n: int, start: float, stop: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.linspace(float(start), float(stop), n)


def model_scale(x: np.ndarray, factor: float) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(x * x.dtype.type(factor))


def model_scale_inplace(x: np.ndarray, factor: float) -> None:
    x[...] = model_scale(x, factor)


def model_normalize(x: np.ndarray, amount: int = 8) -> None:
    x[...] = np.maximum(x.astype("i2") - amount, 0)


def sines(n: int) -> np.ndarray:
    return np.sin(np.arange(n, dtype="f8")).astype("f4")


LENGTH = Integer(0, (1 << 63) - 1, (0, 1, 2, 100))
NO_MEMORY = Refusal(lambda: {"n": 1 << 58}, MemoryError)
def overlapping_columns() -> dict[str, np.ndarray]:
    """A square that would be turned where it lies."""
    x = quarters(9).reshape(3, 3)
    return {"x": x, "out": x}


REDUCTIONS = [
    Call(
        "fastlane.sum",
        {"x": Array(NUMBERS), "threads": THREADS_ARGUMENT},
        make=lambda: {"x": quarters()},
        model=lambda x, threads=None: model_sum(x),
        errors=THREADS_ERRORS,
        keyword_only=frozenset(("threads",)),
        kernel="sum_floats",
        large=lambda: {"x": repeated(1.0, "f8", 1 << 27)},
        aliases=("fastlane.lab.sum_buffer",),
    ),
    Call(
        "fastlane.sum64",
        {"x": Array(("float64",))},
        make=lambda: {"x": quarters()},
        model=model_sum,
        kernel="sum_floats",
        large=lambda: {"x": repeated(1.0, "f8", 1 << 27)},
        aliases=("fastlane.lab.fast_sum",),
    ),
    Call(
        "fastlane.describe",
        {"x": Array(NUMBERS, may_be_empty=False), "threads": THREADS_ARGUMENT},
        make=lambda: {"x": quarters()},
        model=lambda x, threads=None: model_describe(x),
        errors=THREADS_ERRORS,
        keyword_only=frozenset(("threads",)),
        tolerance=1e-12,
        kernel="describe",
        large=lambda: {"x": repeated(1.0, "f8", 1 << 27)},
    ),
]

ELEMENTWISE = [
    Call(
        "fastlane.scale",
        {
            "x": Array(FLOATS),
            "factor": Real(),
            "out": Anything(),
            "arena": Anything(),
            "threads": THREADS_ARGUMENT,
        },
        make=lambda: {"x": quarters(), "factor": 2.5},
        model=lambda x, factor, threads=None: model_scale(x, factor),
        errors=(
            *out_errors(quarters()),
            *ARENA_ERRORS,
            *THREADS_ERRORS,
            Refusal(lambda: dict.fromkeys(("x", "out"), quarters()), BorrowError, "out"),
        ),
        keyword_only=frozenset(("out", "arena", "threads")),
        kernel="scale",
        large=lambda: {"x": repeated(1.0, "f8", 1 << 24), "factor": 1.5},
    ),
    Call(
        "fastlane.scale_inplace",
        {"x": Array(FLOATS, writes=True), "factor": Real()},
        make=lambda: {"x": quarters(), "factor": 2.5},
        model=model_scale_inplace,
        kernel="scale_inplace",
        large=lambda: {"x": np.ones(1 << 24), "factor": 1.5},
    ),
    Call(
        "fastlane.normalize_u8_inplace",
        {"x": Array(("uint8",), writes=True), "amount": Integer(0, 255, (0, 1, 8, 255))},
        make=lambda: {"x": np.arange(40, dtype="u1")},
        model=model_normalize,
        kernel="subtract_saturating",
        large=lambda: {"x": np.ones(1 << 27, "u1")},
    ),
]

LAYOUTS = [
    Call(
        "fastlane.transpose",
        {"x": Array(NUMBERS, ndim=2), "out": Anything(), "arena": Anything()},
        make=lambda: {"x": quarters().reshape(12, 1)},
        model=lambda x: x.T.copy(),
        errors=(
            *out_errors(quarters().reshape(1, 12)),
            *ARENA_ERRORS,
            Refusal(lambda: {"x": quarters()}, ArgumentValueError, "x"),
            Refusal(lambda: {"x": quarters().reshape(3, 2, 2)}, ArgumentValueError, "x"),
            Refusal(overlapping_columns, BorrowError, "out"),
        ),
        keyword_only=frozenset(("out", "arena")),
        kernel="transpose",
        large=lambda: {"x": repeated(1.0, "f8", 1 << 24).reshape(1 << 12, 1 << 12)},
    ),
    Call(
        "fastlane.tolist",
        {"x": Array(NUMBERS)},
        make=lambda: {"x": quarters()},
        model=lambda x: x.tolist(),
    ),
]

SEQUENCES = [
    Call(
        "fastlane.linspace",
        {"n": LENGTH, "start": Real(), "stop": Real(), "out": Anything(), "arena": Anything()},
        make=lambda: {"n": 12, "start": -1.0, "stop": 2.0},
        model=model_linspace,
        errors=(NO_MEMORY, *out_errors(quarters()), *ARENA_ERRORS),
        keyword_only=frozenset(("out", "arena")),
        kernel="linspace",
        large=lambda: {"n": 1 << 24, "start": 0.0, "stop": 1.0},
    ),
    Call(
        "fastlane.transform_with_scratch",
        {"n": LENGTH, "arena": Anything()},
        make=lambda: {"n": 12},
        model=sines,
        errors=(NO_MEMORY, *ARENA_ERRORS),
        keyword_only=frozenset(("arena",)),
        tolerance=1.2e-7,
        kernel="sines",
        large=lambda: {"n": 1 << 22},
    ),
]

BYTES = [
    Call(
        "fastlane.crc32",
        {
            "data": Bytes(or_path=True),
            "value": Integer(None, None, (0, 1, -1, (1 << 32) + 5, 10**30, -(10**30))),
        },
        make=lambda: {"data": b"twelve bytes"},
        model=lambda data, value=0: zlib.crc32(data, value & 0xFFFFFFFF),
        aliases=("fastlane.crc32_mv",),
        kernel="crc32",
        large=lambda: {"data": repeated(1, "u1", 1 << 26)},
    ),
]


ARENA = [
    Call(
        "fastlane.Arena",
        {"limit": Integer(0, (1 << 63) - 1, (0, 1, 1 << 20))},
        make=dict,
        model=None,
        errors=(Refusal(lambda: {"limit": -1}, ArgumentValueError, "limit"),),
    ),
    Call(
        "fastlane.Arena.empty",
        {"self": Anything(), "shape": NumPys(), "dtype": NumPys()},
        make=lambda: {"self": fastlane.Arena(), "shape": (3, 4)},
        model=None,
        errors=(
            Refusal(lambda: {"shape": (3, -1)}, ArgumentValueError, "shape"),
            Refusal(lambda: {"dtype": "O"}, ArgumentTypeError, "dtype"),
            Refusal(lambda: {"dtype": "no such type"}, TypeError),
            Refusal(lambda: {"shape": "three"}, TypeError),
            Refusal(lambda: {"shape": (1 << 62, 1 << 62)}, MemoryError),
            Refusal(lambda: {"shape": (1 << 40,)}, MemoryError),
            Refusal(lambda: {"self": fastlane.Arena(limit=64)}, MemoryError),
            Refusal(lambda: {"self": closed_arena()}, BorrowError),
        ),
        moves=True,
    ),
    *(
        Call(
            f"fastlane.Arena.{name}",
            {"self": Anything()},
            make=lambda: {"self": fastlane.Arena()},
            model=None,
        )
        for name in ("stats", "trim", "close")
    ),
]

CALLS: list[Call] = [
    *THREADS,
    *COUNTERS,
    *MATRIX,
    *TESTING,
    *LESSONS,
    *LAB,
    *REDUCTIONS,
    *ELEMENTWISE,
    *LAYOUTS,
    *SEQUENCES,
    *EXPRESSIONS,
    *BYTES,
    *TEXT,
    *IMAGE,
    *MAPPED_FILE,
    *ARENA,
    *RECORDS,
]


def table() -> dict[str, Call]:
    """Every public name, aliases included, with its entry."""
    return {name: call for call in CALLS for name in (call.name, *call.aliases)}
