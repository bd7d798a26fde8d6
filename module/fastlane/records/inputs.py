"""What a plan can be run on, in the form in which the engine takes it."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from . import batches
from ._errors import argument_type_error

__all__ = ["chunk_inputs", "engine_inputs"]

_EXPECTED = (
    "a path, bytes-like, an open binary file, an iterable of chunks, an Arrow batch or table, a "
    "dict of arrays, or a list of paths"
)
_CHUNK_BYTES = 1 << 20


def engine_inputs(input: Any) -> Any:
    """The input as the engine takes it: paths, buffers and iterators of chunks, or a list of
    those; or Arrow capsules. A text is a path.
    """
    if type(input) is bytes:
        return input
    if isinstance(input, (list, tuple)):
        return [_one(each, f"input[{index}]") for index, each in enumerate(input)]
    return _one(input, "input")


def chunk_inputs(input: Any) -> list[Iterator[Any]]:
    """The inputs as iterators of chunks, for a run that stops in between."""
    return [_as_chunks(each) for each in (input if isinstance(input, (list, tuple)) else [input])]


def _as_chunks(input: Any) -> Iterator[Any]:
    one = _one(input, "input")
    if isinstance(one, tuple):
        raise argument_type_error(
            "Plan.stream(input)",
            argument="input",
            expected="a path, bytes-like, an open binary file, or an iterable of chunks",
            got=type(input).__name__,
            hint="run the plan on each batch: plan.run(batch)",
        )
    if isinstance(one, os.PathLike):
        return _chunks_of_path(one)
    return one if isinstance(one, Iterator) else _chunks_of_buffer(one)


def _chunks_of_path(path: os.PathLike[Any]) -> Iterator[bytes]:
    with open(path, "rb", buffering=0) as file:
        yield from _chunks_of(file)


def _chunks_of_buffer(buffer: Any) -> Iterator[memoryview]:
    with memoryview(buffer) as view, view.cast("B") as flat:
        for start in range(0, len(flat), _CHUNK_BYTES):
            yield flat[start : start + _CHUNK_BYTES]


def _one(input: Any, name: str) -> Any:
    if isinstance(input, str):
        return pathlib.Path(input)
    if isinstance(input, os.PathLike):
        return input
    if hasattr(input, "__arrow_c_stream__"):
        return (input.__arrow_c_stream__(),)
    if hasattr(input, "__arrow_c_array__"):
        return input.__arrow_c_array__()
    if isinstance(input, Mapping):
        return (batches.stream_of(input),)
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
