"""What is no expression of the language: refused with the reason, the column and a caret."""

import gc
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastlane
from fastlane import ExpressionError

X = np.arange(4.0)
X.flags.writeable = False

# Source, the column that is pointed at, and a part of the reason.
REFUSED = (
    ("", 1, "empty"),
    ("   ", 1, "empty"),
    ("x +", 4, "not complete"),
    ("(x", 1, "never closed"),
    ("x)", 2, "unmatched"),
    ("x x", 3, "invalid syntax"),
    ("x + * 2", 5, "invalid syntax"),
    ("x = 3", 3, "invalid syntax"),
    ("import os", 1, "invalid syntax"),
    ("x; x", 2, "invalid syntax"),
    ("x.real", 3, "attribute access"),
    ("x.__class__", 3, "attribute access"),
    ("(x).T", 5, "attribute access"),
    ("x.sum()", 3, "attribute access"),
    ("__import__('os')", 1, "no function __import__"),
    ("exec('1')", 1, "no function exec"),
    ("open('f')", 1, "no function open"),
    ("1 + sine(x)", 5, "no function sine; write sin(...)"),
    ("sin(x)(x)", 1, "not part of the language"),
    ("(lambda: x)()", 2, "a lambda"),
    ("[x for x in x]", 1, "not part of the language"),
    ("x[0]", 1, "indexing"),
    ("x if x else 1", 1, "a conditional is not part of the language; write where"),
    ("(x, x)", 1, "a tuple"),
    ("{x}", 1, "a set"),
    ("f'{x}'", 1, "a string"),
    ("x == 'a'", 6, "a string"),
    ("b'a' + x", 1, "a string"),
    ("x + 1j", 5, "a complex number"),
    ("x + None", 5, "None"),
    ("x + ...", 5, "Ellipsis"),
    ("(x := 3)", 2, "an assignment"),
    ("x ^ 2", 3, "^ is not part of the language; write ** for powers"),
    ("x << 2", 3, "<< is not"),
    ("x >> 2", 3, ">> is not"),
    ("x @ x", 3, "@ is not"),
    ("+x", 1, "unary +"),
    ("x is x", 3, "is is not part of the language; write =="),
    ("x in (1, 2)", 3, "in is not"),
    ("0 < x < 3", 7, "comparisons cannot be chained; write (a < b) & (b < c)"),
    ("sin + 1", 1, "sin is a function"),
    ("x + out", 5, "out is an argument of the call"),
    ("arena * 2", 1, "arena is an argument"),
    ("threads", 1, "threads is an argument"),
    ("sin(x, x)", 1, "sin takes one operand, not 2"),
    ("min(x)", 1, "min takes 2 operands, not 1"),
    ("where(x, x)", 1, "where takes 3 operands, not 2"),
    ("sin()", 1, "sin takes one operand, not 0"),
    ("sin(x=x)", 1, "sin takes no keywords"),
    ("sin(*x)", 5, "unpacking"),
    ("x + y", 5, "no array is given for y; write y=..."),
    ("x & 1", 3, "& takes integers or booleans, not float64"),
    ("~x", 1, "~ takes integers or booleans, not float64"),
    ("x and x > 1", 3, "and takes booleans, not float64; write a != 0"),
    ("not x", 1, "not takes booleans"),
    ("x > 1 or 1", 7, "or takes booleans, not int64"),
    ("where(x, 1, 2)", 1, "where takes booleans"),
    ("-(x > 1)", 1, "- takes numbers, not booleans; write ~a"),
    ("(x > 1) - (x > 2)", 9, "- takes numbers, not booleans; write a != b"),
    ("x * (1 // 0)", 8, "division by zero"),
    ("x + 2.0 ** 5000", 9, "too large"),
    ("9 ** 9 ** 9 ** 9 + x", 8, "too large"),
    ("x + (-1) ** 0.5", 10, "complex"),
    ("x + (1.5 & 1)", 10, "integers or booleans"),
    ("x + 10 ** 400", 3, "too large for a float"),
    ("x + where(x > 0, 2 ** 64, 1)", 5, "too large for every type"),
    ("\u03b1 + x.T", 7, "attribute access"),
    ("x\0", 2, "a NUL"),
    ("x + '\ud800'", 6, "surrogate"),
)


