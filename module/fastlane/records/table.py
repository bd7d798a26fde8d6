# Columns as a table for people: text that fits a terminal, or HTML for notebooks.
# What stands in the data is never trusted: control characters are spelled out, markup is escaped.
from __future__ import annotations

import datetime
import html
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from .column import Column

GAP = "  "
ELLIPSIS = "..."
NARROWEST = 8
_NUMERIC = frozenset(("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"))


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
    """The first `rows` values as text: measures with thousands separated, keys as they are, null as a dash."""
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
    widths = [max([width_of(name), *map(width_of, texts)]) for name, texts in zip(names, cells, strict=True)]
    shown = _fit(widths, right, width)
    heads = [_aligned(names[index], widths[index], right[index]) for index in shown]
    lines = [GAP.join(heads).rstrip(), GAP.join("-" * widths[index] for index in shown)]
    for row in range(min(rows, length)):
        line = [_aligned(cells[index][row], widths[index], right[index]) for index in shown]
        lines.append(GAP.join(line).rstrip())
    left_out = []
    if length > rows:
        left_out.append(f"{length - rows:,} more {'groups' if keys else 'rows'}")
    if len(shown) < len(names):
        missing = [name for index, name in enumerate(names) if index not in shown]
        left_out.append(f"{len(missing)} more columns: " + ", ".join(missing))
    lines.extend(cut(f"{ELLIPSIS} {each}", width) for each in left_out)
    return "\n".join(lines)


def _fit(widths: list[int], right: list[bool], width: int) -> list[int]:
    """Narrows the widest texts in place until the columns fit; if that is not enough, leaves out the last columns.
    Numbers are never cut: a number without its end is another number."""
    shown = list(range(len(widths)))
    while shown:
        excess = sum(widths[index] for index in shown) + len(GAP) * (len(shown) - 1) - width
        if excess <= 0:
            break
        texts = [index for index in shown if not right[index] and widths[index] > NARROWEST]
        if texts:
            widest = max(texts, key=lambda index: widths[index])
            others = [widths[index] for index in texts if widths[index] < widths[widest]]
            floor = max([NARROWEST, *others])
            widths[widest] = max(floor, widths[widest] - excess) if floor < widths[widest] else widths[widest] - 1
        elif len(shown) > 1:
            shown.pop()
        else:
            widths[shown[0]] = max(width, 1)
            break
    return shown


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
    head = "".join(f'<th style="text-align:{side}">{html.escape(name)}</th>'
                   for name, side in zip(names, aligned, strict=True))
    body = []
    for row in range(min(rows, length)):
        body.append("<tr>" + "".join(
            f'<td style="text-align:{side}">{html.escape(texts[row])}</td>'
            for texts, side in zip(cells, aligned, strict=True)) + "</tr>")
    more = f"; {length - rows:,} more {'groups' if keys else 'rows'}" if length > rows else ""
    return (f"<table><caption>{html.escape(caption + more)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(body)}</tbody></table>")
