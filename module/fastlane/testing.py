"""What the tests and benchmarks of fastlane, and of code built on it, need to see."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from fastlane import _core

noop = _core.testing.noop
one = _core.testing.one
hypot = _core.testing.hypot
buffer_length = _core.testing.buffer_length
bytes_length = _core.testing.buffer_length
text_length = _core.testing.text_length
conflicts = _core.testing.conflicts
live_borrows = _core.testing.live_borrows
post_events = _core.testing.post_events


@contextmanager
def hold(array: np.ndarray, /, *, mutable: bool = False) -> Iterator[np.ndarray]:
    """Borrow an array, as a running call would, until the block ends.

    Whoever needs its memory otherwise meanwhile gets a BorrowError that names testing.hold.
    """
    held = _core.testing.begin_hold(array, mutable)
    try:
        yield array
    finally:
        del held


__all__ = [
    "noop",
    "one",
    "hypot",
    "buffer_length",
    "bytes_length",
    "text_length",
    "conflicts",
    "live_borrows",
    "hold",
    "post_events",
]
