"""A plan for an input that one has never seen: looks at its first rows and proposes a source and a
schema, and says what it guessed.
"""

from __future__ import annotations

import itertools
import json
import keyword
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ._errors import schema_error
from .fields import Bool, Category, Field, Float64, Int64, String, Timestamp
from .inputs import engine_inputs
from .plan import Plan
from .schema import Schema
from .sources import Source, apache, csv, ndjson, nginx

__all__ = ["infer", "propose"]

_HEAD_BYTES = 1 << 20
_HEAD_ROWS = 1000
_FEW = 32  # distinct texts of a category
_LOGS = (
    apache("combined"),
    apache("common"),
    apache("%v " + '%h %l %u %t "%r" %>s %b'),
    apache('%v %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'),
    nginx("combined"),
)
_LOG_TIME = "%d/%b/%Y:%H:%M:%S %z"
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)


def infer(input: Any) -> Plan:
    """A plan for `input` (a path, bytes-like, an open binary file or an iterable of chunks, packed
    or not), from its first thousand rows: which source it is, and the fields with their types.
    What it says about later rows is a guess. An open file is read from where it stands. Raises
    SchemaError when no source fits.
    """
    return propose(input)[0]


def propose(input: Any) -> tuple[Plan, list[str]]:
    """The plan, and what was guessed for it, one sentence each."""
    head, is_all = _head(input)
    text = head.removeprefix(b"\xef\xbb\xbf")
    if not is_all:
        text = text[: text.rfind(b"\n") + 1] or text
    lines = [line for line in text.splitlines() if line.strip()][:_HEAD_ROWS]
    if not lines:
        raise schema_error("infer()", argument="input", expected="at least one row", got="none")
    seen = f"the first {len(lines):,} lines" if not is_all or len(lines) == _HEAD_ROWS else "all rows"
    found = _from_ndjson(lines) or _from_log(lines) or _from_csv(text)
    if found is None:
        raise schema_error(
            "infer()",
            argument="input",
            expected="a log of Apache or nginx, NDJSON or CSV",
            got=repr(lines[0][:60].decode("utf-8", "backslashreplace")),
            hint="name the source yourself, such as apache(...) with the server's LogFormat",
        )
    source, columns, notes = found
    schema, more = _schema(source, columns)
    return Plan(source, schema), [f"Types and nulls are those of {seen}.", *notes, *more]


def _head(input: Any) -> tuple[bytes, bool]:
    """The first bytes, unpacked, and whether they are all."""
    given = engine_inputs(input)
    if isinstance(given, list):
        given = given[0] if given else b""
    if isinstance(given, os.PathLike):
        with Path(given).open("rb") as file:
            head, is_all = _taken(iter(lambda: file.read(1 << 16), b""))
    elif hasattr(given, "__next__"):
        head, is_all = _taken(given)
    else:
        view = memoryview(given).cast("B")
        head, is_all = bytes(view[:_HEAD_BYTES]), len(view) <= _HEAD_BYTES
    if not head.startswith(b"\x1f\x8b\x08"):
        return head, is_all
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = unpacker.decompress(head, _HEAD_BYTES)
    return unpacked, unpacker.eof and not unpacker.unused_data


def _taken(chunks: Iterable[Any]) -> tuple[bytes, bool]:
    head = b""
    for chunk in chunks:
        head += bytes(chunk)
        if len(head) >= _HEAD_BYTES:
            return head, False
    return head, True


_Found = tuple[Source, dict[str, list[Any]], list[str]]


def _from_ndjson(lines: Sequence[bytes]) -> _Found | None:
    records = []
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append(record)
    if len(records) < 0.8 * len(lines):
        return None
    columns: dict[str, list[Any]] = {}
    left_out = set()
    for index, record in enumerate(records):
        for path, value in _leaves(record, ""):
            if path is None or isinstance(value, (dict, list)):
                left_out.add(path or "a key with a dot or bracket in it")
                continue
            columns.setdefault(path, [None] * index).append(value)
        for values in columns.values():
            values.extend([None] * (index + 1 - len(values)))
    columns = {path: values for path, values in columns.items() if any(v is not None for v in values)}
    if not columns:
        return None
    notes = [f"Left out, because they are lists: {', '.join(sorted(left_out))}."] if left_out else []
    return ndjson(), columns, notes


def _leaves(value: dict[str, Any], before: str) -> Iterable[tuple[str | None, Any]]:
    for key, inner in value.items():
        if not key or any(each in key for each in ".[]"):
            yield None, inner
        elif isinstance(inner, dict) and inner:
            yield from _leaves(inner, f"{before}{key}.")
        else:
            yield before + key, inner


