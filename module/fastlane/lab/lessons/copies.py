"""A list becomes native memory number by number; a buffer is borrowed as it lies.

Compared: slow_sum, fast_sum, sum_buffer, process_data.
"""

from __future__ import annotations

import numpy as np

from fastlane import lab

from .measuring import Shown, bytes_of, milliseconds, times


def show(share: float) -> Shown:
    """A sum of a million numbers, from a list and from buffers."""
    array = np.linspace(0.0, 1.0, max(int(1_000_000 * share), 1))
    numbers = array.tolist()
    forms = {
        "slow_sum(list)": lambda: lab.slow_sum(numbers),
        "fast_sum(array)": lambda: lab.fast_sum(array),
        "sum_buffer(memoryview)": lambda: lab.sum_buffer(memoryview(array)),
        "sum_buffer(array[::-2])": lambda: lab.sum_buffer(array[::-2]),
        "process_data(array)": lambda: lab.process_data(array),
    }
    rows = []
    for form, call in forms.items():
        seen = bytes_of(call)
        rows.append(
            {
                "form": form,
                "ms": milliseconds(call),
                "bytes copied": seen["copied"],
                "borrowed": seen["borrowed"],
                "moved": seen["moved"],
            }
        )
    slow, fast = rows[0], rows[1]
    return Shown(
        rows,
        f"The list cost {slow['bytes copied']:,} bytes of copies and {times(slow['ms'], fast['ms'])}"
        " times the time of the same sum over memory that is borrowed.",
    )
