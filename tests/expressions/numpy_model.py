"""What NumPy makes of an expression: the source, given to Python with NumPy's functions."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from typing import Any

import numpy as np

CASES = int(os.environ.get("FASTLANE_CASES", "200"))  # 10_000 in the long run

FLOAT_FUNCTIONS = (
    "sqrt exp log log2 log10 log1p expm1 sin cos tan tanh asin acos atan".split()
)  # fmt: skip
NUMPYS_NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2"}


class Elementwise(ast.NodeTransformer):
    """`and`, `or` and `not` as NumPy spells them for arrays."""

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        name = "logical_and" if isinstance(node.op, ast.And) else "logical_or"
        result = node.values[0]
        for value in node.values[1:]:
            result = ast.Call(ast.Name(name, ast.Load()), [result, value], [])
        return result

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.op, ast.Not):
            return node
        return ast.Call(ast.Name("logical_not", ast.Load()), [node.operand], [])


def without_float16(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with float32 where NumPy would compute in float16."""

    def widened(*operands: Any) -> Any:
        types = [np.asarray(operand).dtype for operand in operands]
        if function(*(np.ones(1, dtype) for dtype in types)).dtype == np.float16:
            operands = tuple(np.asarray(operand).astype("f4") for operand in operands)
        return function(*operands)

    return widened


NAMES = {
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_not": np.logical_not,
    "where": np.where,
    "min": np.minimum,
    "max": np.maximum,
    "abs": np.absolute,
    **{
        name: without_float16(getattr(np, NUMPYS_NAMES.get(name, name)))
        for name in (*FLOAT_FUNCTIONS, "atan2", "hypot", "round")
    },
    **{name: getattr(np, name) for name in ("floor", "ceil", "trunc", "isnan", "isfinite")},
}


def evaluate(source: str, **arrays: Any) -> np.ndarray:
    """NumPy's answer, or NumPy's exception."""
    tree = ast.fix_missing_locations(Elementwise().visit(ast.parse(source, mode="eval")))
    with np.errstate(all="ignore"):
        return np.asarray(eval(compile(tree, "expression", "eval"), {**NAMES, **arrays}))


def ulps_apart(result: np.ndarray, expected: np.ndarray) -> float:
    """The largest distance in units in the last place of `expected`; NaN and infinity must match."""
    assert result.dtype == expected.dtype and result.shape == expected.shape
    same = (result == expected) | (np.isnan(result) & np.isnan(expected))
    if same.all():
        return 0.0
    left, right = result[~same].astype("f8"), expected[~same].astype("f8")
    with np.errstate(all="ignore"):
        spacing = np.spacing(np.abs(expected[~same])).astype("f8")
        apart = np.abs(left - right) / spacing
    return float(np.max(np.where(np.isfinite(apart), apart, np.inf)))
