"""The type of a result, as NumPy decides it since NEP 50, whatever NumPy is installed.

Types are named by strings. A number in an expression has no type of its own: it takes that of the
array that it meets, or Python's when it meets none.
"""

from __future__ import annotations

import struct

__all__ = [
    "FLOATS",
    "INTEGERS",
    "bits_of",
    "bounds",
    "float_of",
    "holds",
    "is_float",
    "is_signed",
    "promoted",
]

INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FLOATS = ("float32", "float64")

_CODES = dict(zip(("bool", *INTEGERS, *FLOATS), "?bhiqBHIQfd", strict=True))
_BITS = {name: 8 * struct.calcsize(f"={code}") for name, code in _CODES.items()}


def is_float(dtype: str) -> bool:
    return dtype in FLOATS


def is_signed(dtype: str) -> bool:
    return dtype.startswith("int")


def bounds(dtype: str) -> tuple[int, int]:
    """The least and the greatest number of an integer type."""
    bits = _BITS[dtype]
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if is_signed(dtype) else (0, (1 << bits) - 1)


def holds(dtype: str, value: int) -> bool:
    least, greatest = bounds(dtype)
    return least <= value <= greatest


def promoted(left: str, right: str) -> str:
    """The type in which two arrays meet."""
    if left == right or right == "bool":
        return left
    if left == "bool":
        return right
    if is_float(left) or is_float(right):
        # A float32 holds every 16-bit integer.
        narrow = all(dtype == "float32" or _BITS[dtype] <= 16 for dtype in (left, right))
        return "float32" if narrow else "float64"
    if is_signed(left) == is_signed(right):
        return max(left, right, key=_BITS.__getitem__)
    signed, unsigned = (left, right) if is_signed(left) else (right, left)
    bits = max(_BITS[signed], 2 * _BITS[unsigned])
    return f"int{bits}" if bits <= 64 else "float64"


def float_of(dtype: str) -> str:
    """The type in which a function such as sin computes; NumPy's float16 is float32 here."""
    return "float32" if dtype == "float32" or _BITS[dtype] <= 16 else "float64"


def bits_of(dtype: str, value: int | float) -> int:
    """The bytes of a constant as a number. Infinity for a float that float32 cannot hold."""
    code = _CODES[dtype]
    try:
        packed = struct.pack(f"<{code}", value)
    except OverflowError:
        packed = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return int.from_bytes(packed, "little")
