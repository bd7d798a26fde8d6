"""CSV and NDJSON once more, in plain Python: rows by a loop over characters, values by `json` and by
the readers of the log's reference. The tests compare the engine with this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from records.reference import RAW_LIMIT, aggregated, check_value, is_utf8, read_value
from records.reference_values import Refused

Row = tuple[int, int, bytes, list[tuple[bytes, bool]] | str]


def csv_rows(
    data: bytes, delimiter: bytes = b",", quote: bytes | None = b'"', max_row_bytes: int = 16 << 20
) -> Iterator[Row]:
    """Offset, line, text and cells (text, was quoted) of each row; "syntax" or "too_long" instead of
    the cells of a bad one.
    """
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    single_until = 0
    if not data.endswith(b"\n") and at < len(data):
        data += b"\n"
    while at < len(data):
        line = data.count(b"\n", 0, at) + 1
        end, cells, looked = scan_row(
            data, at, delimiter, quote, at + max_row_bytes + 2, at < single_until
        )
        newline = data.find(b"\n", at)
        newline = len(data) if newline < 0 else newline
        if cells is None:
            if at >= single_until:
                single_until = max(single_until, data.rfind(b"\n", 0, looked) + 1)
            end = newline
        text = data[at:end]
        if text.endswith(b"\r"):
            text = text[:-1]
        if len(text) > max_row_bytes:
            yield at, line, text, "too_long"
        elif text:
            yield at, line, text, "syntax" if cells is None else cells
        at = end + 1


def scan_row(
    data: bytes, at: int, delimiter: bytes, quote: bytes | None, limit: int, one_line: bool
) -> tuple[int, list[tuple[bytes, bool]] | None, int]:
    """Where the row's line end is, its cells, and for a broken one (None) how far it was read."""
    size = len(data)
    start_of_row = at
    limit = min(limit, size)
    if one_line:
        newline = data.find(b"\n", at, limit)
        if newline >= 0:
            limit = newline + 1
    cells: list[tuple[bytes, bool]] = []
    while True:
        quoted = quote is not None and at < limit and data[at : at + 1] == quote
        text = bytearray()
        if quoted:
            assert quote is not None
            at += 1
            while True:
                if at >= limit:
                    return size, None, limit
                if data[at : at + 1] != quote:
                    text += data[at : at + 1]
                    at += 1
                elif data[at + 1 : at + 2] == quote and at + 1 < limit:
                    text += quote
                    at += 2
                else:
                    at += 1
                    break
            if at >= limit and limit < size:
                return size, None, limit
            if data[at : at + 2] == b"\r\n":
                if at + 2 > limit:
                    return size, None, limit
                at += 1
            elif at < size and data[at : at + 1] not in (delimiter, b"\n"):
                return size, None, limit if data[at : at + 1] == b"\r" and at + 1 == limit else at
        else:
            start = at
            while at < limit and data[at : at + 1] not in (delimiter, b"\n"):
                at += 1
            text += data[start:at]
            if at == limit and limit < size:
                newline = data.find(b"\n", start_of_row)
                if 0 <= newline < limit:
                    return size, None, limit
                return (size if newline < 0 else newline), [], at
        cells.append((bytes(text), quoted))
        if at >= size or data[at : at + 1] == b"\n":
            if not quoted and cells[-1][0].endswith(b"\r"):
                cells[-1] = (cells[-1][0][:-1], False)
            return at, cells, at
        at += 1


def field_value(field: dict[str, Any], text: bytes) -> Any:
    if not is_utf8(text):
        raise Refused("utf8")
    if field["null"] is not None and text == field["null"]:
        return null_value(field, "null")
    value = read_value(field, text.decode())
    check_value(field, value)
    return value


def null_value(field: dict[str, Any], code: str) -> Any:
    if field["default"] is not None:
        return read_value(field, field["default"].decode())
    if field["nullable"]:
        return None
    raise Refused(code)


def csv_row_values(
    program: dict[str, Any], columns: list[str], text: bytes, cells: Any
) -> tuple[dict[str, Any], list[tuple[str | None, str]]]:
    if isinstance(cells, str):
        return {}, [(None, cells)]
    if len(cells) != len(columns):
        return {}, [(None, "columns")]
    values: dict[str, Any] = {}
    errors: list[tuple[str | None, str]] = []
    damaged = False
    for field in program["fields"]:
        cell = cells[columns.index(field["token"])][0]
        damaged = damaged or not is_utf8(cell)
        try:
            values[field["name"]] = field_value(field, cell)
        except Refused as refused:
            errors.append((field["name"], str(refused)))
    if not is_utf8(text) and not damaged:
        errors.append((None, "utf8"))
    return values, errors


