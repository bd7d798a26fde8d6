"""The errors of a result: one entry for each field that did not fit, as a sequence and as an
Arrow table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, overload

import numpy as np

from fastlane import _core

__all__ = ["Errors", "RowError"]

_NUMBERS = {"row": "int64", "line": "int64", "byte_offset": "int64", "source": "int32"}


class RowError(NamedTuple):
    """Why one field of one row was refused."""

    row: int
    """Which record, from 0, over all inputs."""
    line: int
    """Which line of its input, from 1."""
    byte_offset: int
    """Where the row begins in its input."""
    source: int
    """Which of the inputs, from 0."""
    field: str | None
    """The field, or None when the row as a whole is wrong."""
    code: str
    """The kind of error, such as "type" or "range"."""
    expected: str
    got: str
    """What stood there; bytes that are no UTF-8 as \\xHH."""
    raw: bytes
    """The row as it stands in the input, up to 4 KiB."""


class Errors(Sequence[RowError]):
    """The errors in detail, in the order of the rows: a sequence of RowError. `total` counts all
    errors, also those beyond the bound `max_errors` that are not kept in detail.
    """

    def __init__(self, parts: Mapping[str, Any], total: int) -> None:
        self._parts = dict(parts)
        self.total = total

    @property
    def parts(self) -> dict[str, Any]:
        """One list or array for each attribute of the errors."""
        return self._parts

    def __len__(self) -> int:
        return len(self._parts["code"])

    @overload
    def __getitem__(self, index: int) -> RowError: ...
    @overload
    def __getitem__(self, index: slice) -> list[RowError]: ...
    def __getitem__(self, index: int | slice) -> RowError | list[RowError]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        position = index.__index__()
        if position < 0:
            position += len(self)
        if not 0 <= position < len(self):
            raise IndexError(f"index {index} is out of range for {len(self)} errors")
        parts = self._parts
        return RowError(
            int(parts["row"][position]),
            int(parts["line"][position]),
            int(parts["byte_offset"][position]),
            int(parts["source"][position]),
            parts["field"][position],
            parts["code"][position],
            parts["expected"][position],
            _text(parts["got"][position]),
            parts["raw"][position],
        )

    def __iter__(self) -> Iterator[RowError]:
        return (self[index] for index in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Errors):
            return NotImplemented
        return self.total == other.total and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def _arrow_columns(self) -> list[tuple[str, dict[str, Any]]]:
        length = len(self)
        columns = []
        for name, type_name in _NUMBERS.items():
            columns.append((name, _numbers(type_name, self._parts[name])))
        for name in ("field", "code", "expected", "got"):
            columns.append(
                (
                    name,
                    _string([None if each is None else _text(each) for each in self._parts[name]]),
                )
            )
        columns.append(("raw", {**_bytes(self._parts["raw"]), "type": "binary"}))
        assert all(column["length"] == length for _, column in columns)
        return columns

    def __arrow_c_schema__(self) -> object:
        """The table's schema as a capsule "arrow_schema"."""
        return _core.arrow_schema(self._arrow_columns(), True)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The errors as one record batch in a capsule "arrow_array_stream". Memory: the numbers are
        shared, the texts are copied.
        """
        return _core.arrow_stream(self._arrow_columns())

    def __repr__(self) -> str:
        kept = "" if self.total == len(self) else f", {len(self)} of them in detail"
        return f"<Errors: {self.total}{kept}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Errors, (self._parts, self.total)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def _numbers(type_name: str, values: np.ndarray[Any, Any]) -> dict[str, Any]:
    return {"type": type_name, "length": len(values), "values": values, "validity": None}


def _string(texts: list[str | None]) -> dict[str, Any]:
    column = _bytes(
        [b"" if text is None else text.encode("utf-8", "backslashreplace") for text in texts]
    )
    if None in texts:
        column["validity"] = np.packbits([text is not None for text in texts], bitorder="little")
    return column


def _bytes(parts: list[bytes]) -> dict[str, Any]:
    offsets = np.zeros(len(parts) + 1, np.int64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    data = np.frombuffer(b"".join(parts), np.uint8)
    return {
        "type": "string",
        "length": len(parts),
        "offsets": offsets,
        "data": data,
        "validity": None,
    }
