"""Lessons over arrays: what is moved out, what is done in batches, what runs without the GIL."""

from __future__ import annotations

import operator
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from fastlane import ArgumentValueError, evaluate, scale, sum, tolist

__all__ = [
    "batch_process",
    "compute_heavy",
    "parallel_task",
    "parallel_transform",
    "process_batch",
    "process_data",
]


def process_data(x: Any, /) -> NDArray[Any]:
    """2 * x of a float32 or float64 array.

    **Memory:** borrows x, moves the result out; the GIL is released from 64 KiB on.
    """
    return scale(x, 2.0)


def process_batch(x: Any, /) -> NDArray[Any]:
    """x * x + 1 of every element, in one call: what process_one does for one number.

    **Memory:** borrows x, moves the result out; the GIL is released from 64 KiB on.
    """
    return evaluate("x * x + 1", x=x)


def batch_process(n: SupportsIndex, /) -> list[int]:
    """The squares of 0, 1 ... n-1 as a list of int: computed first, made into objects in one pass.

    **Memory:** copies the numbers into the list; the GIL is released while they are computed.
    """
    count = operator.index(n)
    if count < 0:
        raise ArgumentValueError(f"batch_process(): argument 'n' must be at least 0, got {count}")
    squares: list[int] = tolist(evaluate("x * x", x=np.arange(count)))
    return squares


def parallel_task(data: Any, /, *, threads: SupportsIndex | None = None) -> float | int:
    """The sum of the squares of all elements, on `threads` threads, without the GIL.

    **Memory:** borrows data; the squares take as much memory again, until it returns.
    """
    return sum(evaluate("x * x", x=data, threads=threads), threads=threads)


def parallel_transform(x: Any, /, *, threads: SupportsIndex | None = None) -> NDArray[Any]:
    """sqrt(|x|) + cos(x) of every element, on `threads` threads, without the GIL.

    **Memory:** borrows x, moves the result out; the GIL is released from 64 KiB on.
    """
    return evaluate("sqrt(abs(x)) + cos(x)", x=x, threads=threads)


def compute_heavy(x: Any, /) -> NDArray[Any] | float:
    """x**3 + sin(x) of every element, on all of the pool's threads, without the GIL.

    A number gives a float.

    **Memory:** borrows x, moves the result out; the GIL is released from 64 KiB on.
    """
    if isinstance(x, int | float):
        return float(evaluate("x ** 3 + sin(x)", x=np.float64(x)))
    return evaluate("x ** 3 + sin(x)", x=x)
