"""Arithmetic on the numbers of an expression, before any array is there: Python's own, bounded."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

__all__ = ["CannotCompute", "computed"]

_MOST_BITS = 4096

_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "&": operator.and_,
    "|": operator.or_,
    "~": operator.invert,
    "negative": operator.neg,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class CannotCompute(Exception):
    """These numbers have no result, or one that is too large; the text says why."""


def computed(operation: str, *numbers: int | float) -> int | float:
    """What Python gives. Raises CannotCompute."""
    _check_size(operation, numbers)
    try:
        result = _OPERATORS[operation](*numbers)
    except ZeroDivisionError:
        raise CannotCompute("division by zero") from None
    except OverflowError:
        raise CannotCompute("the result is too large for a float") from None
    except TypeError:
        raise CannotCompute(f"{operation} takes integers or booleans, not a float") from None
    if isinstance(result, complex):
        raise CannotCompute("the result is a complex number")
    return result


def _check_size(operation: str, numbers: tuple[int | float, ...]) -> None:
    if not all(isinstance(number, int) for number in numbers):
        return
    bits = [int(number).bit_length() for number in numbers]
    grows = bits[0] * abs(int(numbers[1])) if operation == "**" and bits[0] > 1 else sum(bits)
    if grows > _MOST_BITS:
        raise CannotCompute("the result is too large")