@pytest.mark.parametrize(("source", "column", "reason"), REFUSED)
def test_refused_with_reason_column_and_caret(source: str, column: int, reason: str):
    arrays = {"\u03b1": X} if "\u03b1" in source else {}
    with pytest.raises(ExpressionError) as caught:
        fastlane.evaluate(source, x=X, **arrays)
    error = caught.value
    first, line, caret = str(error).split("\n")
    assert reason in first
    assert error.column == column and f"(column {column})" in first
    assert error.source == source and error.argument == "expression"
    assert isinstance(error, ValueError)
    assert line.startswith("    ") and caret == " " * (4 + column - 1) + "^"
    if "\0" not in source and "\ud800" not in source:
        assert line[4:] == source
        str(error).encode()


def test_a_place_in_several_lines_is_a_line_and_a_column():
    with pytest.raises(ExpressionError) as caught:
        fastlane.compile("(x +\n  x.real +\r\n x)")
    assert str(caught.value) == (
        "attribute access is not part of the language (line 2, column 5)\n"
        "      x.real +\n"
        "        ^"
    )
    with pytest.raises(ExpressionError, match=r"line 3, column 2\)\n     \.x\)\n     \^"):
        fastlane.compile("(x +\n\n .x)")


def test_the_operator_is_found_behind_parentheses_and_comments():
    with pytest.raises(ExpressionError) as caught:
        fastlane.evaluate("((x))  # & here?\n & (1)".join("()"), x=X)
    assert "line 2, column 2" in str(caught.value)


def test_long_lines_are_shown_around_the_column():
    with pytest.raises(ExpressionError) as caught:
        fastlane.evaluate("x + " * 60 + "x.T" + " + x" * 60, x=X)
    _, line, caret = str(caught.value).split("\n")
    assert len(line) < 80 and line[caret.index("^")] == "T"


def test_blanks_and_lines_do_not_matter():
    expected = X * X + 1
    for source in ("x*x+1", "  x * x\t+ 1  ", "\n x*x + 1 # comment", "(x\n*x)\r\n + 1".join("()")):
        assert np.array_equal(fastlane.evaluate(source, x=X), expected)


@pytest.mark.parametrize(
    "source",
    [
        "-" * 50_000 + "x",
        "not " * 10_000 + "x",
        "~" * 60_000 + "x",
        "(" * 5_000 + "x" + ")" * 5_000,
        "x**" * 20_000 + "x",
        "sin(" * 150 + "x",
        "x" + "+x" * 32_000,
        "x + " * 20_000 + "x",
        "lambda:" * 5_000 + "x",
        "x if x else " * 5_000 + "x",
        "[" * 100_000,
        "x" * 70_000,
        "9" * 5_000,
        "x+" + "1" * 60_000,
        "*".join(f"x{i}" for i in range(5_000)),
        "f(" * 30_000,
    ],
    ids=lambda source: source[:8] + "...",
)
def test_huge_and_deep_sources_are_refused(source: str):
    with pytest.raises(ExpressionError):
        fastlane.compile(source)(x=X)


def test_many_operands_are_fine():
    names = [f"x{i}" for i in range(300)]
    arrays = {name: np.full(3, float(index)) for index, name in enumerate(names)}
    total = fastlane.evaluate(" + ".join(names), **arrays)
    assert np.array_equal(total, np.full(3, sum(range(300))))
    deep = "(" * 90 + "x" + " * 1.5 + 1)" * 90
    expected = 2.0
    for _ in range(90):
        expected = expected * 1.5 + 1
    assert fastlane.evaluate(deep, x=np.array(2.0)) == expected


def test_a_program_that_is_too_long_is_refused():
    source = "+".join(f"x*{i}.5" for i in range(2_900))
    with pytest.raises(ExpressionError, match="too long|nested too deeply"):
        fastlane.evaluate(source, x=X)


def test_a_source_of_few_threads_stack_is_refused_there_too():
    script = (
        "import threading, fastlane, numpy\n"
        "def deep():\n"
        "    for source in ('-' * 60000 + 'x', '(' * 190 + 'x' + ')' * 190, 'x**' * 20000 + 'x'):\n"
        "        try:\n"
        "            fastlane.evaluate(source, x=numpy.ones(3))\n"
        "        except fastlane.ExpressionError:\n"
        "            pass\n"
        "    print('survived')\n"
        "thread = threading.Thread(target=deep)\n"
        "thread.start(); thread.join()\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True
    )
    assert ended.stdout == "survived\n", ended.stderr


@given(st.text(max_size=40) | st.text("x1.()+-*/%&|<>=! sincwhere,~\n'\"[]{}:#\\", max_size=60))
def test_any_text_is_an_expression_or_an_expression_error(source: str):
    try:
        result = fastlane.evaluate(source, x=X)
    except ExpressionError as error:
        assert error.column is None or 1 <= error.column <= len(source) + 1
    else:
        assert isinstance(result, np.ndarray)


