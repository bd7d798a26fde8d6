"""What an expression is after parsing: a list of nodes, each after those that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastlane._core import ExpressionError

__all__ = ["Node", "Tree", "expression_error"]

_WIDEST = 72


@dataclass(frozen=True, slots=True)
class Node:
    """One step. `operation` is "number", "boolean", "text", "texts", "name", "negative", an
    operator as it is written, or the name of a function; `operands` are places in the tree."""

    operation: str
    operands: tuple[int, ...]
    value: Any  # of a number, boolean, text or texts; the name of a name
    at: int  # where in the source an error about this node points


@dataclass(frozen=True, slots=True)
class Tree:
    """The last node is the result. Equal parts of the source are one node."""

    source: str
    nodes: tuple[Node, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that the expression reads, in the order of their first appearance."""
        return tuple(node.value for node in self.nodes if node.operation == "name")

    def error(self, node: Node, reason: str, hint: str | None = None) -> ExpressionError:
        return expression_error(self.source, node.at, reason, hint)


def expression_error(
    source: str, at: int, reason: str, hint: str | None = None
) -> ExpressionError:
    """The error that points with a caret at the character `at` of the source."""
    start = source.rfind("\n", 0, at) + 1
    end = source.find("\n", at)
    line = source[start : len(source) if end < 0 else end]
    column = at - start
    place = f"column {column + 1}"
    if start > 0 or end >= 0:
        place = f"line {source.count(chr(10), 0, start) + 1}, {place}"
    advice = f"; write {hint}" if hint else ""
    error = ExpressionError(f"{reason}{advice} ({place})\n{_pointed(line, column)}")
    error.argument = "expression"
    error.hint = hint
    error.column = column + 1
    error.source = source
    return error


def _pointed(line: str, column: int) -> str:
    """The line, or the part of a long one around the column, and a caret below it."""
    first = max(0, min(column - _WIDEST // 2, len(line) - _WIDEST))
    part = line[first : first + _WIDEST]
    shown = "".join(sign if sign.isprintable() or sign == "\t" else "?" for sign in part)
    before = "".join("\t" if sign == "\t" else " " for sign in line[first:column])
    return f"    {shown}\n    {before}^"
