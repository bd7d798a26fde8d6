"""An integer in native code is full at 2**64 - 1; what happens then is somebody's decision.

Compared: Counter with the integers of C and NumPy.
"""

from __future__ import annotations

import ctypes

import numpy as np

from fastlane import lab

from .measuring import Shown

_MOST = 2**64 - 1


def show(share: float) -> Shown:
    """One more than the most, three times."""
    del share
    plain = ctypes.c_uint64(_MOST)
    plain.value += 1
    array = np.array([_MOST], "u8")
    array += np.uint64(1)
    counter = lab.Counter(_MOST)
    try:
        counter.increment()
        said, why = "nothing", ""
    except OverflowError as error:
        said, why = "OverflowError", str(error)
    return Shown(
        [
            {"form": "ctypes.c_uint64", "2**64 - 1 became": str(plain.value), "it said": "nothing"},
            {"form": "ndarray of uint64", "2**64 - 1 became": str(array[0]), "it said": "nothing"},
            {"form": "Counter", "2**64 - 1 became": str(counter.value), "it said": said},
        ],
        "Native code throws std::overflow_error; the boundary makes OverflowError of it"
        f" ({why}), and the counter keeps its value.",
    )