def _from_log(lines: Sequence[bytes]) -> _Found | None:
    text = b"\n".join(lines)
    best: tuple[int, Source, Any] | None = None
    for source in _LOGS:
        schema = Schema(**{name: String() for name in source.names if name != "request"})
        result = Plan(source, schema).run(text, threads=1, max_errors=0)
        # A format that reads more tokens says more.
        if best is None or (result.rows_ok, len(schema)) > (best[0], len(best[2].columns)):
            best = result.rows_ok, source, result
    if best is None or best[0] < 0.5 * len(lines):
        return None
    _, source, result = best
    columns = {
        name: [None if value == "-" else value for value in column.tolist()]
        for name, column in result.columns.items()
    }
    return source, columns, [f"The log format {source!r} fits {best[0]:,} of {len(lines):,} lines."]


def _from_csv(text: bytes) -> _Found | None:
    try:
        shown = text.decode("utf-8")
    except UnicodeDecodeError:
        shown = text.decode("latin-1")
    best: tuple[float, str, list[list[str]]] | None = None
    for delimiter in ",;\t|":
        rows = _csv_rows(shown, delimiter)
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        same = sum(len(row) == width for row in rows) / len(rows)
        if same >= 0.8 and (best is None or (same, width) > (best[0], len(best[2][0]))):
            best = same, delimiter, rows
    notes = []
    if best is None:
        rows = _csv_rows(shown, ",")
        if not all(len(row) == 1 for row in rows) or not _is_header(rows):
            return None
        best = 1.0, ",", rows
        notes = ["There is only one column; the delimiter is a guess."]
    _, delimiter, rows = best
    width = len(rows[0])
    has_header = _is_header(rows)
    names = rows[0] if has_header else [f"column_{index + 1}" for index in range(width)]
    body = [row for row in rows[has_header:] if len(row) == width]
    columns = {
        name: [value if value else None for value in values]
        for name, values in zip(names, zip(*body, strict=True), strict=True)
    } or {name: [] for name in names}
    if not has_header:
        notes.append("The first row looks like the others, so there is no header; names are made up.")
    return csv(delimiter, header=has_header), columns, notes


def _csv_rows(text: str, delimiter: str) -> list[list[str]]:
    import csv as python_csv
    import io

    reader = python_csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in itertools.islice(reader, _HEAD_ROWS):
            if row:
                rows.append(row)
    except python_csv.Error:
        pass
    return rows


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: texts that differ from each other and are no values."""
    first = rows[0]
    if len(set(first)) != len(first) or not all(each.strip() for each in first):
        return False
    return not any(_kind(each) != "text" for each in first)


def _kind(value: Any) -> str:
    """What a value looks like: bool, integer, float, time or text."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "integer" if -(2**63) <= value < 2**63 else "float"
    if isinstance(value, float):
        return "float"
    if value.lower() in ("true", "false"):
        return "bool"
    if _INTEGER.fullmatch(value):
        return "integer"
    if _FLOAT.fullmatch(value):
        return "float"
    return "time" if _ISO.fullmatch(value) else "text"


def _schema(source: Source, columns: dict[str, list[Any]]) -> tuple[Schema, list[str]]:
    fields: dict[str, Field] = {}
    notes = []
    for column, values in columns.items():
        name = _identifier(column, fields)
        options: dict[str, Any] = {}
        if name != column:
            options["path" if source.kind == "ndjson" and "." in column else "column"] = column
            if source.kind == "csv" and not getattr(source, "header", True):
                options = {}
        field, note = _field(column, values, source.kind, options)
        fields[name] = field
        if note:
            notes.append(f"{name}: {note}")
    return Schema(**fields), notes


def _field(column: str, values: list[Any], kind: str, options: dict[str, Any]) -> tuple[Field, str]:
    present = [value for value in values if value is not None]
    if len(present) < len(values):
        options["nullable"] = True
    if not present:
        options["nullable"] = True
        return String(**options), "was null in every row; its type is a guess."
    kinds = {_kind(value) for value in present}
    if kind == "ndjson":
        # Texts that look like numbers are texts in JSON.
        kinds = {"text" if isinstance(v, str) and _kind(v) != "time" else _kind(v) for v in present}
    if kind not in ("csv", "ndjson") and column.startswith("time"):
        return Timestamp(_LOG_TIME if "/" in present[0] else "iso8601", **options), ""
    if kinds == {"bool"}:
        return Bool(**options), ""
    if kinds == {"integer"}:
        if kind == "csv" and any(len(v) > 1 and v[0] == "0" for v in present):
            return String(**options), "is digits with leading zeros; kept as text."
        return Int64(**options), ""
    if kinds <= {"integer", "float"}:
        return Float64(**options), ""
    if kinds == {"time"}:
        return Timestamp("iso8601", **options), ""
    if all(isinstance(value, str) for value in present):
        if len(set(present)) <= min(_FEW, len(present) // 4):
            return Category(**options), f"had {len(set(present))} distinct values; kept as a category."
        return String(**options), ""
    return String(**options), "had values of several types; only texts will be good."


def _identifier(column: str, taken: Iterable[str]) -> str:
    name = re.sub(r"\W+", "_", column, flags=re.ASCII).strip("_") or "column"
    if name[0].isdigit() or keyword.iskeyword(name):
        name = f"column_{name}"
    base, number = name, 1
    while name in taken:
        number += 1
        name = f"{base}_{number}"
    return name
