"""Entries of the table in calls.py: the type Matrix."""

from __future__ import annotations

import numpy as np
from call_kinds import Anything, Call, Integer, Refusal

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError


def small_matrix() -> fastlane.Matrix:
    return fastlane.Matrix([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def exported_matrix() -> fastlane.Matrix:
    """One whose elements an array shows, for as long as anybody has it."""
    matrix = small_matrix()
    EXPORTS[:] = [memoryview(matrix)]
    return matrix


EXPORTS: list[memoryview] = []
SHAPE = {"rows": Integer(0, (1 << 63) - 1, (0, 1, 3)), "columns": Integer(0, (1 << 63) - 1, (0, 2))}
SHAPE_ERRORS = (
    Refusal(lambda: {"rows": -1}, ArgumentValueError, "rows"),
    Refusal(lambda: {"columns": -1}, ArgumentValueError, "columns"),
    Refusal(lambda: {"rows": 1 << 62, "columns": 1 << 62}, MemoryError),
    Refusal(lambda: {"rows": 1 << 50, "columns": 1}, MemoryError),
)

MATRIX = [
    Call(
        "fastlane.Matrix",
        {"rows": Anything()},
        make=lambda: {"rows": [[1.0, 2], (3, np.float32(4))]},
        model=None,
        errors=(
            Refusal(lambda: {"rows": [[1], [2, 3]]}, ArgumentValueError, "rows"),
            Refusal(lambda: {"rows": [["one"]]}, ArgumentTypeError, "rows"),
            Refusal(lambda: {"rows": [1.0]}, ArgumentTypeError, "rows"),
            Refusal(lambda: {"rows": "12"}, ArgumentTypeError, "rows"),
            Refusal(lambda: {"rows": None}, ArgumentTypeError, "rows"),
            Refusal(lambda: {"rows": np.ones((2, 2), "f4")}, ArgumentTypeError, "rows"),
            Refusal(lambda: {"rows": np.ones(3)}, ArgumentValueError, "rows"),
        ),
    ),
    Call(
        "fastlane.Matrix.zeros",
        SHAPE,
        make=lambda: {"rows": 2, "columns": 3},
        model=None,
        errors=SHAPE_ERRORS,
    ),
    Call(
        "fastlane.Matrix.transpose",
        {"self": Anything()},
        make=lambda: {"self": small_matrix()},
        model=None,
        kernel="transpose",
    ),
    Call(
        "fastlane.Matrix.resize",
        {"self": Anything(), **SHAPE},
        make=lambda: {"self": small_matrix(), "rows": 1, "columns": 2},
        model=None,
        errors=(*SHAPE_ERRORS, Refusal(lambda: {"self": exported_matrix()}, BorrowError)),
    ),
]
