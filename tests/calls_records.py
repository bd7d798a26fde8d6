"""The table's entries for what the records family calls in the extension, below its names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from call_kinds import Anything, Call, Refusal
from records import logs

from fastlane import ArgumentTypeError, ArgumentValueError, _core
from fastlane import records as fr
from fastlane.records.program import make_program

PLAN = fr.Plan(
    fr.apache("combined"),
    fr.Schema(
        host=fr.String(max_length=100),
        user=fr.Category(nullable=True),
        time=fr.Timestamp("%d/%b/%Y:%H:%M:%S %z"),
        status=fr.Int16(ge=200, le=404),
        bytes=fr.Int64(null="-"),
    ),
)
GROUPED = PLAN.group_by("status", "user").aggregate(n=fr.count(), most=fr.max("bytes"))
LOG = logs.access_log(8, seed=3)
LARGE_LOG = LOG * 4000
STATE = GROUPED.run(LOG).parts["state"].tobytes()
MISSING = Path(__file__).with_name("no such file")


def texts(*words: bytes) -> dict[str, np.ndarray]:
    bounds = np.cumsum([0, *map(len, words)])
    return {"offsets": bounds, "data": np.frombuffer(b"".join(words), "u1")}


def parts(kind: str, **arrays: Any) -> dict[str, Any]:
    """A column of three rows as records_run gives it."""
    return {"type": kind, "length": 3, "validity": None, **arrays}


def numbers() -> dict[str, Any]:
    return parts("int64", values=np.arange(3))


def category() -> dict[str, Any]:
    codes = np.array([1, 0, 1], "i4")
    return parts("category", codes=codes, dictionary=texts(b"red", b"blue"))


def columns() -> list[tuple[str, dict[str, Any]]]:
    return [
        ("number", numbers()),
        ("text", parts("string", **texts(b"one", b"two", b"three"))),
        ("colour", category()),
        ("flag", parts("bool", values=np.ones(3, "?"), validity=np.array([5], "u1"))),
    ]


COLUMN_ERRORS = (
    Refusal(lambda: {"columns": None}, ArgumentTypeError, "columns"),
    Refusal(lambda: {"columns": [("number", numbers()), 3]}, ArgumentTypeError, "columns"),
    Refusal(
        lambda: {"columns": [("number", numbers()), ("text", parts("string", **texts()))]},
        ArgumentValueError,
        "column",
    ),
)

RECORDS = [
    Call(
        "fastlane._core.records_run",
        {
            "input": Anything(),
            "program": Anything(),
            "threads": Anything(),
            "max_errors": Anything(),
            "max_row_bytes": Anything(),
            "progress": Anything(),
        },
        make=lambda: {"input": LOG, "program": PLAN.program, "threads": 1},
        model=None,
        errors=(
            Refusal(lambda: {"input": 3}, ArgumentTypeError, "input"),
            Refusal(lambda: {"input": [LOG, MISSING]}, FileNotFoundError),
            Refusal(lambda: {"program": {}}, ArgumentTypeError, "program"),
            Refusal(lambda: {"threads": 0}, ArgumentValueError, "threads"),
        ),
        keyword_only=frozenset(("threads", "max_errors", "max_row_bytes", "progress")),
        large=lambda: {"input": LARGE_LOG, "program": GROUPED.program, "threads": 1},
    ),
    Call(
        "fastlane._core.records_program",
        {"program": Anything()},
        make=lambda: {"program": make_program(PLAN)},
        model=None,
        errors=(
            Refusal(lambda: {"program": None}, ArgumentTypeError, "program"),
            Refusal(lambda: {"program": {}}, ArgumentValueError, "program"),
        ),
    ),
    Call(
        "fastlane._core.records_decode",
        {"program": Anything(), "line": Anything()},
        make=lambda: {"program": PLAN.program, "line": LOG.split(b"\n")[0]},
        model=None,
        errors=(
            Refusal(lambda: {"program": {}}, ArgumentTypeError, "program"),
            Refusal(lambda: {"program": GROUPED.program}, ArgumentValueError, "program"),
            Refusal(lambda: {"line": 3}, ArgumentTypeError, "line"),
        ),
    ),
    Call(
        "fastlane._core.records_stream",
        {
            "inputs": Anything(),
            "program": Anything(),
            "max_errors": Anything(),
            "max_row_bytes": Anything(),
        },
        make=lambda: {
            "inputs": [iter([LOG])],
            "program": PLAN.program,
            "max_errors": 10,
            "max_row_bytes": 4096,
        },
        model=None,
        errors=(
            Refusal(lambda: {"inputs": [LOG]}, ArgumentTypeError, "inputs"),
            Refusal(lambda: {"program": {}}, ArgumentTypeError, "program"),
            Refusal(lambda: {"max_errors": -1}, ArgumentValueError, "max_errors"),
        ),
    ),
    Call(
        "fastlane._core.records_next",
        {"stream": Anything(), "bytes": Anything()},
        make=lambda: {
            "stream": _core.records_stream([iter([LOG])], PLAN.program, 9, 99),
            "bytes": 1,
        },
        model=None,
        errors=(
            Refusal(lambda: {"stream": LOG}, ArgumentTypeError, "stream"),
            Refusal(lambda: {"bytes": 0}, ArgumentValueError, "bytes"),
        ),
    ),
    Call(
        "fastlane._core.records_merge",
        {"program": Anything(), "one": Anything(), "other": Anything()},
        make=lambda: {"program": GROUPED.program, "one": STATE, "other": STATE},
        model=None,
        errors=(
            Refusal(lambda: {"program": 3}, ArgumentTypeError, "program"),
            Refusal(lambda: {"one": "text"}, ArgumentTypeError, "one"),
            Refusal(lambda: {"other": b"other"}, ArgumentValueError, "state"),
        ),
    ),
    Call(
        "fastlane._core.arrow_schema",
        {"columns": Anything(), "as_table": Anything()},
        make=lambda: {"columns": columns(), "as_table": True},
        model=None,
        errors=(
            *COLUMN_ERRORS,
            Refusal(lambda: {"as_table": False}, ArgumentValueError, "columns"),
        ),
    ),
    Call(
        "fastlane._core.arrow_array",
        {"column": Anything()},
        make=lambda: {"column": category()},
        model=None,
        errors=(
            Refusal(lambda: {"column": {}}, ArgumentValueError, "column"),
            Refusal(lambda: {"column": [3]}, ArgumentValueError, "column"),
        ),
    ),
    Call(
        "fastlane._core.arrow_stream",
        {"columns": Anything()},
        make=lambda: {"columns": columns()},
        model=None,
        errors=COLUMN_ERRORS,
    ),
]
