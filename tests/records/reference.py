"""The records engine once more, in plain Python: a regular expression for the line and a dict for
the groups. It takes the programs that plans make and returns what the engine returns, as
lists; the tests compare the two.
"""

from __future__ import annotations

import math
import os
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

from records.reference_values import (
    INTEGERS,
    Refused,
    read_bool,
    read_float,
    read_integer,
    read_time,
)

RAW_LIMIT = 4096
_ESCAPE = re.compile(rb'\\(?:x([0-9a-fA-F]{2})|(["\\bnrtv]))')
_NAMED = {b'"': b'"', b"\\": b"\\", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
_PARTS = ("method", "path", "protocol")


def unescape(text: bytes) -> bytes:
    return _ESCAPE.sub(
        lambda match: bytes.fromhex(match[1].decode()) if match[1] else _NAMED[match[2]], text
    )


def line_pattern(source: dict[str, Any]) -> re.Pattern[bytes]:
    """A pattern that never goes back over a token: each one ends at the first place where its end
    is.
    """
    pattern = re.escape(source["prefix"])
    for index, token in enumerate(source["tokens"]):
        after = re.escape(token["after"])
        if token["kind"] == "plain":
            text = b".*?" if token["after"] else b".*"
        else:
            text = rb'(?>(?:[^"\\]|\\.)*)'
        pattern += b"(?>(?P<t%d>%s)%s)" % (index, text, after)
    return re.compile(pattern, re.DOTALL)


def field_texts(program: dict[str, Any], match: re.Match[bytes]) -> dict[str, tuple[bytes, str]]:
    """For every token and part of a request: its bytes and its kind; "malformed" is a request that
    is not three words.
    """
    texts: dict[str, tuple[bytes, str]] = {}
    tokens = program["source"]["tokens"]
    for index, token in enumerate(tokens):
        text = match[f"t{index}"]
        texts[token["name"]] = (text, token["kind"])
    own = set(texts)
    for index, token in enumerate(tokens):
        if token["kind"] != "request":
            continue
        text = match[f"t{index}"]
        words = text.split(b" ")
        good = len(words) == 3 and all(words)
        for number, part in enumerate(_PARTS):
            if part not in own:
                texts[part] = (words[number], "quoted") if good else (text, "malformed")
    return texts


def read_value(field: dict[str, Any], text: str) -> Any:
    type_name = field["type"]
    if type_name in INTEGERS:
        value: Any = read_integer(text, type_name)
    elif type_name in ("float32", "float64"):
        value = read_float(text, type_name, field["allow_nan"])
    elif type_name == "bool":
        value = read_bool(text)
    elif type_name == "timestamp":
        value = read_time(text, field["format"])
    else:
        return text
    return value


def check_value(field: dict[str, Any], value: Any) -> None:
    if isinstance(value, str):
        if field["max_length"] is not None and len(value) > field["max_length"]:
            raise Refused("length")
        if field["min_length"] is not None and len(value) < field["min_length"]:
            raise Refused("length")
        if field["starts_with"] is not None and not value.encode().startswith(field["starts_with"]):
            raise Refused("prefix")
        if field["one_of"] is not None and value.encode() not in field["one_of"]:
            raise Refused("one_of")
        return
    inside = (
        (field["ge"] is None or value >= field["ge"])
        and (field["gt"] is None or value > field["gt"])
        and (field["le"] is None or value <= field["le"])
        and (field["lt"] is None or value < field["lt"])
    )
    if not inside:
        raise Refused("range")
    if field["one_of"] is not None and value not in field["one_of"]:
        raise Refused("one_of")


def is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def read_field(field: dict[str, Any], text: bytes, kind: str) -> Any:
    if kind == "malformed":
        raise Refused("format")
    if not is_utf8(text):
        raise Refused("utf8")
    if kind in ("quoted", "request"):
        text = unescape(text)
        if not is_utf8(text):
            raise Refused("utf8")
    if field["null"] is not None and text == field["null"]:
        if field["default"] is not None:
            return read_value(field, field["default"].decode())
        if field["nullable"]:
            return None
        raise Refused("null")
    value = read_value(field, text.decode())
    check_value(field, value)
    return value


def read_row(
    program: dict[str, Any], pattern: re.Pattern[bytes], line: bytes, max_row_bytes: int
) -> tuple[dict[str, Any], list[tuple[str | None, str]]]:
    """The row's values by field, and its errors as (field, code)."""
    if len(line) > max_row_bytes:
        return {}, [(None, "too_long")]
    match = pattern.fullmatch(line)
    if match is None:
        return {}, [(None, "format")]
    texts = field_texts(program, match)
    values: dict[str, Any] = {}
    errors: list[tuple[str | None, str]] = []
    damaged = False
    for field in program["fields"]:
        text, kind = texts[field["token"]]
        damaged = damaged or not is_utf8(text)
        try:
            values[field["name"]] = read_field(field, text, kind)
        except Refused as refused:
            errors.append((field["name"], str(refused)))
    if not is_utf8(line) and not damaged:
        errors.append((None, "utf8"))
    return values, errors


def lines_of(data: bytes) -> list[tuple[int, bytes]]:
    """Offset and text of every line, without its end."""
    at = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    lines = []
    while at < len(data):
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end
        line = data[at:stop]
        lines.append((at, line[:-1] if line.endswith(b"\r") else line))
        at = stop + 1
    return lines


def run(
    input: Any,
    program: dict[str, Any],
    *,
    threads: int | None = None,
    max_errors: int = 1000,
    max_row_bytes: int = 16 << 20,
    progress: Any = None,
) -> dict[str, Any]:
    """The engine's result, with lists for arrays: `columns` is name -> list of Python values, None
    for null.
    """
    inputs = input if isinstance(input, list) else [input]
    pattern = line_pattern(program["source"])
    rows: list[dict[str, Any]] = []
    errors: list[tuple[Any, ...]] = []
    counts: dict[tuple[str | None, str], int] = {}
    row = blank = bad = 0
    for source, each in enumerate(inputs):
        data = Path(each).read_bytes() if isinstance(each, (str, os.PathLike)) else bytes(each)
        for number, (offset, line) in enumerate(lines_of(data), 1):
            if not line:
                blank += 1
                continue
            values, found = read_row(program, pattern, line, max_row_bytes)
            for name, code in found:
                counts[name, code] = counts.get((name, code), 0) + 1
                errors.append((row, number, offset, source, name, code, line[:RAW_LIMIT]))
            if found:
                bad += 1
            else:
                rows.append(values)
            row += 1
    return {
        "columns": aggregated(program, rows),
        "rows_in": row,
        "rows_ok": row - bad,
        "rows_bad": bad,
        "rows_blank": blank,
        "rows_kept": row - bad,
        "error_counts": counts,
        "errors": errors,
    }


def aggregated(program: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    if not program["aggregates"]:
        names = program["select"] or [field["name"] for field in program["fields"]]
        return {name: [values[name] for values in rows] for name in names}
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    if not program["group_by"]:
        groups[()] = []
    for values in rows:
        groups.setdefault(tuple(values[name] for name in program["group_by"]), []).append(values)
    columns = {
        name: [key[index] for key in groups] for index, name in enumerate(program["group_by"])
    }
    for each in program["aggregates"]:
        columns[each["name"]] = [aggregate(each, members) for members in groups.values()]
    return columns


def aggregate(call: dict[str, Any], members: list[dict[str, Any]]) -> Any:
    if call["column"] is None:
        return len(members)
    values = [values[call["column"]] for values in members if values[call["column"]] is not None]
    if call["function"] == "sum":
        return exact_sum(values) if values else 0
    if not values:
        return None
    if call["function"] == "mean":
        total = exact_sum(values)
        return total / len(values)
    for value in values:
        if value != value:
            return value
    return min(values) if call["function"] == "min" else max(values)


def exact_sum(values: list[Any]) -> Any:
    if isinstance(values[0], float):
        return math.fsum(values) if all(map(math.isfinite, values)) else sum(values)
    return int(sum(Fraction(value) for value in values)) if len(values) < 100 else sum(values)
