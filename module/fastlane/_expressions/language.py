"""Which names an expression may call, and which it may not use: what the families differ in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ARRAY_LANGUAGE", "FLOAT_FUNCTIONS", "FUNCTIONS", "Language"]

# Of one number, computed as a float: name in the language to the kernels' operation.
FLOAT_FUNCTIONS = {
    name: name
    for name in (
        "sqrt", "exp", "log", "log2", "log10", "log1p", "expm1",
        "sin", "cos", "tan", "tanh", "asin", "acos", "atan",
    )
}  # fmt: skip

# Name to number of operands.
FUNCTIONS: Mapping[str, int] = {
    **dict.fromkeys(FLOAT_FUNCTIONS, 1),
    **dict.fromkeys(("abs", "floor", "ceil", "round", "trunc", "isnan", "isfinite"), 1),
    **dict.fromkeys(("min", "max", "atan2", "hypot"), 2),
    "where": 3,
}


@dataclass(frozen=True)
class Language:
    """What the parser takes besides the operators."""

    functions: Mapping[str, int]
    reserved: frozenset[str]  # no variable can have these names
    takes_text: bool = False  # "text", and `in` with a tuple of texts or numbers


ARRAY_LANGUAGE = Language(FUNCTIONS, frozenset(("out", "arena", "threads")))
