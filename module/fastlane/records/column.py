"""One column of a result: the engine's arrays under the names that users know, without a copy.
Python objects are made only when they are asked for.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from fastlane import _core

__all__ = ["Column"]

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Column:
    """A column: `.values` is the ndarray itself; `.validity` is None or a bool ndarray that is
    False where the value is null. `tolist()`, `[i]` and iteration give Python values, None for
    null; a slice gives a list.

    A String has its text in `.data` (UTF-8) between `.offsets`, a Category its `.codes` into
    `.dictionary`; their `.values` is an array of `str` that is made when it is first asked for.
    """

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self._parts = dict(parts)

    @property
    def type(self) -> str:
        """The name of the column's type, such as "int64", "string" or "timestamp"."""
        return str(self._parts["type"])

    @cached_property
    def values(self) -> np.ndarray[Any, Any]:
        """The values, 1-D: numbers and bool as they are, a timestamp as int64 microseconds UTC.
        What stands where `.validity` is False has no meaning.

        Memory: shares the column's memory; copies for String and Category only."""
        if "values" in self._parts:
            values: np.ndarray[Any, Any] = self._parts["values"]
            return values
        texts = np.empty(len(self), dtype=object)
        texts[:] = self.tolist()
        return texts

    @property
    def codes(self) -> np.ndarray[Any, Any]:
        """The codes of a Category, int32, without a copy."""
        codes: np.ndarray[Any, Any] = self._part("codes", "category")
        return codes

    @cached_property
    def dictionary(self) -> list[str]:
        """What the codes of a Category stand for."""
        words = self._part("dictionary", "category")
        return _texts(words["offsets"], words["data"])

    @property
    def offsets(self) -> np.ndarray[Any, Any]:
        """Where each text of a String begins in `.data`, and where the last one ends; int64,
        without a copy.
        """
        offsets: np.ndarray[Any, Any] = self._part("offsets", "string")
        return offsets

    @property
    def data(self) -> np.ndarray[Any, Any]:
        """The texts of a String as UTF-8, uint8, without a copy."""
        data: np.ndarray[Any, Any] = self._part("data", "string")
        return data

    @property
    def parts(self) -> dict[str, Any]:
        """The engine's arrays, by name, without a copy."""
        return self._parts

    def _part(self, name: str, type_name: str) -> Any:
        if name not in self._parts:
            raise AttributeError(f"a column of type {self.type} has no {name}; a {type_name} has")
        return self._parts[name]

    @cached_property
    def validity(self) -> np.ndarray[Any, Any] | None:
        """None, or a bool ndarray that is False where the value is null."""
        bits = self._parts.get("validity")
        if bits is None:
            return None
        return np.unpackbits(bits, count=len(self), bitorder="little").view(np.bool_)

    @property
    def null_count(self) -> int:
        """How many values are null."""
        validity = self.validity
        return 0 if validity is None else len(self) - int(np.count_nonzero(validity))

    def tolist(self) -> list[Any]:
        """The values as Python objects, None for null; a timestamp as an aware datetime in UTC."""
        return self._python_values(0, len(self))

    def _python_values(self, start: int, stop: int) -> list[Any]:
        made: list[Any]
        if self.type == "string":
            made = _texts(self.offsets[start : stop + 1], self.data)
        elif self.type == "category":
            words = [*self.dictionary, ""]
            made = [words[code] for code in self.codes[start:stop].tolist()]
        else:
            made = self._parts["values"][start:stop].tolist()
            if self.type == "timestamp":
                made = [_datetime(value) for value in made]
        if self.validity is not None:
            made = [
                value if valid else None
                for value, valid in zip(made, self.validity[start:stop].tolist(), strict=True)
            ]
        return made

    def __len__(self) -> int:
        return int(self._parts["length"])

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return self._python_values(start, max(start, stop))
            return self.tolist()[index]
        position = index.__index__()
        if position < 0:
            position += len(self)
        if not 0 <= position < len(self):
            raise IndexError(f"index {index} is out of range for a column of {len(self)} values")
        return self._python_values(position, position + 1)[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Column):
            return NotImplemented
        if self.type != other.type or len(self) != len(other):
            return False
        if self.type in ("float32", "float64"):
            one, other_one = self.validity, other.validity
            same_nulls = (
                np.array_equal(one, other_one)
                if one is not None and other_one is not None
                else self.null_count == 0 == other.null_count
            )
            return same_nulls and np.array_equal(
                np.asarray(self), np.asarray(other), equal_nan=True
            )
        return self.tolist() == other.tolist()

    __hash__ = None  # type: ignore[assignment]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        """The values as NumPy has them: numbers without a copy, a timestamp as datetime64[us], text
        as `str` objects. With nulls a copy in which they are NaN, NaT or, where the type has no
        such value, None objects.
        """
        if not self.null_count and "values" in self._parts:
            shared = self.values.view("datetime64[us]") if self.type == "timestamp" else self.values
            if dtype is not None and shared.dtype != np.dtype(dtype):
                _refuse_copy(copy, f"a change from {shared.dtype} to {np.dtype(dtype)}")
                return shared.astype(dtype)
            return shared.copy() if copy else shared
        _refuse_copy(copy, "text" if "values" not in self._parts else "a column with nulls")
        made = self._copy_with_nulls()
        return made if dtype is None else made.astype(dtype)

    def _copy_with_nulls(self) -> np.ndarray[Any, Any]:
        if "values" not in self._parts:
            return self.values.copy()
        empty = ~self.validity if self.validity is not None else np.zeros(len(self), bool)
        if self.type in ("float32", "float64"):
            made = self.values.copy()
            made[empty] = np.nan
        elif self.type == "timestamp":
            made = self.values.view("datetime64[us]").copy()
            made[empty] = np.datetime64("NaT", "us")
        else:
            made = self.values.astype(object)
            made[empty] = None
        return made

    def __arrow_c_schema__(self) -> object:
        """The Arrow type as a capsule "arrow_schema"."""
        return _core.arrow_schema([("", self._parts)], False)

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """The Arrow type and array as capsules. Memory: shares the column's memory; a bool column
        is packed.
        """
        return _core.arrow_array(self._parts)

    def __repr__(self) -> str:
        shown = [
            repr(value) if not isinstance(value, datetime.datetime) else value.isoformat()
            for value in self[:8]
        ]
        more = ", ..." if len(self) > 8 else ""
        return f"<Column {self.type}[{len(self)}]: {', '.join(shown)}{more}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Column, (self._parts,)


def _refuse_copy(copy: bool | None, what: str) -> None:
    if copy is False:
        raise _core.CopyError(
            f"Column.__array__(copy=False): {what} needs a copy; use copy=None, or .values and "
            f".validity"
        )


def _texts(offsets: np.ndarray[Any, Any], data: np.ndarray[Any, Any]) -> list[str]:
    """The texts between the offsets; the engine has checked that they are UTF-8."""
    if len(offsets) == 0:
        return []
    bounds = offsets.tolist()
    first = bounds[0]
    text = data[first : bounds[-1]].tobytes()
    return [
        str(text[start - first : stop - first], "utf-8")
        for start, stop in itertools.pairwise(bounds)
    ]


def _datetime(microseconds: int) -> Any:
    """An aware datetime, or the number itself where the years of datetime end."""
    try:
        return _EPOCH + datetime.timedelta(microseconds=microseconds)
    except OverflowError:
        return microseconds
