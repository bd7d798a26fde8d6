# Makes the one error that this package raises for a wrong schema, plan or call.
# The class is the extension's own; here it gets the facts that every FastlaneError carries.
from __future__ import annotations

import difflib
from collections.abc import Iterable

from fastlane._core import SchemaError

__all__ = ["SchemaError", "nearest", "schema_error", "shown"]

_SHOWN_LENGTH = 60


def shown(value: object) -> str:
    """`repr(value)`, cut to a length that fits a sentence."""
    text = repr(value)
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 3] + "..."


def nearest(name: str, known: Iterable[str]) -> str:
    """The hint after an unknown name: the names that are near it, or all of them."""
    names = [str(each) for each in known]
    close = difflib.get_close_matches(str(name), names, n=3, cutoff=0.6)
    if close:
        return "did you mean " + " or ".join(close) + "?"
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
    """A SchemaError whose sentence is `where: expected ..., got ...; hint`, with the same facts as attributes."""
    message = f"{where}: expected {expected}, got {got}"
    if hint:
        message += f"; {hint}"
    error = SchemaError(message)
    error.argument = argument
    error.expected = expected
    error.got = got
    error.hint = hint
    return error
