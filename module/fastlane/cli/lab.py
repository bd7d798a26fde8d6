"""`python -m fastlane lab`: lists the lessons, or runs one and shows its numbers."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastlane.lab.lessons import LESSONS, show, title
from fastlane.lab.lessons.measuring import Cell, Shown
from fastlane.records._errors import close_hint
from fastlane.records.table import as_text

from .arguments import PROGRAM, CallError
from .dispatch import DONE

__all__ = ["lab"]

_WIDEST = 100


def lab(arguments: argparse.Namespace) -> int:
    """Prints the list, or one lesson. Raises CallError for a lesson that there is not."""
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    if arguments.lesson is None:
        print(_list(width))
        return DONE
    if arguments.lesson not in LESSONS:
        known = ", ".join(LESSONS)
        near = close_hint(arguments.lesson, LESSONS)
        raise CallError(
            f"expected a lesson ({known}), got {arguments.lesson!r}" + (f"; {near}" if near else "")
        )
    print(_filled(title(arguments.lesson), width), end="\n\n", flush=True)
    print(lesson_text(show(arguments.lesson), width))
    return DONE


def lesson_text(shown: Shown, width: int) -> str:
    """The table in at most `width` cells, and below it what it says."""
    names = list(shown.rows[0])
    columns: Any = {name: _Cells.of([row[name] for row in shown.rows]) for name in names}
    table = as_text(columns, keys=(), width=width, rows=len(shown.rows))
    return f"{table}\n\n{_filled(shown.says, width)}"


def _list(width: int) -> str:
    gap = max(map(len, LESSONS)) + 2
    lines = [
        textwrap.fill(
            title(name), width, initial_indent=name.ljust(gap), subsequent_indent=" " * gap
        )
        for name in LESSONS
    ]
    return "\n".join([*lines, "", f"{PROGRAM} lab NAME runs a lesson and shows its numbers."])


def _filled(text: str, width: int) -> str:
    return textwrap.fill(text, width, break_long_words=False)


@dataclass(frozen=True)
class _Cells:
    """What a table wants of a column: its type, its length and its values."""

    type: str
    values: Sequence[Cell]

    @classmethod
    def of(cls, values: Sequence[Cell]) -> _Cells:
        kinds = {type(value) for value in values if value is not None}
        if str in kinds or not kinds:
            return cls("string", values)
        return cls("float64" if float in kinds else "int64", values)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice) -> Sequence[Cell]:
        return self.values[rows]
