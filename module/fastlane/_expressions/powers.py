"""Powers with an exponent that stands in the expression, where a few products do."""

from __future__ import annotations

from .builder import Builder, Value
from .promotion import is_float

__all__ = ["of_number"]

_MOST_FACTORS = 64  # of integers, whose products are exact


def of_number(builder: Builder, base: Value, exponent: int | float) -> Value | None:
    """`base ** exponent` without the power operation; None where only that is accurate."""
    dtype = base.dtype
    if exponent == 0:
        return builder.constant(dtype, 1)
    if not is_float(dtype):
        return _product(builder, base, int(exponent)) if exponent <= _MOST_FACTORS else None
    if exponent in (1, 2, 3, 4):
        return _product(builder, base, int(exponent))
    if exponent == -1:
        return builder.append("divide", dtype, builder.constant(dtype, 1), base)
    if exponent == 0.5:
        return builder.append("sqrt", dtype, base)
    return None


def _product(builder: Builder, base: Value, exponent: int) -> Value:
    """By squaring, from the highest bit of the exponent down."""
    result = base
    for bit in bin(exponent)[3:]:
        result = builder.append("multiply", base.dtype, result, result)
        if bit == "1":
            result = builder.append("multiply", base.dtype, result, base)
    return result
