"""Reads the source of an expression with Python's own parser and refuses all that is no expression.

Nothing is evaluated, and no type is known here. Trees are walked with a stack of their own, so that
a long expression cannot exhaust Python's.
"""

from __future__ import annotations

import ast
import difflib
from dataclasses import dataclass
from typing import Any

from .language import Language
from .tree import Node, Tree, expression_error

__all__ = ["parse"]

_LONGEST = 65_536  # characters
_SHALLOW = 1_000  # characters that cannot nest deeper than Python's parser goes

_BINARY = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
    ast.Pow: "**", ast.BitAnd: "&", ast.BitOr: "|",
}  # fmt: skip
_UNARY = {ast.USub: "negative", ast.Invert: "~", ast.Not: "not"}
_BOOLEAN = {ast.And: "and", ast.Or: "or"}
_COMPARISON = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip
_MEMBERSHIP = {ast.In: "in", ast.NotIn: "not in"}

_REFUSED_OPERATORS = {
    ast.BitXor: ("^", "** for powers, != for booleans"),
    ast.LShift: ("<<", "* by a power of two"),
    ast.RShift: (">>", "// by a power of two"),
    ast.MatMult: ("@", None),
    ast.UAdd: ("unary +", "the operand alone"),
    ast.Is: ("is", "=="),
    ast.IsNot: ("is not", "!="),
    ast.In: ("in", "== and |"),
    ast.NotIn: ("not in", "!= and &"),
}
_REFUSED_NODES = {
    ast.Attribute: ("attribute access", None),
    ast.Subscript: ("indexing", None),
    ast.IfExp: ("a conditional", "where(condition, a, b)"),
    ast.Lambda: ("a lambda", None),
    ast.NamedExpr: ("an assignment", None),
    ast.Tuple: ("a tuple", None),
    ast.List: ("a list", None),
    ast.Set: ("a set", None),
    ast.Dict: ("a dict", None),
    ast.JoinedStr: ("a string", None),
    ast.Starred: ("unpacking", None),
}


@dataclass(frozen=True, slots=True)
class _Reading:
    """A syntax node, understood: what it does to which others."""

    operation: str
    children: tuple[ast.expr, ...]
    value: Any
    at: int


def parse(source: str, language: Language) -> Tree:
    """The tree of `source`. Raises ExpressionError, which points at what is wrong."""
    text = source.replace("\r\n", "\n").replace("\r", "\n")
    return _Parser(text, language).tree()


