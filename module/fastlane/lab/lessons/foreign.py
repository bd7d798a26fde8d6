"""Native code may call any Python library; the call costs what it costs from Python.

Compared: multiply_matrices, which calls numpy.dot from C++, and SafeProcessor with a Python function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastlane import lab

from .measuring import Cell, Shown, milliseconds

_CALLS = 1000


def show(share: float) -> Shown:
    """A product of small matrices a thousand times, and one of large ones, from both sides."""
    small = np.eye(4)
    side = max(int(400 * share**0.5), 4)
    large = np.linspace(0.0, 1.0, side * side).reshape(side, side)
    forms: list[tuple[str, Callable[[Any, Any], Any]]] = [
        ("numpy.dot, from Python", np.dot),
        ("multiply_matrices, from C++", lab.multiply_matrices),
    ]
    rows: list[dict[str, Cell]] = []
    for form, dot in forms:
        many = milliseconds(lambda dot=dot: [dot(small, small) for _ in range(_CALLS)])
        one = milliseconds(lambda dot=dot: dot(large, large))
        rows.append({"form": form, "4 x 4, ns": many * 1e6 / _CALLS, f"{side} x {side}, ms": one})
    processor = lab.SafeProcessor(lambda x: x)
    many = milliseconds(lambda: [processor.process(None) for _ in range(_CALLS)])
    rows.append({"form": "SafeProcessor(lambda x: x)", "4 x 4, ns": many * 1e6 / _CALLS})
    price = rows[1]["4 x 4, ns"] - rows[0]["4 x 4, ns"]
    return Shown(
        [{"form": None, **dict.fromkeys(rows[0]), **row} for row in rows],
        f"Import, attribute, checks and call took {price:,.0f} ns more from C++; a product that"
        " takes a millisecond does not notice.",
    )
