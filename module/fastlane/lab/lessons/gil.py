"""While native code holds the GIL, every other Python thread waits.

Compared: parallel_task, parallel_transform, compute_heavy.
"""

from __future__ import annotations

import builtins
import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from fastlane import get_threads, lab

from .measuring import Cell, Shown, milliseconds, times

_STEP = 0.0005  # seconds


def steps_during(call: Callable[[], Any]) -> int:
    """How often a second Python thread woke up and ran while the call lasted."""
    steps = 0
    done = threading.Event()
    ready = threading.Event()

    def walk() -> None:
        nonlocal steps
        while not done.wait(_STEP):
            steps += 1
            ready.set()

    walker = threading.Thread(target=walk)
    walker.start()
    ready.wait()
    before = steps
    call()
    after = steps
    done.set()
    walker.join()
    return after - before


def show(share: float) -> Shown:
    """The same arrays, by a builtin that holds the GIL and by calls that let it go."""
    array = np.linspace(0.0, 9.0, max(int(8_000_000 * share), 10))
    numbers = array.tolist()
    forms: list[tuple[str, int | None, Callable[[], Any]]] = [
        ("sum(list), builtin", None, lambda: builtins.sum(numbers)),
        ("parallel_task", 1, lambda: lab.parallel_task(array, threads=1)),
        ("parallel_task", 2, lambda: lab.parallel_task(array, threads=2)),
        ("parallel_transform", 1, lambda: lab.parallel_transform(array, threads=1)),
        ("parallel_transform", 2, lambda: lab.parallel_transform(array, threads=2)),
        ("compute_heavy", get_threads(), lambda: lab.compute_heavy(array)),
    ]
    rows: list[dict[str, Cell]] = [
        {
            "form": form,
            "threads": threads,
            "ms": milliseconds(call),
            "another thread's steps": steps_during(call),
        }
        for form, threads, call in forms
    ]
    return Shown(
        rows,
        "A second Python thread that wakes every half millisecond stood still during the first"
        " row, and ran during the others. One thread took"
        f" {times(rows[3]['ms'], rows[4]['ms'])} times as long as two for parallel_transform;"
        f" this process may use {len(os.sched_getaffinity(0))} CPUs.",
    )
