"""An object that keeps a callback belongs to the garbage collector's graph, or cycles stay.

Compared: SafeProcessor and its twin LeakingProcessor.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

from fastlane import lab

from .measuring import Cell, Shown


class _Owner:
    """Holds a processor whose callback is one of its own methods: a cycle."""

    def __init__(self, processor: Any) -> None:
        self.processor = processor(self.seen)
        self.processor.process(1)

    def seen(self, x: int) -> int:
        return x


def blocks_left(processor: Any, cycles: int) -> int:
    """Memory blocks that are still there when nobody holds the cycles and they were collected."""
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(cycles):
        _Owner(processor)
    gc.collect()
    return sys.getallocatedblocks() - before


def show(share: float) -> Shown:
    """Ten thousand cycles through either processor, let go."""
    cycles = max(int(10_000 * share), 1)
    rows: list[dict[str, Cell]] = []
    for processor in (lab.LeakingProcessor, lab.SafeProcessor):
        blocks_left(processor, 1)
        left = blocks_left(processor, cycles)
        rows.append(
            {
                "form": processor.__name__,
                "cycles made": cycles,
                "blocks left": left,
                "blocks a cycle": round(left / cycles),
            }
        )
    return Shown(
        rows,
        "Both give everything back when their last reference goes. Only the one that shows what it"
        " holds to the collector goes when the last reference is its own callback's.",
    )
