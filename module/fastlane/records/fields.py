"""The field types of a schema: small frozen values that say what one column holds and what is
allowed in it. They check their own options; what a source offers is the plan's business,
parsing is the engine's.
"""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

from . import _options as options
from ._errors import schema_error
from ._field import Field, field_type

__all__ = [
    "FIELD_TYPES",
    "Bool",
    "Category",
    "Field",
    "Float",
    "Float32",
    "Float64",
    "Int8",
    "Int16",
    "Int32",
    "Int64",
    "Integer",
    "String",
    "Text",
    "Timestamp",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "field_type",
]


@field_type
class Bool(Field):
    """`true` or `false` (any case), `1` or `0`."""

    type_name = "bool"

    def _refusal(self, value: Any) -> str | None:
        return None if isinstance(value, bool) else "True or False"

    def default_text(self) -> str:
        return "true" if self.default else "false"


@field_type
class Integer(Field):
    """A whole number with the bounds `ge gt le lt` and the values `one_of`."""

    low: ClassVar[int] = 0
    high: ClassVar[int] = 0

    ge: int | None = None
    gt: int | None = None
    le: int | None = None
    lt: int | None = None
    one_of: tuple[int, ...] | None = None

    def _in_type(self, value: Any) -> bool:
        return (
            isinstance(value, int)
            and not isinstance(value, bool)
            and self.low <= value <= self.high
        )

    def _check_options(self) -> None:
        expected = f"a whole number in {self.low}..{self.high}"
        for bound in options.BOUNDS:
            options.check(self, bound, self._in_type, expected)
        options.bounds(self)
        options.values(self, "one_of", self._in_type, expected)

    def _refusal(self, value: Any) -> str | None:
        if not self._in_type(value):
            return f"a whole number in {self.low}..{self.high}"
        if self.one_of is not None and value not in self.one_of:
            return f"one of {list(self.one_of)}"
        return options.bounds_refusal(self, value)


class Int8(Integer):
    """A whole number in -128..127."""

    type_name, low, high = "int8", -(2**7), 2**7 - 1


class Int16(Integer):
    """A whole number in -32768..32767."""

    type_name, low, high = "int16", -(2**15), 2**15 - 1


class Int32(Integer):
    """A whole number of 32 bits."""

    type_name, low, high = "int32", -(2**31), 2**31 - 1


class Int64(Integer):
    """A whole number of 64 bits."""

    type_name, low, high = "int64", -(2**63), 2**63 - 1


class UInt8(Integer):
    """A whole number in 0..255."""

    type_name, low, high = "uint8", 0, 2**8 - 1


class UInt16(Integer):
    """A whole number in 0..65535."""

    type_name, low, high = "uint16", 0, 2**16 - 1


class UInt32(Integer):
    """A whole number of 32 bits, not negative."""

    type_name, low, high = "uint32", 0, 2**32 - 1


class UInt64(Integer):
    """A whole number of 64 bits, not negative."""

    type_name, low, high = "uint64", 0, 2**64 - 1


@field_type
class Float(Field):
    """A number with the bounds `ge gt le lt`; `allow_nan=True` also takes nan and inf."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None
    allow_nan: bool = False

    def _check_options(self) -> None:
        for bound in options.BOUNDS:
            options.check(self, bound, options.is_finite, "a finite number")
        options.bounds(self)
        options.true_or_false(self, "allow_nan")

    def _refusal(self, value: Any) -> str | None:
        if not options.is_number(value):
            return "a number"
        if not self.allow_nan and not options.is_finite(value):
            return "a finite number"
        return options.bounds_refusal(self, value)

    def default_text(self) -> str:
        return repr(self.default)


class Float32(Float):
    """A number, correctly rounded to 32 bits."""

    type_name = "float32"


class Float64(Float):
    """A number, correctly rounded to 64 bits."""

    type_name = "float64"


@field_type
class Text(Field):
    """What String and Category share: `one_of`, `max_length` and `min_length` in characters,
    `starts_with`.
    """

    one_of: tuple[str, ...] | None = None
    max_length: int | None = None
    min_length: int | None = None
    starts_with: str | None = None

    def _check_options(self) -> None:
        options.values(self, "one_of", options.is_text, "text")
        options.check(self, "max_length", options.is_length, "a length, 0 or more")
        options.check(self, "min_length", options.is_length, "a length, 0 or more")
        options.text(self, "starts_with")
        if (
            self.max_length is not None
            and self.min_length is not None
            and self.min_length > self.max_length
        ):
            raise schema_error(
                options.place(self, "min_length"),
                argument="min_length",
                expected=f"at most max_length, {self.max_length}",
                got=str(self.min_length),
            )

    def _refusal(self, value: Any) -> str | None:
        if not options.is_text(value):
            return "text"
        if self.one_of is not None and value not in self.one_of:
            return f"one of {list(self.one_of)}"
        if self.max_length is not None and len(value) > self.max_length:
            return f"at most {self.max_length} characters"
        if self.min_length is not None and len(value) < self.min_length:
            return f"at least {self.min_length} characters"
        if self.starts_with is not None and not value.startswith(self.starts_with):
            return f"text that starts with {self.starts_with!r}"
        return None


class String(Text):
    """Text, kept as UTF-8 with offsets."""

    type_name = "string"


class Category(Text):
    """Text of few distinct values, kept as codes into a dictionary."""

    type_name = "category"


@field_type
class Timestamp(Field):
    """A point in time, kept as int64 microseconds UTC. `format` is a strptime format, "iso8601",
    "epoch_s" or "epoch_ms"; a default is text in that format. The bounds `ge gt le lt` are ISO 8601
    texts, UTC where no offset is said.
    """

    type_name = "timestamp"
    positional = ("format",)

    format: str = dataclasses.field(default="", kw_only=False)
    ge: str | None = None
    gt: str | None = None
    le: str | None = None
    lt: str | None = None

    def _check_options(self) -> None:
        options.time_format(self)
        for bound in options.BOUNDS:
            options.check(
                self, bound, options.is_time, 'an ISO 8601 time such as "2015-05-17T10:05:03Z"'
            )
        options.bounds(self, options.microseconds)

    def _refusal(self, value: Any) -> str | None:
        if self.format.startswith("epoch"):
            return None if options.is_number(value) else "a number of seconds or milliseconds"
        return None if options.is_text(value) else f"text in the format {self.format!r}"


FIELD_TYPES: dict[str, type[Field]] = {
    cls.type_name: cls
    for cls in (
        Bool,
        Int8,
        Int16,
        Int32,
        Int64,
        UInt8,
        UInt16,
        UInt32,
        UInt64,
        Float32,
        Float64,
        String,
        Category,
        Timestamp,
    )
}
