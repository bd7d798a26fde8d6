"""The parser by itself, with the language of another family: text, membership, its own functions."""

import pytest

from fastlane import ExpressionError
from fastlane._expressions.language import FUNCTIONS, Language
from fastlane._expressions.parser import parse
from fastlane._expressions.tree import Tree

TEXTS = Language(
    {**FUNCTIONS, "startswith": 2, "len": 1, "isnull": 1}, frozenset(), takes_text=True
)


def written(tree: Tree) -> str:
    """The tree in prefix form."""
    texts: list[str] = []
    for node in tree.nodes:
        operands = [texts[place] for place in node.operands]
        value = [] if node.value is None else [repr(node.value)]
        texts.append(f"{node.operation}({', '.join(operands + value)})" if operands else value[0])
    return texts[-1]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("status >= 500", ">=('status', 500)"),
        ("method == 'GET'", "==('method', 'GET')"),
        ("method in ('GET', \"HEAD\")", "in('method', ('GET', 'HEAD'))"),
        ("status not in [304, 404]", "not(in('status', (304, 404)))"),
        ("startswith(path, '/a') and len(path) < 9", "and(startswith('path', '/a'), <(len('path'), 9))"),
        ("a or b or not isnull(c)", "or(or('a', 'b'), not(isnull('c')))"),
        ("-a ** 2", "negative(**('a', 2))"),
        ("a - b - c", "-(-('a', 'b'), 'c')"),
    ],
)
def test_trees(source: str, expected: str):
    assert written(parse(source, TEXTS)) == expected


def test_equal_parts_are_one_node():
    tree = parse("(a + 1) * (a + 1) - (a + 1.0)", TEXTS)
    operations = [node.operation for node in tree.nodes]
    assert operations == ["name", "number", "+", "*", "number", "+", "-"]
    assert tree.variables == ("a",)
    assert parse("b + a * b + c", TEXTS).variables == ("b", "a", "c")


def test_operands_stand_before_what_reads_them():
    tree = parse("where(a > 0, sin(a) + b, min(a, b)) * 2", TEXTS)
    for place, node in enumerate(tree.nodes):
        assert all(operand < place for operand in node.operands)


@pytest.mark.parametrize(
    ("source", "column"),
    [("a in b", 6), ("a in ()", 6), ("a in (b, 1)", 6), ("a in 'text'", 6), ("len('a', 'b')", 1)],
)
def test_refused(source: str, column: int):
    with pytest.raises(ExpressionError) as caught:
        parse(source, TEXTS)
    assert caught.value.column == column


def test_places_are_those_of_the_operators():
    tree = parse("(ab) * (c + de)", TEXTS)
    assert {node.operation: node.at for node in tree.nodes if node.operands} == {"+": 10, "*": 5}
