"""What an entry of tests/calls.py is made of: kinds of parameters, refusals, and the call itself."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Arguments = dict[str, Any]

FLOATS = ("float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
NUMBERS = ("bool", *INTEGERS, *FLOATS)


@dataclass(frozen=True)
class Array:
    """An array of any strides and, unless `ndim` says otherwise, of any number of dimensions."""

    dtypes: tuple[str, ...]
    writes: bool = False
    ndim: int | None = None
    may_be_empty: bool = True
    may_change_shape: bool = True


@dataclass(frozen=True)
class Bytes:
    """Any buffer, read as bytes in C order; or, where it says so, the content of a file."""

    or_path: bool = False


@dataclass(frozen=True)
class Text:
    """A str of any width."""


@dataclass(frozen=True)
class Real:
    """A number that fits a float64."""


@dataclass(frozen=True)
class Integer:
    """An int in [least, most], or any at all without them; `samples` are worth a call."""

    least: int | None
    most: int | None
    samples: tuple[int, ...]


@dataclass(frozen=True)
class Anything:
    """Any object; the variants leave it alone."""


@dataclass(frozen=True)
class Source:
    """The source of an expression, a str, which fastlane remembers."""


@dataclass(frozen=True)
class NumPys:
    """What NumPy takes for a shape or a dtype, read by NumPy, which hides some exceptions."""


Kind = Array | Bytes | Text | Real | Integer | Anything | Source | NumPys


@dataclass(frozen=True)
class Refusal:
    """What `changes` to the right arguments must raise, and the argument that the error names.

    `has_result` says that the call fails so late that NumPy has made its result already.
    """

    changes: Callable[[], Arguments]
    raises: type[BaseException]
    argument: str | None = None
    has_result: bool = False


@dataclass(frozen=True)
class Call:
    """One function, or one method with `self` as its first parameter.

    `model` gives the result from plain copies and writes to them as the function does; it is None
    where a result cannot be foretold.
    """

    name: str
    parameters: dict[str, Kind]
    make: Callable[[], Arguments]  # fresh at each call; optional parameters may be left out
    model: Callable[..., Any] | None
    errors: tuple[Refusal, ...] = ()
    keyword_only: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()  # parameters that the signature takes as **keywords
    tolerance: float = 0.0  # relative
    moves: bool = False  # the result is an array whose memory C++ made
    kernel: str = ""  # the C++ name of what does the work; empty when no kernel does
    large: Callable[[], Arguments] | None = None  # tens of milliseconds of detached work
    aliases: tuple[str, ...] = ()
    plain_errors: bool = False  # raises builtins where all others raise children of FastlaneError

    @property
    def function(self) -> Callable[..., Any]:
        return resolve(self.name)

    def split(self, arguments: Arguments) -> tuple[list[Any], Arguments]:
        by_name = self.keyword_only | self.named
        positional = [value for name, value in arguments.items() if name not in by_name]
        keywords = {name: value for name, value in arguments.items() if name in by_name}
        return positional, keywords

    def invoke(self, arguments: Arguments) -> Any:
        positional, keywords = self.split(arguments)
        return self.function(*positional, **keywords)

    def arguments_of(self, refusal: Refusal) -> Arguments:
        return {**self.make(), **refusal.changes()}


def resolve(name: str) -> Any:
    """The object of a dotted name whose first parts are modules."""
    parts = name.split(".")
    found: Any = importlib.import_module(parts[0])
    for depth, part in enumerate(parts[1:], start=2):
        if not hasattr(found, part):
            importlib.import_module(".".join(parts[:depth]))
        found = getattr(found, part)
    return found


def same(result: Any, expected: Any, tolerance: float) -> bool:
    """Equal in type and value; floats within a relative tolerance, NaN equal to NaN."""
    if isinstance(expected, np.ndarray):
        return (
            isinstance(result, np.ndarray)
            and result.dtype == expected.dtype
            and result.shape == expected.shape
            and bool(np.isclose(result, expected, rtol=tolerance, atol=0, equal_nan=True).all())
        )
    if isinstance(expected, tuple):
        return len(result) == len(expected) and all(
            same(got, want, tolerance) for got, want in zip(result, expected, strict=True)
        )
    if isinstance(expected, float):
        if type(result) is not float:
            return False
        both_nan = math.isnan(result) and math.isnan(expected)
        return both_nan or math.isclose(result, expected, rel_tol=tolerance)
    return type(result) is type(expected) and result == expected
