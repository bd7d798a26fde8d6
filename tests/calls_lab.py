"""Entries of the table in calls.py: the lab's native functions and types."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from call_kinds import NUMBERS, Anything, Array, Call, Integer, Real, Refusal

from fastlane import ArgumentTypeError, ArgumentValueError, RecordError, lab

MOST = 2**64 - 1
RIGHT = {"host": "localhost", "port": 5432, "timeout_ms": 3000}


def config_with(**changes: Any) -> dict[str, Any]:
    return {"config": {**RIGHT, **changes}}


def square_plus_one(x: float) -> float:
    return float(x) * float(x) + 1


def ones(rows: int, columns: int) -> np.ndarray:
    return np.ones((rows, columns))


def processor_entries(kind: type) -> list[Call]:
    """SafeProcessor and its twin keep the same promises, as long as no cycle goes through them."""
    name = f"fastlane.lab.{kind.__name__}"
    return [
        Call(
            name,
            {"callback": Anything()},
            make=lambda: {"callback": list},  # a class: counting references to it says nothing
            model=None,
            errors=(Refusal(lambda: {"callback": 3}, ArgumentTypeError, "callback"),),
        ),
        Call(
            f"{name}.process",
            {"self": Anything(), "x": Anything()},
            make=lambda: {"self": kind(math.sqrt), "x": 4.0},
            model=None,
            # No function of Python's: CPython 3.11 itself loses the exception when a frame fails.
            errors=(Refusal(lambda: {"self": kind(len)}, TypeError),),
        ),
    ]


LAB = [
    Call(
        "fastlane.lab.slow_sum",
        {"values": Anything()},
        make=lambda: {"values": [1.0, 2, True, np.float32(0.5)]},
        model=lambda values: float(sum(values)),
        errors=(
            Refusal(lambda: {"values": (1.0, 2.0)}, ArgumentTypeError, "values"),
            Refusal(lambda: {"values": [1.0, "two"]}, ArgumentTypeError, "values"),
        ),
        kernel="sum_floats",
        large=lambda: {"values": [1.0] * (1 << 20)},
    ),
    Call(
        "fastlane.lab.process_one",
        {"x": Real()},
        make=lambda: {"x": 3.0},
        model=square_plus_one,
        errors=(Refusal(lambda: {"x": "three"}, ArgumentTypeError, "x"),),
    ),
    Call(
        "fastlane.lab.multiply_matrices",
        {
            "a": Array(NUMBERS, ndim=2, may_change_shape=False),
            "b": Array(NUMBERS, ndim=2, may_change_shape=False),
        },
        make=lambda: {"a": np.arange(6.0).reshape(2, 3), "b": np.arange(12.0).reshape(3, 4)},
        model=np.dot,
        errors=(
            Refusal(lambda: {"a": np.ones(3)}, ArgumentValueError, "a"),
            Refusal(lambda: {"b": ones(2, 2)}, ArgumentValueError, "b"),
            Refusal(lambda: {"b": np.ones(3)}, ArgumentValueError, "b"),
            Refusal(lambda: {"a": [[1.0]]}, ArgumentTypeError, "a"),
        ),
    ),
    Call(
        "fastlane.lab.connect",
        {"config": Anything()},
        make=lambda: {"config": dict(RIGHT)},
        model=lambda config: f"Connecting to {config['host']}:{config['port']}",
        errors=(
            Refusal(lambda: {"config": [("host", "a")]}, ArgumentTypeError, "config"),
            Refusal(lambda: {"config": {}}, RecordError),
            Refusal(lambda: config_with(host="", port=0, timeout_ms=-1, more=1), RecordError),
            Refusal(lambda: config_with(port=True, host=b"a", timeout_ms=10**30), RecordError),
            Refusal(
                lambda: config_with(timeout_ms=0),
                lab.ConnectionTimeout,
                "config['timeout_ms']",
            ),
        ),
    ),
    Call(
        "fastlane.lab.Counter",
        {"start": Integer(0, MOST, (0, 1, 2**63, MOST))},
        make=dict,
        model=None,
        errors=(
            Refusal(lambda: {"start": -1}, ArgumentValueError, "start"),
            Refusal(lambda: {"start": 2**64}, ArgumentValueError, "start"),
            Refusal(lambda: {"start": 1.0}, ArgumentTypeError, "start"),
        ),
    ),
    Call(
        "fastlane.lab.Counter.increment",
        {"self": Anything()},
        make=lambda: {"self": lab.Counter(MOST - 1_000_000)},
        model=None,
        errors=(Refusal(lambda: {"self": lab.Counter(MOST)}, OverflowError),),
    ),
    *processor_entries(lab.SafeProcessor),
    *processor_entries(lab.LeakingProcessor),
]
