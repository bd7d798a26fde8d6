"""What lessons measure with: time, and the bytes that fastlane counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import fastlane

__all__ = ["Cell", "Shown", "bytes_of", "milliseconds", "times"]

Cell = str | int | float | None


class Shown(NamedTuple):
    """A table, one row a form, and what it says."""

    rows: list[dict[str, Cell]]
    says: str


def milliseconds(call: Callable[[], Any], repeats: int = 5) -> float:
    """The best of a few tries."""
    best = float("inf")
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - begun)
    return best * 1e3


def bytes_of(call: Callable[[], Any]) -> dict[str, int]:
    """What all of fastlane's functions together borrowed, copied and moved during the call."""
    before = _bytes()
    call()
    after = _bytes()
    return {what: after[what] - before[what] for what in after}


def times(slow: float, fast: float) -> str:
    """`slow` in units of `fast`: "12" or "1.3"."""
    factor = slow / fast if fast > 0 else 0.0
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"


def _bytes() -> dict[str, int]:
    functions = [each for each in fastlane.counters().values() if "bytes_copied" in each]
    return {
        what: int(sum(each[f"bytes_{what}"] for each in functions))
        for what in ("borrowed", "copied", "moved")
    }
