"""Entries of the table in calls.py: expressions over arrays."""

from __future__ import annotations

import numpy as np
from call_arguments import ARENA_ERRORS, THREADS_ARGUMENT, THREADS_ERRORS, out_errors, quarters, repeated
from call_kinds import NUMBERS, Anything, Array, Call, Refusal, Source

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError, ExpressionError


def model_evaluated(x: np.ndarray, **_: object) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(x * x + 1)


EVALUATED = {
    "out": Anything(),
    "arena": Anything(),
    "threads": THREADS_ARGUMENT,
    "x": Array(NUMBERS),
}
ARRAY_ERRORS = (
    *out_errors(quarters()),
    *ARENA_ERRORS,
    Refusal(lambda: (lambda x: {"x": x, "out": x[::-1]})(quarters()), BorrowError, "out"),
    Refusal(lambda: {"x": np.ones(3, "f2")}, ArgumentTypeError, "x"),
    *THREADS_ERRORS,
    Refusal(lambda: {"y": quarters()}, ExpressionError, "y"),
)
EVALUATED_BY_NAME = {
    "keyword_only": frozenset(("out", "arena", "threads")),
    "named": frozenset(("x", "y")),
}
EXPRESSION_ERRORS = (
    Refusal(lambda: {"expression": "x * x +"}, ExpressionError, "expression"),
    Refusal(lambda: {"expression": "x.real"}, ExpressionError, "expression"),
    Refusal(lambda: {"expression": b"x"}, ArgumentTypeError, "expression"),
)

EXPRESSIONS = [
    Call(
        "fastlane.evaluate",
        {"expression": Source(), **EVALUATED},
        make=lambda: {"expression": "x * x + 1", "x": quarters()},
        model=lambda expression, x, **_: model_evaluated(x),
        errors=(
            *ARRAY_ERRORS,
            *EXPRESSION_ERRORS,
            Refusal(lambda: {"expression": "x + unknown"}, ExpressionError, "expression"),
            Refusal(lambda: {"expression": "x & 1"}, ExpressionError, "expression"),
            Refusal(lambda: {"expression": "x + y", "y": np.ones(5)}, ArgumentValueError, "y"),
            Refusal(
                lambda: {"expression": "x ** x", "x": np.array([-1, 2])},
                ExpressionError,
                has_result=True,
            ),
        ),
        **EVALUATED_BY_NAME,
        kernel="execute",
        large=lambda: {"expression": "sin(x) + x", "x": repeated(1.0, "f8", 1 << 24)},
    ),
    Call(
        "fastlane.Expression.__call__",
        {"self": Anything(), **EVALUATED},
        make=lambda: {"self": fastlane.compile("x * x + 1"), "x": quarters()},
        model=lambda self, x, **_: model_evaluated(x),
        errors=ARRAY_ERRORS,
        **EVALUATED_BY_NAME,
        kernel="execute",
    ),
    Call(
        "fastlane.Expression",
        {"expression": Source()},
        make=lambda: {"expression": "x * x + 1"},
        model=fastlane.compile,
        errors=EXPRESSION_ERRORS,
    ),
    Call(
        "fastlane.compile",
        {"expression": Source()},
        make=lambda: {"expression": "x * x + 1"},
        model=fastlane.Expression,
        errors=EXPRESSION_ERRORS,
    ),
]
