"""What the rows of the suite `arrays` are made of: inputs, and calls of whoever is there."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from bench_suite import peers
from bench_suite.measure import Call

MODULES = {
    "numba": "bench_suite.numba_kernels",
    "numexpr": "numexpr",
    "bottleneck": "bottleneck",
    "NumKong": "numkong",
    "OpenCV": "cv2",
    "fastlane": "fastlane",
}


def aligned(count: int, dtype: str) -> np.ndarray:
    """Fresh memory at a multiple of 64, which NumPy does not promise."""
    size = np.dtype(dtype).itemsize
    memory = np.zeros(count * size + 64, dtype="u1")
    first = -memory.ctypes.data % 64
    return memory[first : first + count * size].view(dtype)


def random(count: int, dtype: str) -> np.ndarray:
    values = aligned(count, dtype)
    values[:] = np.random.default_rng(1).standard_normal(count).astype(dtype)
    return values


def call(column: str, name: str, *args: Any, **kwargs: Any) -> Call | None:
    found = peers.function(MODULES[column], name)
    if found and column == "fastlane" and "threads" not in inspect.signature(found).parameters:
        kwargs.pop("threads", None)
    return Call(found, args, kwargs) if found else None


def filled(name: str, count: int, *args: Any) -> Call | None:
    """A numba kernel that fills what np.empty gives."""
    found = peers.function(MODULES["numba"], name)
    return Call(lambda: found(*args, np.empty(count))) if found else None