def json_row_values(
    program: dict[str, Any], text: bytes
) -> tuple[dict[str, Any], list[tuple[str | None, str]]]:
    try:
        record = json.loads(text.decode("utf-8", "surrogateescape"), parse_float=_Number, parse_int=_Number)
    except (ValueError, RecursionError):
        return {}, [(None, "syntax")]
    if not isinstance(record, dict):
        return {}, [(None, "type")]
    values: dict[str, Any] = {}
    errors: list[tuple[str | None, str]] = []
    found_damage = False
    for field in program["fields"]:
        value = follow(record, field["path"])
        if isinstance(value, str) and not isinstance(value, _Number) and "\udc80" <= max(value, default="") :
            found_damage = found_damage or has_damage(value)
        try:
            values[field["name"]] = json_value(field, value)
        except Refused as refused:
            errors.append((field["name"], str(refused)))
    if not is_utf8(text) and not found_damage:
        errors.append((None, "utf8"))
    return values, errors


class _Number(str):
    """The text of a number."""


_MISSING = object()


def has_damage(text: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in text)


def follow(value: Any, path: list[Any]) -> Any:
    for step in path:
        if isinstance(step, str):
            value = value.get(step, _MISSING) if isinstance(value, dict) else _MISSING
        else:
            inside = isinstance(value, list) and step < len(value)
            value = value[step] if inside else _MISSING
        if value is _MISSING:
            break
    return value


def json_value(field: dict[str, Any], value: Any) -> Any:
    if value is _MISSING:
        return null_value(field, "missing")
    if value is None:
        return null_value(field, "null")
    type_name = field["type"]
    wants_number = type_name.startswith(("int", "uint", "float")) or (
        type_name == "timestamp" and field["format"].startswith("epoch")
    )
    if isinstance(value, float):  # NaN and the infinities, which are no _Number
        value = _Number(repr(value))
    if isinstance(value, _Number) and wants_number:
        return field_value(field, value.encode())
    if isinstance(value, bool) and type_name == "bool":
        return value
    if isinstance(value, str) and not isinstance(value, _Number):
        if not wants_number and type_name != "bool":
            try:
                return field_value(field, value.encode())
            except UnicodeEncodeError:
                raise Refused("utf8") from None
        if field["null"] is not None and value.encode("utf-8", "surrogatepass") == field["null"]:
            return null_value(field, "null")
    raise Refused("type")


def run(
    data: bytes, program: dict[str, Any], *, max_row_bytes: int = 16 << 20, **_: Any
) -> dict[str, Any]:
    """The engine's result over one input, with lists for arrays."""
    source = program["source"]
    rows: list[dict[str, Any]] = []
    errors: list[tuple[Any, ...]] = []
    counts: dict[tuple[str | None, str], int] = {}
    number = bad = 0
    if source["kind"] == "csv":
        listed: Any = csv_rows(data, source["delimiter"], source["quote"], max_row_bytes)
        columns = [field["token"] for field in program["fields"]]
        if source["header"]:
            header = next(listed, None)
            columns = [cell.decode() for cell, _ in header[3]] if header is not None else columns
    else:
        listed = json_lines(data, max_row_bytes)
    for offset, line, text, cells in listed:
        if source["kind"] == "csv":
            values, found = csv_row_values(program, columns, text, cells)
        elif isinstance(cells, str):
            values, found = {}, [(None, cells)]
        else:
            values, found = json_row_values(program, text)
        for name, code in found:
            counts[name, code] = counts.get((name, code), 0) + 1
            errors.append((number, line, offset, 0, name, code, text[:RAW_LIMIT]))
        if found:
            bad += 1
        else:
            rows.append(values)
        number += 1
    return {
        "columns": aggregated(program, rows),
        "rows_in": number,
        "rows_ok": number - bad,
        "rows_bad": bad,
        "rows_blank": None,
        "rows_kept": number - bad,
        "error_counts": counts,
        "errors": errors,
    }


def json_lines(data: bytes, max_row_bytes: int) -> Iterator[Row]:
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    line = 0
    while at < len(data):
        line += 1
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end
        text = data[at:stop]
        text = text[:-1] if text.endswith(b"\r") else text
        if text:
            yield at, line, text, "too_long" if len(text) > max_row_bytes else []
        at = stop + 1
