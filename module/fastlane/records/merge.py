"""Joins results of the same plan, in the order of their inputs: columns end to end, groups by their
keys. Joining is associative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ._errors import argument_type_error, schema_error
from .column import Column

if TYPE_CHECKING:
    from .result import Result

__all__ = ["merged_parts"]

_COUNTS = ("rows_in", "rows_ok", "rows_bad", "rows_blank", "rows_kept")
_JOINS: dict[str, Callable[[Any, Any], Any]] = {
    "count": lambda one, other: one + other,
    "sum": lambda one, other: one + other,
    "min": min,
    "max": max,
    "any": lambda one, other: one or other,
    "all": lambda one, other: one and other,
    "first": lambda one, other: one,
    "last": lambda one, other: other,
}
_DTYPES = {"bool": np.bool_, "timestamp": np.int64}


def merged_parts(one: Result, other: Result) -> dict[str, Any]:
    """The parts of the joined result. Raises SchemaError for results that cannot be joined."""
    for result in (one, other):
        if not hasattr(result, "columns"):
            raise argument_type_error(
                "Result.merge(one, other)",
                argument="other",
                expected="a Result",
                got=type(result).__name__,
            )
    shapes = [[(name, column.type) for name, column in each.columns.items()] for each in (one, other)]
    if shapes[0] != shapes[1] or one.keys != other.keys or one.functions != other.functions:
        raise schema_error(
            "Result.merge(one, other)",
            argument="other",
            expected="a result of the same plan",
            got=repr(other),
        )
    for name, function in one.functions.items():
        if function not in _JOINS:
            raise schema_error(
                "Result.merge(one, other)",
                argument=name,
                expected="aggregates that can be joined: " + ", ".join(_JOINS),
                got=f"{function}()",
                hint="run the plan over all inputs at once: plan.run([first, second])",
            )
    is_grouped = bool(one.keys or one.functions)
    columns = _groups(one, other) if is_grouped else _ends(one, other)
    counts = dict(one.error_counts)
    for kind, count in other.error_counts.items():
        counts[kind] = counts.get(kind, 0) + count
    return {
        "columns": columns,
        **{name: getattr(one, name) + getattr(other, name) for name in _COUNTS},
        "error_counts": counts,
        "errors": _errors(one, other),
        "metrics": {
            name: value + other.metrics[name]
            for name, value in one.metrics.items()
            if name != "rows_per_second"
        },
    }


def _errors(one: Result, other: Result) -> dict[str, Any]:
    """The details of both: rows are counted on, places stay those of their inputs."""
    mine, theirs = one.errors.parts, dict(other.errors.parts)
    theirs["row"] = theirs["row"] + one.rows_in
    return {
        name: np.concatenate([part, theirs[name]]) if isinstance(part, np.ndarray) else part + theirs[name]
        for name, part in mine.items()
    }


def _ends(one: Result, other: Result) -> dict[str, Any]:
    return {
        name: _end_to_end(column.parts, other[name].parts) for name, column in one.columns.items()
    }


def _end_to_end(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    made = {**one, "length": one["length"] + other["length"]}
    if one["validity"] is not None or other["validity"] is not None:
        bits = [
            np.ones(each["length"], np.uint8)
            if each["validity"] is None
            else np.unpackbits(each["validity"], count=each["length"], bitorder="little")
            for each in (one, other)
        ]
        made["validity"] = np.packbits(np.concatenate(bits), bitorder="little")
    if one["type"] == "string":
        made["offsets"] = np.concatenate([one["offsets"], other["offsets"][1:] + one["offsets"][-1]])
        made["data"] = np.concatenate([one["data"][: one["offsets"][-1]], other["data"]])
    elif one["type"] == "category":
        words = {word: code for code, word in enumerate(Column(one).dictionary)}
        codes = np.array(
            [words.setdefault(word, len(words)) for word in Column(other).dictionary] or [0], np.int32
        )
        made["codes"] = np.concatenate([one["codes"], codes[other["codes"]]])
        made["dictionary"] = _texts(list(words))
    else:
        made["values"] = np.concatenate([one["values"], other["values"]])
    return made


def _groups(one: Result, other: Result) -> dict[str, Any]:
    names = list(one.columns)
    rows: dict[tuple[Any, ...], list[Any]] = {}
    for result in (one, other):
        plain = [_plain(result[name]) for name in names]
        for row in zip(*plain, strict=True):
            key = tuple(repr(value) for value in row[: len(one.keys)])
            if key not in rows:
                rows[key] = list(row)
                continue
            known = rows[key]
            for at in range(len(one.keys), len(names)):
                known[at] = _joined(one.functions[names[at]], known[at], row[at])
    columns = list(zip(*rows.values(), strict=True)) or [()] * len(names)
    return {
        name: _column(one[name].type, list(values), name)
        for name, values in zip(names, columns, strict=True)
    }


def _joined(function: str, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    if function in ("min", "max") and (one != one or other != other):
        return one if one != one else other
    return _JOINS[function](one, other)


def _plain(column: Column) -> list[Any]:
    """Python values; times as microseconds."""
    if column.type != "timestamp":
        return column.tolist()
    valid = column.validity
    values = column.values.tolist()
    return values if valid is None else [v if ok else None for v, ok in zip(values, valid, strict=True)]


def _column(type_name: str, values: list[Any], name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": type_name, "length": len(values), "validity": None}
    if None in values:
        made["validity"] = np.packbits([value is not None for value in values], bitorder="little")
    if type_name == "string":
        return {**made, **_texts(["" if value is None else value for value in values])}
    if type_name == "category":
        words: dict[str, int] = {}
        codes = [0 if v is None else words.setdefault(v, len(words)) for v in values]
        return {**made, "codes": np.array(codes, np.int32), "dictionary": _texts(list(words))}
    filled = [0 if value is None else value for value in values]
    try:
        made["values"] = np.array(filled, np.dtype(_DTYPES.get(type_name, type_name)))
    except OverflowError:
        raise OverflowError(f"{name}: a sum does not fit into int64") from None
    return made


def _texts(texts: list[str]) -> dict[str, Any]:
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(each) for each in encoded], out=offsets[1:])
    return {"offsets": offsets, "data": np.frombuffer(b"".join(encoded), np.uint8)}
