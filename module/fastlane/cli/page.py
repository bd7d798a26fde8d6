"""A result as one HTML page that needs nothing else: the table, bars for the groups, the kinds of
errors with an example of each, and a histogram over time. Made to be sent to somebody.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from fastlane.records import Result
from fastlane.records.column import Column
from fastlane.records.table import as_html, cells_of

__all__ = ["write_page"]

_TABLE_ROWS = 500
_BARS = 30
_BINS = 60
_NUMBERS = ("int", "uint", "float")

_STYLE = """\
body{font:15px/1.45 system-ui,sans-serif;color:#1d2430;background:#fff;max-width:72rem;margin:2rem auto;
padding:0 1rem}h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}
p.counts{color:#5a6372;margin:.2rem 0 1rem}.wide{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}caption{caption-side:bottom;text-align:left;
color:#5a6372;padding:.4rem 0}th,td{padding:.2rem .7rem;border-bottom:1px solid #e4e8ee;white-space:pre}
thead th{position:sticky;top:0;background:#fff}td.bar{width:45%;min-width:10rem}
td.bar i{display:block;height:.9rem;background:#3b7dd8;border-radius:2px;min-width:1px}
td.bar i.bad{background:#d2553d}td.got{max-width:26rem;overflow:hidden;text-overflow:ellipsis;color:#5a6372}
.time{display:flex;align-items:flex-end;gap:1px;height:9rem;border-bottom:1px solid #9aa3b2}
.time i{flex:1;background:#3b7dd8;min-height:1px}.ends{display:flex;justify-content:space-between;color:#5a6372}
@media(prefers-color-scheme:dark){body,thead th{background:#14181f;color:#e3e8f0}th,td{border-color:#2b323d}}
"""


def write_page(result: Result, file: IO[str]) -> None:
    """Writes the page."""
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{html.escape(result.summary())}</title><style>{_STYLE}</style>",
        f'<h1>Records</h1><p class="counts">{html.escape(result.summary())}</p>',
        _groups(result),
        _times(result),
        _errors(result),
        "<h2>Table</h2>",
        f'<div class="wide">{_table(result)}</div></html>\n',
    ]
    file.write("\n".join(part for part in parts if part))


def _table(result: Result) -> str:
    return as_html(result.columns, keys=result.keys, rows=_TABLE_ROWS, caption=result.summary())


def _bars(rows: Sequence[tuple[str, float, str]], kind: str = "") -> str:
    """One line a row: label, bar, what is written beside it."""
    most = max((abs(value) for _, value, _ in rows), default=0) or 1
    lines = [
        f'<tr><td>{html.escape(label)}</td><td class="bar"><i class="{kind}" '
        f'style="width:{100 * abs(value) / most:.2f}%"></i></td>{more}</tr>'
        for label, value, more in rows
    ]
    return f'<div class="wide"><table>{"".join(lines)}</table></div>'


def _groups(result: Result) -> str:
    """The first number of each group, the greatest groups first."""
    measured = next(
        (
            name
            for name, column in result.columns.items()
            if name not in result.keys and column.type.startswith(_NUMBERS)
        ),
        None,
    )
    if not result.keys or measured is None or len(result) == 0:
        return ""
    values = np.asarray(result[measured], dtype=np.float64)
    finite = np.where(np.isfinite(values), values, -np.inf)
    chosen = np.argsort(-finite, kind="stable")[:_BARS]
    shown = {
        name: cells_of(result[name], len(result), is_key=name in result.keys)
        for name in (*result.keys, measured)
    }
    rows = [
        (
            ", ".join(shown[key][index] for key in result.keys),
            float(values[index]) if np.isfinite(values[index]) else 0.0,
            f'<td style="text-align:right">{html.escape(shown[measured][index])}</td>',
        )
        for index in chosen.tolist()
    ]
    more = "" if len(result) <= _BARS else f", the {_BARS} greatest of {len(result):,}"
    title = f"{measured} by {', '.join(result.keys)}{more}"
    return f"<h2>{html.escape(title)}</h2>{_bars(rows)}"


def _times(result: Result) -> str:
    """How many rows fall into each stretch of time, by the first column of times."""
    found = next(((n, c) for n, c in result.columns.items() if c.type == "timestamp"), None)
    if found is None:
        return ""
    name, column = found
    times = _present(column)
    if len(times) == 0:
        return ""
    counts, edges = np.histogram(times, bins=min(_BINS, max(1, len(np.unique(times)))))
    most = int(counts.max())
    bars = "".join(
        f'<i style="height:{100 * count / most:.2f}%" title="{_time(edge)}: {count:,}"></i>'
        for count, edge in zip(counts.tolist(), edges.tolist(), strict=False)
    )
    ends = f"<span>{_time(edges[0])}</span><span>{_time(edges[-1])}</span>"
    return (
        f"<h2>Rows over {html.escape(name)}</h2>"
        f'<div class="time">{bars}</div><div class="ends">{ends}</div>'
    )


def _present(column: Column) -> np.ndarray[Any, Any]:
    values: np.ndarray[Any, Any] = column.values
    return values if column.validity is None else values[column.validity]


def _time(microseconds: float) -> str:
    return str(np.datetime64(int(microseconds), "us")).partition(".")[0].replace("T", " ")


def _errors(result: Result) -> str:
    """The kinds of errors, the most frequent first, each with the first that is known in detail."""
    if not result.error_counts:
        return "<h2>Errors</h2><p>None.</p>"
    examples: dict[tuple[str | None, str], Any] = {}
    for error in result.errors:
        examples.setdefault((error.field, error.code), error)
    rows = []
    for kind, count in sorted(result.error_counts.items(), key=lambda item: -item[1]):
        more = f'<td style="text-align:right">{count:,}</td>'
        example = examples.get(kind)
        if example is not None:
            said = f"line {example.line}: expected {example.expected}, got {example.got!r}"
            more += f'<td class="got">{html.escape(said)}</td>'
        rows.append((f"{kind[0] or 'row'} {kind[1]}", float(count), more))
    return "<h2>Errors by field and code</h2>" + _bars(rows, "bad")
