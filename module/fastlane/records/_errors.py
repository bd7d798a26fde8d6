"""Makes the one error that this package raises for a wrong schema, plan or call.

The class is the extension's own; here it gets the facts that every FastlaneError carries.
"""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any, ParamSpec, TypeVar

from fastlane._core import ArgumentTypeError, ArgumentValueError, SchemaError

__all__ = [
    "SchemaError",
    "argument_type_error",
    "argument_value_error",
    "close_hint",
    "naming_keywords",
    "nearest",
    "schema_error",
    "shown",
]

P = ParamSpec("P")
R = TypeVar("R")

_SHOWN_LENGTH = 60


def shown(value: object) -> str:
    """`repr(value)`, cut to a length that fits a sentence."""
    text = repr(value)
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 3] + "..."


def close_hint(name: object, known: Iterable[str]) -> str | None:
    """The hint after an unknown name where all known ones have been listed: only those that are
    near it.
    """
    close = difflib.get_close_matches(str(name), list(known), n=3, cutoff=0.6)
    return "did you mean " + " or ".join(close) + "?" if close else None


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint after an unknown name: the names that are near it, or all of them."""
    names = [str(each) for each in known]
    close = close_hint(name, names)
    if close is not None:
        return close
    if not names:
        return "there is none"
    listed = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    return "there is " + listed


def schema_error(
    where: str,
    *,
    argument: str,
    expected: str,
    got: str,
    hint: str | None = None,
) -> SchemaError:
    """A SchemaError whose sentence is `where: expected ..., got ...; hint`, with the same facts as
    attributes.
    """
    error: SchemaError = _with_facts(SchemaError, where, argument, expected, got, hint)
    return error


def argument_type_error(
    where: str, *, argument: str, expected: str, got: str, hint: str | None = None
) -> ArgumentTypeError:
    """The same for an argument of a call."""
    error: ArgumentTypeError = _with_facts(ArgumentTypeError, where, argument, expected, got, hint)
    return error


def argument_value_error(
    where: str, *, argument: str, expected: str, got: str, hint: str | None = None
) -> ArgumentValueError:
    """The same for an argument of a call."""
    error: ArgumentValueError = _with_facts(
        ArgumentValueError, where, argument, expected, got, hint
    )
    return error


def _with_facts(
    cls: Any, where: str, argument: str, expected: str, got: str, hint: str | None
) -> Any:
    message = f"{where}: expected {expected}, got {got}"
    if hint:
        message += f"; {hint}"
    error = cls(message)
    error.argument, error.expected, error.got, error.hint = argument, expected, got, hint
    return error


def naming_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a method answer a keyword that it does not have with the keywords that it has."""
    parameters = inspect.signature(function).parameters.values()
    known = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]

    @functools.wraps(function)
    def checked(*args: P.args, **named: P.kwargs) -> R:
        for name in named:
            if name not in known:
                raise argument_type_error(
                    f"{function.__qualname__}()",
                    argument=name,
                    expected="one of the keywords " + ", ".join(known),
                    got=repr(name),
                    hint=close_hint(name, known),
                )
        return function(*args, **named)

    return checked
