"""A call has a price: a million small ones pay it a million times, one large one pays it once.

Compared: process_one, process_batch, batch_process.
"""

from __future__ import annotations

import numpy as np

from fastlane import lab

from .measuring import Cell, Shown, milliseconds, times


def show(share: float) -> Shown:
    """x * x + 1 of a million numbers, and a list of a million squares."""
    count = max(int(1_000_000 * share), 1)
    array = np.linspace(0.0, 1.0, count)
    numbers = array.tolist()
    forms = [
        ("process_one(x), for each x", count, lambda: [lab.process_one(x) for x in numbers]),
        ("process_batch(array)", 1, lambda: lab.process_batch(array)),
        ("[i * i for i in range(n)]", 0, lambda: [i * i for i in range(count)]),
        ("batch_process(n)", 1, lambda: lab.batch_process(count)),
    ]
    rows: list[dict[str, Cell]] = []
    for form, calls, run in forms:
        best = milliseconds(run, 3)
        rows.append(
            {"form": form, "native calls": calls, "ms": best, "ns an element": best * 1e6 / count}
        )
    price = rows[0]["ns an element"]
    return Shown(
        rows,
        f"{price:,.0f} ns for each number where a call is made for each;"
        f" one call for all of them takes a {times(rows[0]['ms'], rows[1]['ms'])}th of the time.",
    )
