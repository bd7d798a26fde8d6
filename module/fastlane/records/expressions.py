"""Types the expressions of `derive` and `where` by the columns of a plan, and makes of them the nodes
that the engine computes. The language is that of the arrays, with texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastlane._expressions.language import FLOAT_FUNCTIONS, FUNCTIONS, Language
from fastlane._expressions.parser import parse
from fastlane._expressions.tree import Node, Tree

from ._errors import nearest
from .fields import Bool, Field, Float, Float64, Int64, String, Text

__all__ = ["RECORD_LANGUAGE", "Expressions"]

RECORD_LANGUAGE = Language(
    {**FUNCTIONS, "startswith": 2, "endswith": 2, "contains": 2, "len": 1, "isnull": 1},
    frozenset(),
    takes_text=True,
)
_FIELDS: dict[str, type[Field]] = {
    "integer": Int64,
    "real": Float64,
    "boolean": Bool,
    "text": String,
}
_WORDS = {"integer": "an integer", "real": "a float", "boolean": "a boolean", "text": "a text"}
_ARITHMETIC = {
    "+": "add", "-": "subtract", "*": "multiply", "//": "floor_divide", "%": "remainder",
    "**": "power", "min": "minimum", "max": "maximum",
}  # fmt: skip
_COMPARISONS = {
    "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal",
    "!=": "not_equal",
}  # fmt: skip
_TEXT_TESTS = {"startswith": "starts_with", "endswith": "ends_with", "contains": "contains"}
_NUMBER_TESTS = {"isnan": "is_nan", "isfinite": "is_finite"}
_NUMBERS = ("integer", "real")


class _Typed(NamedTuple):
    place: int
    type: str
    nullable: bool


class Expressions:
    """The nodes of a plan's expressions. `columns` grows by what `derive` adds."""

    def __init__(self, schema: Mapping[str, Field]) -> None:
        self.nodes: list[dict[str, Any]] = []
        self.columns: dict[str, Field] = dict(schema)
        self.derived: dict[str, _Typed] = {}
        self.where: int | None = None
        self._order = list(schema)
        self._read: dict[str, _Typed] = {}

    def derive(self, name: str, source: str) -> None:
        """Adds a column. Raises ExpressionError."""
        typed = self._typed(source)
        self.derived[name] = typed
        self.columns[name] = _FIELDS[typed.type](nullable=typed.nullable)

    def keep(self, source: str) -> None:
        """Sets the condition. Raises ExpressionError, also when it is no boolean."""
        tree = parse(source, RECORD_LANGUAGE)
        typed = self._of_tree(tree)
        if typed.type != "boolean":
            raise tree.error(tree.nodes[-1], f"a condition is a boolean, not {_WORDS[typed.type]}")
        self.where = typed.place

    def program(self) -> dict[str, Any]:
        """What the engine takes besides the fields."""
        return {
            "nodes": self.nodes,
            "derived": [
                {
                    "name": name,
                    "type": self.columns[name].type_name,
                    "nullable": typed.nullable,
                    "node": typed.place,
                }
                for name, typed in self.derived.items()
            ],
            "where": self.where,
        }

    def _typed(self, source: str) -> _Typed:
        return self._of_tree(parse(source, RECORD_LANGUAGE))

    def _of_tree(self, tree: Tree) -> _Typed:
        typed: list[_Typed] = []
        for node in tree.nodes:
            typed.append(self._step(tree, node, [typed[each] for each in node.operands]))
        return typed[-1]

    def _add(self, operation: str, type: str, operands: list[_Typed], **more: Any) -> _Typed:
        node = {
            "operation": operation,
            "type": type,
            "operands": [each.place for each in operands],
            **more,
        }
        self.nodes.append(node)
        nullable = any(each.nullable for each in operands)
        return _Typed(len(self.nodes) - 1, type, nullable)

    def _step(self, tree: Tree, node: Node, operands: list[_Typed]) -> _Typed:
        operation = node.operation
        types = [each.type for each in operands]
        if operation == "name":
            return self._column(tree, node)
        if operation in ("number", "boolean", "text"):
            return self._constant(tree, node)
        if operation in _ARITHMETIC or operation == "/":
            self._want(tree, node, types, _NUMBERS, "numbers")
            real = operation == "/" or "real" in types
            name = _ARITHMETIC.get(operation, "divide")
            return self._add(name, "real" if real else "integer", operands)
        if operation in _COMPARISONS:
            groups = {"integer": 0, "real": 0, "boolean": 1, "text": 2}
            if groups[types[0]] != groups[types[1]]:
                reason = f"{_WORDS[types[0]]} and {_WORDS[types[1]]} cannot be compared"
                raise tree.error(node, reason)
            return self._add(_COMPARISONS[operation], "boolean", operands)
        if operation in ("and", "or", "not"):
            self._want(tree, node, types, ("boolean",), "booleans")
            name = {"and": "bit_and", "or": "bit_or", "not": "invert"}[operation]
            return self._add(name, "boolean", operands)
        if operation in ("&", "|", "~"):
            if set(types) not in ({"boolean"}, {"integer"}):
                raise tree.error(node, f"{operation} takes booleans or integers")
            name = {"&": "bit_and", "|": "bit_or", "~": "invert"}[operation]
            return self._add(name, types[0], operands)
        if operation == "in":
            return self._membership(tree, node, operands)
        return self._call(tree, node, operands, types)

    def _call(self, tree: Tree, node: Node, operands: list[_Typed], types: list[str]) -> _Typed:
        operation = node.operation
        if operation == "where":
            return self._choice(tree, node, operands, types)
        if operation == "isnull":
            return self._add("is_null", "boolean", operands)._replace(nullable=False)
        if operation in _TEXT_TESTS:
            self._want(tree, node, types, ("text",), "texts")
            return self._add(_TEXT_TESTS[operation], "boolean", operands)
        if operation == "len":
            self._want(tree, node, types, ("text",), "a text")
            return self._add("length", "integer", operands)
        self._want(tree, node, types, _NUMBERS, "numbers")
        if operation in _NUMBER_TESTS:
            return self._add(_NUMBER_TESTS[operation], "boolean", operands)
        if operation in ("negative", "abs"):
            name = "negative" if operation == "negative" else "absolute"
            return self._add(name, types[0], operands)
        if operation in ("floor", "ceil", "round", "trunc"):
            return self._add(operation if types[0] == "real" else "same", types[0], operands)
        assert operation in FLOAT_FUNCTIONS or operation in ("atan2", "hypot"), operation
        return self._add(operation, "real", operands)

    def _want(
        self, tree: Tree, node: Node, types: list[str], allowed: tuple[str, ...], words: str
    ) -> None:
        for each in types:
            if each not in allowed:
                name = "-" if node.operation == "negative" else node.operation
                raise tree.error(node, f"{name} takes {words}, not {_WORDS[each]}")

    def _column(self, tree: Tree, node: Node) -> _Typed:
        name = node.value
        if name in self.derived:
            return self.derived[name]
        if name in self._read:
            return self._read[name]
        if name not in self.columns:
            reason = f"there is no column {name}; {nearest(name, self.columns)}"
            raise tree.error(node, reason)
        field = self.columns[name]
        kind = "integer"  # whole numbers, and times as microseconds
        if isinstance(field, Bool):
            kind = "boolean"
        elif isinstance(field, Float):
            kind = "real"
        elif isinstance(field, Text):
            kind = "text"
        made = self._add("field", kind, [], field=self._order.index(name))
        self._read[name] = made._replace(nullable=field.takes_null and field.default is None)
        return self._read[name]

    def _constant(self, tree: Tree, node: Node) -> _Typed:
        value = node.value
        if isinstance(value, str):
            return self._add("constant", "text", [], text=value.encode())
        if isinstance(value, bool):
            return self._add("constant", "boolean", [], integer=int(value))
        if isinstance(value, float):
            return self._add("constant", "real", [], real=value)
        if not -(2**63) <= value < 2**63:
            raise tree.error(node, "int64 cannot hold this number")
        return self._add("constant", "integer", [], integer=value)

    def _membership(self, tree: Tree, node: Node, operands: list[_Typed]) -> _Typed:
        values = node.value
        is_text = operands[0].type == "text"
        if operands[0].type == "boolean" or any(isinstance(v, str) != is_text for v in values):
            raise tree.error(node, "`in` compares texts with texts and numbers with numbers")
        if is_text:
            return self._add("in", "boolean", operands, texts=[each.encode() for each in values])
        return self._add("in", "boolean", operands, numbers=[float(each) for each in values])

    def _choice(
        self, tree: Tree, node: Node, operands: list[_Typed], types: list[str]
    ) -> _Typed:
        if types[0] != "boolean":
            raise tree.error(node, f"where takes a boolean first, not {_WORDS[types[0]]}")
        left, right = types[1:]
        numbers = left in _NUMBERS and right in _NUMBERS
        if left != right and not numbers:
            reason = f"where cannot choose between {_WORDS[left]} and {_WORDS[right]}"
            raise tree.error(node, reason)
        return self._add("choose", "real" if left != right else left, operands)
