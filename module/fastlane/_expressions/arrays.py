"""Expressions over arrays: gives the values of a tree types and writes them as a program."""

from __future__ import annotations

from dataclasses import dataclass

from .array_rules import ArrayRules
from .builder import Program, TooLong
from .language import ARRAY_LANGUAGE
from .parser import parse
from .tree import Tree

__all__ = ["ArrayExpression", "parse_for_arrays"]


@dataclass(frozen=True, slots=True)
class ArrayExpression:
    """A parsed expression that knows how to become a program; the extension keeps the programs."""

    tree: Tree
    variables: tuple[str, ...]

    def program(self, *dtypes: str) -> Program:
        """The program for arrays of these types, one a variable. Raises ExpressionError."""
        rules = ArrayRules(self.tree, dict(zip(self.variables, dtypes, strict=True)))
        try:
            return rules.program()
        except TooLong:
            raise self.tree.error(self.tree.nodes[0], "the expression is too long") from None

    def raise_missing(self, name: str) -> None:
        """Complains that no array was given for a variable."""
        node = next(
            node for node in self.tree.nodes if node.operation == "name" and node.value == name
        )
        raise self.tree.error(node, f"no array is given for {name}", f"{name}=... in the call")


def parse_for_arrays(source: str) -> ArrayExpression:
    """Raises ExpressionError for what is no expression of the language."""
    tree = parse(source, ARRAY_LANGUAGE)
    return ArrayExpression(tree, tree.variables)
