"""The aggregates of a plan: small values that name a function and a column, and the rules of
which column fits. The names shadow builtins on purpose: users write fr.sum("bytes").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ._errors import close_hint, schema_error, shown
from .fields import Bool, Field, Float, Integer, Timestamp

__all__ = [
    "FUNCTIONS",
    "Aggregate",
    "check_column",
    "count",
    "max",
    "mean",
    "min",
    "parse_aggregate",
    "sum",
]

FUNCTIONS = ("count", "sum", "min", "max", "mean")
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\(\s*([^()]*?)\s*\)\s*")


@dataclass(frozen=True, repr=False)
class Aggregate:
    """One aggregate: `function` over `column`, which is None for count."""

    function: str
    column: str | None = None

    def __str__(self) -> str:
        """The aggregate as a plan file writes it."""
        return f"{self.function}({self.column or ''})"

    def __repr__(self) -> str:
        return (
            f"{self.function}({self.column!r})" if self.column is not None else f"{self.function}()"
        )


def count() -> Aggregate:
    """How many rows the group has; int64."""
    return Aggregate("count")


def sum(column: str, /) -> Aggregate:
    """The sum of a numeric column: exact int64 or, of floats, float64; nulls are left out."""
    return _of_column("sum", column)


def min(column: str, /) -> Aggregate:
    """The least value of a numeric or time column, in its type; null when there is none."""
    return _of_column("min", column)


def max(column: str, /) -> Aggregate:
    """The greatest value of a numeric or time column, in its type; null when there is none."""
    return _of_column("max", column)


def mean(column: str, /) -> Aggregate:
    """The mean of a numeric column, float64; null when there is no value."""
    return _of_column("mean", column)


def _of_column(function: str, column: str) -> Aggregate:
    if not isinstance(column, str) or not column:
        raise schema_error(
            f"{function}(column)",
            argument="column",
            expected="the name of a column",
            got=shown(column),
        )
    return Aggregate(function, column)


def parse_aggregate(text: str, where: str) -> Aggregate:
    """The aggregate that `text` spells, such as "sum(bytes)". Raises SchemaError that begins with
    `where`.
    """
    match = _CALL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise schema_error(
            where,
            argument="aggregate",
            expected='a call such as "count()" or "sum(bytes)"',
            got=shown(text),
        )
    function, column = match[1], match[2]
    if function not in FUNCTIONS:
        raise schema_error(
            where,
            argument="aggregate",
            expected="one of the aggregates " + ", ".join(FUNCTIONS),
            got=repr(function),
            hint=close_hint(function, FUNCTIONS),
        )
    if (function == "count") != (column == ""):
        expected = (
            "count() without a column" if function == "count" else f"a column in {function}(...)"
        )
        raise schema_error(where, argument="aggregate", expected=expected, got=shown(text))
    return Aggregate(function, column or None)


def check_column(aggregate: Aggregate, field: Field, where: str) -> None:
    """Refuses a column whose type the function cannot take."""
    allowed: tuple[type[Field], ...] = (Bool, Integer, Float)
    expected = "a numeric column"
    if aggregate.function in ("min", "max"):
        allowed = (Bool, Integer, Float, Timestamp)
        expected = "a numeric or Timestamp column"
    if not isinstance(field, allowed):
        raise schema_error(
            where,
            argument=str(aggregate.column),
            expected=f"{expected} in {aggregate.function}()",
            got=f"{aggregate.column}, a {type(field).__name__}",
        )