class _Parser:
    def __init__(self, text: str, language: Language) -> None:
        self._text = text
        self._language = language
        self._start = len(text) - len(text.lstrip())  # Python takes leading blanks for a block
        self._nodes: list[Node] = []
        self._places: dict[tuple[Any, ...], int] = {}

    def tree(self) -> Tree:
        results: list[int] = []
        pending: list[ast.expr | _Reading] = [self._syntax()]
        self._lines = self._line_starts()
        while pending:
            item = pending.pop()
            if isinstance(item, _Reading):
                first = len(results) - len(item.children)
                operands = tuple(results[first:])
                del results[first:]
                results.append(self._added(item, operands))
            else:
                reading = self._read(item)
                pending.append(reading)
                pending.extend(reversed(reading.children))
        return Tree(self._text, tuple(self._nodes))

    # ---- Python's parser ------------------------------------------------------------------------

    def _syntax(self) -> ast.expr:
        text = self._text[self._start :]
        if not text:
            raise self._error(0, "the expression is empty")
        if len(text) > _LONGEST:
            raise self._error(0, f"the expression is longer than {_LONGEST:,} characters")
        if "\0" in text:
            raise self._error(self._text.find("\0"), "a NUL is not part of an expression")
        try:
            return ast.parse(text, mode="eval").body
        except SyntaxError as error:
            failure = self._syntax_error(error)
        except UnicodeEncodeError as error:
            failure = self._error(self._start + error.start, "a lone surrogate is no character")
        except (MemoryError, RecursionError):
            if len(text) < _SHALLOW:
                raise
            failure = self._error(0, "the expression is nested too deeply")
        raise failure from None

    def _syntax_error(self, error: SyntaxError) -> Exception:
        if not error.lineno or not error.offset:  # at the end, Python knows no place
            return self._error(len(self._text), "the expression is not complete")
        lines = self._line_starts()
        at = lines[min(error.lineno, len(lines)) - 1] + error.offset - 1
        return self._error(min(at, len(self._text)), error.msg)

    def _line_starts(self) -> list[int]:
        """Where the lines that Python's parser saw start in the text."""
        starts = [self._start]
        while (newline := self._text.find("\n", starts[-1])) >= 0:
            starts.append(newline + 1)
        return starts

    def _place(self, line: int, byte: int) -> int:
        """The character at a place that is given as a line and UTF-8 bytes."""
        start = self._lines[line - 1]
        return start + len(self._text[start : start + byte].encode()[:byte].decode(errors="ignore"))

    def _start_of(self, node: ast.expr) -> int:
        return self._place(node.lineno, node.col_offset)

    def _between(self, left: ast.expr, right: ast.expr) -> int:
        """Where the operator between two operands stands."""
        at = self._place(left.end_lineno or 1, left.end_col_offset or 0)
        end = self._start_of(right)
        while at < end:
            if self._text[at] == "#":
                at = self._text.index("\n", at)
            elif self._text[at] not in " \t\n\f\\)":
                break
            at += 1
        return at

    def _error(self, at: int, reason: str, hint: str | None = None) -> Exception:
        return expression_error(self._text, at, reason, hint)

    # ---- Syntax nodes ---------------------------------------------------------------------------

    def _read(self, node: ast.expr) -> _Reading:
        at = self._start_of(node)
        match node:
            case ast.Constant(value=value):
                return self._constant(value, at)
            case ast.Name(id=name):
                return self._name(name, at)
            case ast.UnaryOp(op=operator, operand=operand):
                return self._operation(_UNARY, operator, (operand,), at)
            case ast.BinOp(left=left, op=operator, right=right):
                return self._operation(_BINARY, operator, (left, right), self._between(left, right))
            case ast.BoolOp(op=operator, values=values):
                at = self._between(values[0], values[1])
                return self._operation(_BOOLEAN, operator, tuple(values), at)
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                at = self._between(left, right)
                if type(operator) in _MEMBERSHIP and self._language.takes_text:
                    values = self._members(right)
                    return _Reading(_MEMBERSHIP[type(operator)], (left,), values, at)
                return self._operation(_COMPARISON, operator, (left, right), at)
            case ast.Compare(left=left, comparators=[middle, right, *_]):
                raise self._error(
                    self._between(middle, right),
                    "comparisons cannot be chained",
                    "(a < b) & (b < c)",
                )
            case ast.Call():
                return self._call(node, at)
        raise self._refusal(node)

    def _refusal(self, node: ast.expr) -> Exception:
        what, hint = _REFUSED_NODES.get(type(node), ("what stands here", None))
        at = self._start_of(node)
        if isinstance(node, ast.Attribute):
            at = self._place(node.end_lineno or 1, node.end_col_offset or 0) - len(node.attr)
        return self._error(at, f"{what} is not part of the language", hint)

    def _operation(
        self, known: dict[type, str], operator: ast.AST, children: tuple[ast.expr, ...], at: int
    ) -> _Reading:
        name = known.get(type(operator))
        if name is None:
            written, hint = _REFUSED_OPERATORS[type(operator)]
            raise self._error(at, f"{written} is not part of the language", hint)
        return _Reading(name, children, None, at)

    def _constant(self, value: object, at: int) -> _Reading:
        if isinstance(value, bool):
            return _Reading("boolean", (), value, at)
        if isinstance(value, int | float):
            return _Reading("number", (), value, at)
        if isinstance(value, str) and self._language.takes_text:
            return _Reading("text", (), value, at)
        words = {str: "a string", bytes: "a string", complex: "a complex number"}
        what = words.get(type(value), repr(value))
        raise self._error(at, f"{what} is not part of the language")

    def _name(self, name: str, at: int) -> _Reading:
        if name in self._language.functions:
            raise self._error(at, f"{name} is a function; no variable can have its name")
        if name in self._language.reserved:
            raise self._error(at, f"{name} is an argument of the call; no variable can be called so")
        return _Reading("name", (), name, at)

    def _members(self, node: ast.expr) -> tuple[Any, ...]:
        values = [
            element.value
            for element in (node.elts if isinstance(node, ast.Tuple | ast.List | ast.Set) else [])
            if isinstance(element, ast.Constant) and isinstance(element.value, str | int | float)
        ]
        if not values or len(values) != len(node.elts):  # type: ignore[attr-defined]
            raise self._error(
                self._start_of(node), "`in` takes constants in parentheses", 'x in ("a", "b")'
            )
        return tuple(values)

    def _call(self, node: ast.Call, at: int) -> _Reading:
        if not isinstance(node.func, ast.Name):
            raise self._refusal(node.func)
        name = node.func.id
        if name not in self._language.functions:
            close = difflib.get_close_matches(name, self._language.functions, n=1)
            raise self._error(
                at, f"there is no function {name}", f"{close[0]}(...)" if close else None
            )
        if node.keywords:
            raise self._error(at, f"{name} takes no keywords")
        wanted = self._language.functions[name]
        if len(node.args) != wanted:
            operands = "one operand" if wanted == 1 else f"{wanted} operands"
            raise self._error(at, f"{name} takes {operands}, not {len(node.args)}")
        return _Reading(name, tuple(node.args), None, at)

    # ---- Nodes of the tree ----------------------------------------------------------------------

    def _added(self, reading: _Reading, operands: tuple[int, ...]) -> int:
        if reading.operation == "not in":
            inside = self._node("in", operands, reading.value, reading.at)
            return self._node("not", (inside,), None, reading.at)
        if reading.operation in ("and", "or"):
            result = operands[0]
            for operand in operands[1:]:
                result = self._node(reading.operation, (result, operand), None, reading.at)
            return result
        return self._node(reading.operation, operands, reading.value, reading.at)

    def _node(self, operation: str, operands: tuple[int, ...], value: Any, at: int) -> int:
        """The place of this node, which may have been made before."""
        key = (operation, operands, repr(value))
        place = self._places.setdefault(key, len(self._nodes))
        if place == len(self._nodes):
            self._nodes.append(Node(operation, operands, value, at))
        return place
