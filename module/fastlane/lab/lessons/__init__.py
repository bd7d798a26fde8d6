"""The lessons: each is a module with `show(share)`, which runs it and returns what is to be seen.

`share` makes a lesson larger or smaller than it is meant to be: tests run a hundredth.
"""

from __future__ import annotations

import importlib

from fastlane.lab.lessons.measuring import Shown

__all__ = ["LESSONS", "show", "title"]

LESSONS = (
    "copies",
    "batches",
    "text",
    "gil",
    "loop",
    "callbacks",
    "counter",
    "matrix",
    "config",
    "foreign",
    "crash",
)


def title(name: str) -> str:
    """What the lesson is about, in one sentence."""
    doc = importlib.import_module(f"{__name__}.{name}").__doc__
    assert doc is not None
    return doc.partition("\n\n")[0]


def show(name: str, share: float = 1.0) -> Shown:
    """Runs a lesson, which takes seconds."""
    shown: Shown = importlib.import_module(f"{__name__}.{name}").show(share)
    return shown