def test_nothing_is_evaluated(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    for name in ("eval", "exec"):
        monkeypatch.setattr("builtins." + name, lambda *_: pytest.fail("evaluated"))
    assert fastlane.evaluate("x + 12345", x=X)[0] == 12345
    with pytest.raises(ExpressionError):
        fastlane.evaluate("open('made', 'w')", x=X)
    assert list(tmp_path.iterdir()) == []


def test_arrays_that_the_expression_does_not_use_are_refused():
    with pytest.raises(ExpressionError, match="'y' must be a variable of the expression") as caught:
        fastlane.evaluate("x + 1", x=X, y=X)
    assert caught.value.argument == "y"


def test_names_are_normalized_as_python_does():
    assert fastlane.compile("\ufb01 + 1").variables == ("fi",)
    assert np.array_equal(fastlane.evaluate("\u03b1 * \u03b2", **{"\u03b1": X, "\u03b2": X}), X * X)


def test_errors_pickle():
    with pytest.raises(ExpressionError) as caught:
        fastlane.compile("x.y")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value) and again.column == 3 and again.source == "x.y"
    assert ExpressionError("plain").column is None


def test_expression_objects():
    expression = fastlane.compile("2*a + sin(b) * a")
    assert expression.source == "2*a + sin(b) * a"
    assert expression.variables == ("a", "b")
    assert repr(expression) == "fastlane.compile('2*a + sin(b) * a')"
    assert expression == fastlane.Expression("2*a + sin(b) * a") != fastlane.compile("a")
    assert len({expression, fastlane.Expression("2*a + sin(b) * a")}) == 1
    assert expression != "2*a + sin(b) * a"
    with pytest.raises(TypeError):
        expression < expression  # noqa: B015
    with pytest.raises(AttributeError):
        expression.source = "b"
    assert np.array_equal(expression(a=X, b=X), fastlane.evaluate("2*a + sin(b) * a", a=X, b=X))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        text = pickle.dumps(expression, protocol)
        assert len(text) < 80 and pickle.loads(text) == expression


def test_subclasses_of_str_are_their_text():
    class Liar(str):
        def __hash__(self):
            return 1

        def __eq__(self, other):
            return True

    fastlane.evaluate(Liar("x"), x=X)
    assert fastlane.evaluate(Liar("x + 5"), x=X)[0] == 5.0
    assert type(fastlane.compile(Liar("x + 7")).source) is str


def test_many_expressions_and_types_do_not_pile_up():
    for index in range(1_000):
        fastlane.compile(f"x + {index}")
    expression = fastlane.compile("a + b")
    for _ in range(3):
        for left in "?bhiqBHIQfd":
            for right in "?bhiqBHIQfd":
                a, b = np.ones(2, left), np.ones(2, right)
                assert np.array_equal(expression(a=a, b=b), a + b)
    gc.collect()


def test_shapes_that_do_not_fit_and_numbers():
    with pytest.raises(fastlane.ArgumentValueError) as caught:
        fastlane.evaluate("a + b + c", a=np.ones((2, 3)), b=np.ones(3), c=np.ones(2))
    assert caught.value.argument == "c"
    assert fastlane.evaluate("1 + 2 * 3").shape == ()
    assert fastlane.evaluate("x", x=np.ones((2,) + (1,) * 63)).ndim == 64
    assert fastlane.evaluate("a + b", a=np.ones((0, 1)), b=np.ones(5)).shape == (0, 5)
    with pytest.raises(MemoryError):
        long = [np.broadcast_to(1.0, shape) for shape in ((1 << 40, 1), (1, 1 << 40))]
        fastlane.evaluate("a + b", a=long[0], b=long[1])


@pytest.mark.parametrize(
    "x",
    [
        np.ones(3, "f2"), np.ones(3, ">f8"), np.ones(3, "c16"), np.ones(3, "O"), np.ones(3, "M8[s]"),
        np.array(["a"]), np.zeros(3, [("a", "f8")]), 2.5, 3, True, None, "text", [1.0, 2.0],
    ],
    ids=lambda x: str(getattr(x, "dtype", type(x).__name__)),
)  # fmt: skip
def test_arrays_of_other_types_are_refused(x: object):
    with pytest.raises(fastlane.ArgumentTypeError) as caught:
        fastlane.evaluate("x + 1", x=x)
    assert caught.value.argument == "x"


def test_integers_to_negative_powers():
    with pytest.raises(ExpressionError, match="negative"):
        fastlane.evaluate("a ** b", a=np.array([2, 3]), b=np.array([1, -1]))
    with pytest.raises(ExpressionError, match="column 3"):
        fastlane.evaluate("a ** -1", a=np.array([2, 3]))
