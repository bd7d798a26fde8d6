"""Columns as a table for people: text that fits a terminal, or HTML for notebooks. What stands in
the data is never trusted: control characters are spelled out, markup is escaped.
"""

from __future__ import annotations

import datetime
import html
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from .column import Column

__all__ = [
    "ELLIPSIS",
    "NARROWEST",
    "as_html",
    "as_text",
    "cells_of",
    "cut",
    "printable",
    "width_of",
]

GAP = "  "
ELLIPSIS = "..."
NARROWEST = 8
_NUMERIC = frozenset(
    ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")
)


def printable(text: str) -> str:
    """`text` in one line, without a character that a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def width_of(text: str) -> int:
    """How many terminal cells `text` takes."""
    if text.isascii():
        return len(text)
    cells = 0
    for character in text:
        if unicodedata.combining(character):
            continue
        cells += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return cells


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, with an ellipsis where it was cut."""
    if width_of(text) <= width:
        return text
    room = max(width - len(ELLIPSIS), 0)
    kept = ""
    for character in text:
        if width_of(kept + character) > room:
            break
        kept += character
    return (kept + ELLIPSIS)[:width] if room == 0 else kept + ELLIPSIS


def cells_of(column: Column, rows: int, *, is_key: bool) -> list[str]:
    """The first `rows` values as text: measures with thousands separated, keys as they are, null as
    a dash.
    """
    values = column[:rows]
    if column.type in ("float32", "float64"):
        texts = _floats(values)
    elif column.type in _NUMERIC and not is_key:
        texts = [f"{value:,}" if value is not None else "-" for value in values]
    else:
        texts = [_text_of(value) for value in values]
    return texts


def _text_of(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ") + "Z"
    if isinstance(value, bool):
        return "true" if value else "false"
    return printable(str(value))


def _floats(values: Sequence[float | None]) -> list[str]:
    """Floats of one column with as many decimals as the greatest of them wants."""
    finite = [abs(value) for value in values if value is not None and abs(value) < 1e15]
    greatest = max(finite, default=0.0)
    decimals = 1 if greatest >= 1000 else 2 if greatest >= 10 else 4
    texts = []
    for value in values:
        if value is None:
            texts.append("-")
        elif abs(value) < 1e15 and (value == 0 or abs(value) >= 10.0**-decimals):
            texts.append(f"{value:,.{decimals}f}")
        else:
            texts.append(f"{value:.4g}")
    return texts


def as_text(columns: Mapping[str, Column], *, keys: Sequence[str], width: int, rows: int) -> str:
    """A table of the first `rows` rows in at most `width` cells; it says what it leaves out."""
    names = list(columns)
    length = next((len(column) for column in columns.values()), 0)
    if not names:
        return "(no columns)"
    right = [columns[name].type in _NUMERIC for name in names]
    cells = [cells_of(columns[name], rows, is_key=name in keys) for name in names]
    widths = [
        max([width_of(name), *map(width_of, texts)])
        for name, texts in zip(names, cells, strict=True)
    ]
    widths = _fit(widths, right, width)
    shown = range(len(widths))
    heads = [_aligned(names[index], widths[index], right[index]) for index in shown]
    lines = [GAP.join(heads).rstrip(), GAP.join("-" * widths[index] for index in shown)]
    for row in range(min(rows, length)):
        line = [_aligned(cells[index][row], widths[index], right[index]) for index in shown]
        lines.append(GAP.join(line).rstrip())
    left_out = []
    if length > rows:
        left_out.append(f"{length - rows:,} more {'groups' if keys else 'rows'}")
    if len(shown) < len(names):
        missing = names[len(shown) :]
        left_out.append(f"{len(missing)} more columns: " + ", ".join(missing))
    lines.extend(cut(f"{ELLIPSIS} {each}", width) for each in left_out)
    return "\n".join(lines)


def _fit(widths: list[int], right: list[bool], width: int) -> list[int]:
    """The widths with which the first columns fit: the widest texts are narrowed, then the last
    columns left out. Numbers are never cut: a number without its end is another number.
    """
    for count in range(len(widths), 0, -1):
        room = (
            width
            - len(GAP) * (count - 1)
            - sum(each for each, number in zip(widths[:count], right, strict=False) if number)
        )
        texts = [each for each, number in zip(widths[:count], right, strict=False) if not number]
        cap = _common_width(texts, room)
        if cap is not None:
            return [
                each if number else min(each, cap)
                for each, number in zip(widths[:count], right, strict=False)
            ]
    return [max(min(widths[0], width), 1)]


def _common_width(texts: list[int], room: int) -> int | None:
    """The greatest width to which the texts can be narrowed so that they fit the room; None when
    that is too little.
    """
    if sum(texts) <= room:
        return max(texts, default=0)
    cap = NARROWEST
    if sum(min(each, cap) for each in texts) > room:
        return None
    while sum(min(each, cap + 1) for each in texts) <= room:
        cap += 1
    return cap


def _aligned(text: str, width: int, right: bool) -> str:
    text = cut(text, width)
    padding = " " * (width - width_of(text))
    return padding + text if right else text + padding


def as_html(columns: Mapping[str, Column], *, keys: Sequence[str], rows: int, caption: str) -> str:
    """The first `rows` rows as an HTML table."""
    names = list(columns)
    length = next((len(column) for column in columns.values()), 0)
    aligned = ["right" if columns[name].type in _NUMERIC else "left" for name in names]
    cells = [cells_of(columns[name], rows, is_key=name in keys) for name in names]
    head = "".join(
        f'<th style="text-align:{side}">{html.escape(name)}</th>'
        for name, side in zip(names, aligned, strict=True)
    )
    body = []
    for row in range(min(rows, length)):
        body.append(
            "<tr>"
            + "".join(
                f'<td style="text-align:{side}">{html.escape(texts[row])}</td>'
                for texts, side in zip(cells, aligned, strict=True)
            )
            + "</tr>"
        )
    more = f"; {length - rows:,} more {'groups' if keys else 'rows'}" if length > rows else ""
    return (
        f"<table><caption>{html.escape(caption + more)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table>"
    )
