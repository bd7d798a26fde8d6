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
    "all",
    "any",
    "check_column",
    "count",
    "count_distinct",
    "first",
    "last",
    "max",
    "mean",
    "min",
    "parse_aggregate",
    "quantile",
    "std",
    "sum",
]

FUNCTIONS = (
    "count",
    "sum",
    "min",
    "max",
    "mean",
    "std",
    "any",
    "all",
    "first",
    "last",
    "count_distinct",
    "quantile",
)
_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*\(\s*([^(),]*?)\s*(?:,\s*([^(),]*?)\s*)?\)\s*")
_PARAMETERS = {"std": "ddof", "quantile": "q"}


@dataclass(frozen=True, repr=False)
class Aggregate:
    """One aggregate: `function` over `column`, which is None for count. `parameter` is the ddof of
    std and the q of quantile.
    """

    function: str
    column: str | None = None
    parameter: float | None = None

    def __str__(self) -> str:
        """The aggregate as a plan file writes it."""
        more = "" if self.parameter is None else f", {self.parameter!r}"
        return f"{self.function}({self.column or ''}{more})"

    def __repr__(self) -> str:
        if self.column is None:
            return f"{self.function}()"
        more = "" if self.parameter is None else f", {self.parameter!r}"
        return f"{self.function}({self.column!r}{more})"


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


def std(column: str, /, ddof: int = 1) -> Aggregate:
    """The standard deviation of a numeric column, float64, with the divisor n - ddof; null when
    there are no more values than ddof.
    """
    return _of_column("std", column, _parameter("std", ddof))


def any(column: str, /) -> Aggregate:
    """Whether a value of a Bool or numeric column is true; False when there is none."""
    return _of_column("any", column)


def all(column: str, /) -> Aggregate:
    """Whether all values of a Bool or numeric column are true; True when there is none."""
    return _of_column("all", column)


def first(column: str, /) -> Aggregate:
    """The first value of a column that is not null, in its type; null when there is none."""
    return _of_column("first", column)


def last(column: str, /) -> Aggregate:
    """The last value of a column that is not null, in its type; null when there is none."""
    return _of_column("last", column)


def count_distinct(column: str, /) -> Aggregate:
    """How many different values a column has; int64. Exact up to 4,096 in a group (of texts, up to
    collisions of 64-bit hashes), beyond that an estimate whose standard error is 0.81 %.
    """
    return _of_column("count_distinct", column)


def quantile(column: str, q: float, /) -> Aggregate:
    """The quantile of a numeric column, float64, 0 <= q <= 1; null when there is no value. Up to
    1,024 values in a group exactly as numpy.quantile gives it, beyond that with a relative error
    of at most 0.5 %.
    """
    return _of_column("quantile", column, _parameter("quantile", q))


def _parameter(function: str, value: float) -> float:
    """The checked second argument of std or quantile."""
    name = _PARAMETERS[function]
    good = isinstance(value, (int, float)) and not isinstance(value, bool)
    if function == "std":
        good = good and isinstance(value, int) and 0 <= value < 2**31
        expected = "a whole number from 0 on"
    else:
        good = good and 0 <= value <= 1
        expected = "a number from 0 to 1"
    if not good:
        raise schema_error(f"{function}({name}=)", argument=name, expected=expected, got=shown(value))
    return value


def _of_column(function: str, column: str, parameter: float | None = None) -> Aggregate:
    if not isinstance(column, str) or not column:
        raise schema_error(
            f"{function}(column)",
            argument="column",
            expected="the name of a column",
            got=shown(column),
        )
    return Aggregate(function, column, parameter)


def parse_aggregate(text: str, where: str) -> Aggregate:
    """The aggregate that `text` spells, such as "sum(bytes)" or "quantile(ms, 0.99)". Raises
    SchemaError that begins with `where`.
    """
    match = _CALL.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise schema_error(
            where,
            argument="aggregate",
            expected='a call such as "count()" or "sum(bytes)"',
            got=shown(text),
        )
    function, column, parameter = match[1], match[2], match[3]
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
    if function == "std" and parameter is None:
        parameter = "1"
    if (function in _PARAMETERS) != (parameter is not None):
        expected = (
            f"{function}(column, {_PARAMETERS[function]})"
            if function in _PARAMETERS
            else f"{function}(column)"
        )
        raise schema_error(where, argument="aggregate", expected=expected, got=shown(text))
    if parameter is None:
        return Aggregate(function, column or None)
    try:
        value = int(parameter) if re.fullmatch(r"\d+", parameter) else float(parameter)
        return Aggregate(function, column, _parameter(function, value))
    except ValueError as problem:
        expected = getattr(problem, "expected", None) or "a number"
        raise schema_error(where, argument="aggregate", expected=expected, got=shown(text)) from None


def check_column(aggregate: Aggregate, field: Field, where: str) -> None:
    """Refuses a column whose type the function cannot take."""
    allowed: tuple[type[Field], ...] = (Bool, Integer, Float)
    expected = "a numeric column"
    if aggregate.function in ("min", "max"):
        allowed = (Bool, Integer, Float, Timestamp)
        expected = "a numeric or Timestamp column"
    if aggregate.function in ("first", "last", "count_distinct"):
        allowed = (Field,)
    if not isinstance(field, allowed):
        raise schema_error(
            where,
            argument=str(aggregate.column),
            expected=f"{expected} in {aggregate.function}()",
            got=f"{aggregate.column}, a {type(field).__name__}",
        )
