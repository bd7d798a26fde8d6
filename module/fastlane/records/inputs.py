"""What a plan can be run on, in the form in which the engine takes it."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from fastlane import _core

from ._errors import argument_type_error

if TYPE_CHECKING:
    from .result import Result

__all__ = ["damaged", "engine_inputs"]

_EXPECTED = "a path, bytes-like, an open binary file, an iterable of chunks, or a list of paths"
_CHUNK_BYTES = 1 << 20


def engine_inputs(input: Any) -> Any:
    """The input as the engine takes it: paths, buffers and iterators of chunks, or a list of
    those. A text is a path.
    """
    if isinstance(input, (list, tuple)):
        return [_one(each, f"input[{index}]") for index, each in enumerate(input)]
    return _one(input, "input")


def _one(input: Any, name: str) -> Any:
    if isinstance(input, str):
        return pathlib.Path(input)
    if isinstance(input, os.PathLike):
        return input
    try:
        memoryview(input).release()
    except TypeError:
        pass
    else:
        return input
    if callable(getattr(input, "read", None)):
        return _chunks_of(input)
    if isinstance(input, Iterable):
        return iter(input)
    raise argument_type_error(
        f"Plan.run({name})", argument=name, expected=_EXPECTED, got=type(input).__name__
    )


def _chunks_of(file: Any) -> Iterator[bytes]:
    """The content of an open file from where it stands."""
    while chunk := file.read(_CHUNK_BYTES):
        if isinstance(chunk, str):
            raise argument_type_error(
                "Plan.run(input)",
                argument="input",
                expected="a file that is open in binary mode",
                got="one that gives text",
                hint='open it with mode "rb"',
            )
        yield chunk


def damaged(damage: dict[str, Any], partial: Result) -> _core.DecodeError:
    """The error of a run that ended early, with what it had until then."""
    error = _core.DecodeError(
        f"Plan.run(): input {damage['source']}: {damage['what']}; "
        f".partial has the {partial.rows_in:,} rows before it"
    )
    error.argument, error.got = "input", damage["what"]
    error.partial = partial
    return error
