"""One table of calls: every native function with right arguments, a model and documented errors.

The nets (variants, ownership, hostile objects, reference leaks, failing allocations) are driven by
this table alone: a function is under all of them as soon as it has its entry here.
"""

from __future__ import annotations

import math

import numpy as np
from call_kinds import Anything, Array, Bytes, Call, Real, Refusal, Text

from fastlane import ArgumentTypeError, ArgumentValueError


# Quarters: their sums are exact in every float type and every order.
def quarters(length: int = 12) -> np.ndarray:
    return (np.arange(length) % 23 - 5) / 4


def repeated(value: float, dtype: str, length: int) -> np.ndarray:
    """A long array that takes no memory: every element is the same one."""
    return np.broadcast_to(np.array(value, dtype), length)


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

CALLS: list[Call] = [*TESTING, *LESSONS]


def table() -> dict[str, Call]:
    """Every public name, aliases included, with its entry."""
    return {name: call for call in CALLS for name in (call.name, *call.aliases)}
