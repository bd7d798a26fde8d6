"""Arguments that many entries of the table in calls.py share, right ones and wrong ones."""

from __future__ import annotations

import numpy as np
from call_kinds import Integer, Refusal

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError


# Quarters: their sums are exact in every float type and every order.
def quarters(length: int = 12) -> np.ndarray:
    return (np.arange(length) % 23 - 5) / 4


def repeated(value: float, dtype: str, length: int) -> np.ndarray:
    """A long array that takes no memory: every element is the same one."""
    return np.broadcast_to(np.array(value, dtype), length)


def endless() -> np.ndarray:
    """Hours of work without any memory."""
    return repeated(1.0, "float64", 1 << 40)


def closed_arena() -> fastlane.Arena:
    arena = fastlane.Arena()
    arena.close()
    return arena


ARENA_ERRORS = (
    Refusal(lambda: {"arena": 3}, ArgumentTypeError, "arena"),
    Refusal(lambda: {"arena": closed_arena()}, BorrowError, "arena"),
    Refusal(lambda: {"arena": fastlane.Arena(limit=1)}, MemoryError),
)


def out_errors(right: np.ndarray) -> tuple[Refusal, ...]:
    """What no `out=` may be where `right` is one."""
    wrong = np.empty(3, "i2")
    return (
        Refusal(lambda: {"out": wrong}, ArgumentTypeError, "out"),
        Refusal(lambda: {"out": right[:-1].copy()}, ArgumentValueError, "out"),
        Refusal(lambda: {"out": right.tobytes()}, BorrowError, "out"),
        Refusal(lambda: {"out": np.broadcast_to(right[:1], right.shape)}, BorrowError, "out"),
        Refusal(
            lambda: {"out": right.copy(), "arena": fastlane.Arena()}, ArgumentValueError, "arena"
        ),
    )


THREADS_ARGUMENT = Integer(1, (1 << 63) - 1, (1, 2, 5))
THREADS_ERRORS = (
    Refusal(lambda: {"threads": 0}, ArgumentValueError, "threads"),
    Refusal(lambda: {"threads": -1}, ArgumentValueError, "threads"),
    Refusal(lambda: {"threads": 1 << 63}, ArgumentValueError, "threads"),
    Refusal(lambda: {"threads": "two"}, ArgumentTypeError, "threads"),
)
