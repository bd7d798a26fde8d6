"""Joins results of the same plan, in the order of their inputs: columns end to end here, groups by
their states in the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fastlane import _core

from ._errors import argument_type_error, schema_error
from .column import Column

if TYPE_CHECKING:
    from .result import Result

__all__ = ["merged_parts", "texts_of"]

_COUNTS = ("rows_in", "rows_ok", "rows_bad", "rows_blank", "rows_kept")


def merged_parts(one: Result, other: Result) -> dict[str, Any]:
    """The parts of the joined result. Raises SchemaError for results that cannot be joined."""
    for result in (one, other):
        if not hasattr(result, "plan"):
            raise argument_type_error(
                "Result.merge(one, other)",
                argument="other",
                expected="a Result",
                got=type(result).__name__,
            )
    if one.plan != other.plan:
        raise schema_error(
            "Result.merge(one, other)",
            argument="other",
            expected="a result of the same plan",
            got=repr(other.plan),
        )
    counts = dict(one.error_counts)
    for kind, count in other.error_counts.items():
        counts[kind] = counts.get(kind, 0) + count
    is_grouped = bool(one.plan.keys or one.plan.aggregates)
    return {
        **(_groups(one, other) if is_grouped else _ends(one, other)),
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
        name: np.concatenate([part, theirs[name]])
        if isinstance(part, np.ndarray)
        else part + theirs[name]
        for name, part in mine.items()
    }


def _groups(one: Result, other: Result) -> dict[str, Any]:
    joined: dict[str, Any] = _core.records_merge(
        one.plan.program, one.parts["state"], other.parts["state"]
    )
    return joined


def _ends(one: Result, other: Result) -> dict[str, Any]:
    columns = {
        name: _end_to_end(column.parts, other[name].parts) for name, column in one.columns.items()
    }
    return {"columns": columns, "state": None}


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
        size = one["offsets"][-1]
        made["offsets"] = np.concatenate([one["offsets"], other["offsets"][1:] + size])
        made["data"] = np.concatenate([one["data"][:size], other["data"]])
    elif one["type"] == "category":
        words = {word: code for code, word in enumerate(Column(one).dictionary)}
        theirs = [words.setdefault(word, len(words)) for word in Column(other).dictionary]
        codes = np.array(theirs or [0], np.int32)
        made["codes"] = np.concatenate([one["codes"], codes[other["codes"]]])
        made["dictionary"] = texts_of(list(words))
    else:
        made["values"] = np.concatenate([one["values"], other["values"]])
    return made


def texts_of(texts: list[str]) -> dict[str, Any]:
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(each) for each in encoded], out=offsets[1:])
    return {"offsets": offsets, "data": np.frombuffer(b"".join(encoded), np.uint8)}
