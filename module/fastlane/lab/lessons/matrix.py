"""One matrix, one memory: transposed natively, looked at by NumPy in place, locked meanwhile.

Compared: Matrix.transpose with lists of lists, and a resize that would pull memory away.
"""

from __future__ import annotations

import numpy as np

import fastlane

from .measuring import Cell, Shown, bytes_of, milliseconds, times


def show(share: float) -> Shown:
    """A thousand rows of a thousand numbers become columns."""
    side = max(int(1000 * share**0.5), 2)
    rows_of_numbers = np.linspace(0.0, 1.0, side * side).reshape(side, side).tolist()
    matrix = fastlane.Matrix(rows_of_numbers)
    forms = {
        "zip(*rows), lists": lambda: [list(column) for column in zip(*rows_of_numbers, strict=True)],
        "Matrix.transpose()": matrix.transpose,
        "numpy.asarray(m).T": lambda: np.asarray(matrix).T,
    }
    rows: list[dict[str, Cell]] = [
        {"form": form, "ms": milliseconds(call), "bytes moved": bytes_of(call)["moved"]}
        for form, call in forms.items()
    ]
    view = np.asarray(matrix)
    try:
        matrix.resize(1, 1)
        said = "nothing"
    except fastlane.BorrowError as error:
        said = f"{type(error).__name__}: {error}"
    del view
    return Shown(
        rows,
        f"Lists take {times(rows[0]['ms'], rows[1]['ms'])} times as long; NumPy's view takes nothing"
        f" because it is the same memory. A resize meanwhile raises {said}.",
    )
