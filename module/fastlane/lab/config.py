"""The lesson of text that becomes a configuration. TOML is read by Python's own `tomllib`, which
is well kept and is there wherever fastlane runs; what it says of a mistake gets line and column.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from fastlane import ArgumentTypeError, DecodeError

__all__ = ["parse_config"]

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse_config(text: str, /) -> dict[str, Any]:
    """The tables and values of a TOML document.

    Raises DecodeError with the attributes `line` and `column`, both counted from 1.

    **Memory:** copies text into Python objects; the GIL is held.
    """
    if not isinstance(text, str):
        hint = "; write text.decode()" if isinstance(text, bytes | bytearray) else ""
        raise ArgumentTypeError(
            f"parse_config(): argument 'text' must be a str, got {type(text).__name__}{hint}"
        )
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise _with_place(str(problem), text) from None


def _with_place(said: str, text: str) -> DecodeError:
    """The error of a document, with the place that tomllib writes behind its sentence."""
    place = _PLACE.search(said)
    if place is not None and place[1] is not None:
        line, column = int(place[1]), int(place[2])
    else:
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
    sentence = said if place is None else said[: place.start()]
    error = DecodeError(f"parse_config(): line {line}, column {column}: {sentence}")
    error.line, error.column = line, column
    return error
