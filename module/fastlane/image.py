"""Pictures: from a file to its pixels, or straight to a tensor for a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from fastlane import _core

ImageInfo = _core.ImageInfo

decode = _core.image.decode
info = _core.image.info
normalize = _core.image.normalize
to_tensor = _core.image.to_tensor

__all__ = [
    "Batch",
    "Failure",
    "ImageInfo",
    "decode",
    "info",
    "load_batch",
    "normalize",
    "to_tensor",
]

_BETWEEN_REPORTS = 8  # pictures for each thread between two calls of progress
_recycled = _core.Arena()


class Failure(NamedTuple):
    """A picture that could not be loaded: its place among the sources, what it was, and why."""

    index: int
    source: Any
    error: Exception


class Batch(NamedTuple):
    """What load_batch could load, which of the sources that was, and what failed."""

    tensor: np.ndarray
    indices: np.ndarray
    failures: list[Failure]


def load_batch(
    sources: Iterable[Any],
    /,
    *,
    mean: Any = 0.0,
    std: Any = 1.0,
    scale: float | None = None,
    layout: str = "CHW",
    channels: str | None = "RGB",
    dtype: Any = "float32",
    out: np.ndarray | None = None,
    arena: _core.Arena | None = None,
    threads: int | None = None,
    max_pixels: int = 268435456,
    on_error: str = "raise",
    progress: Callable[[int, int], object] | None = None,
) -> np.ndarray | Batch:
    """Pictures of one size as one array (N, C, H, W), or (N, H, W, C), in the order of `sources`.

    The keywords are those of `to_tensor`; `threads` pictures are loaded at a time (None: as many as
    `get_threads`). The first picture that can be read says what size the others must have. With
    `on_error="raise"` the first failure among the sources is raised, with `index` and `source`;
    with `"collect"` the result is a Batch without the pictures that failed. `progress` is called
    with the pictures that are done and the pictures in all, now and then and at the end.

    **Memory:** borrows bytes-like sources, maps files; each element is written once, into out or
    into memory of the arena; pictures behind one that failed move up; the GIL is released.
    """
    given = _listed(sources)
    if on_error not in ("raise", "collect"):
        raise _core.ArgumentValueError(
            f"load_batch(): argument 'on_error' must be 'raise' or 'collect', got {on_error!r}"
        )
    options = {
        "mean": mean, "std": std, "scale": scale, "layout": layout, "channels": channels,
        "dtype": dtype, "threads": threads, "max_pixels": max_pixels,
    }  # fmt: skip
    if out is None:
        shape = (len(given), *_shape_of_first(given, layout, channels))
        out = (_recycled if arena is None else arena).empty(shape, dtype)
    elif arena is not None:
        raise _core.ArgumentValueError(
            "load_batch(): argument 'arena' must be absent when out= is given, got both"
        )
    elif len(out) != len(given):
        raise _core.ArgumentValueError(
            f"load_batch(): argument 'out' must be of length {len(given)}, got {len(out)}"
        )
    step = len(given)
    if progress is not None:
        step = _BETWEEN_REPORTS * (threads or _core.get_threads())
    failures: list[Failure] = []
    for first in range(0, len(given), max(1, step)):
        part = given[first : first + step]
        place = out[first : first + len(part)]
        entries = _core.image.load_batch(part, place, **options, stop=on_error == "raise")
        failures += [
            Failure(first + at, part[at], entry)
            for at, entry in enumerate(entries)
            if isinstance(entry, Exception)
        ]
        if failures and on_error == "raise":
            raise _named(failures[0])
        if progress is not None:
            progress(first + len(part), len(given))
    if on_error == "raise":
        return out
    return _without(out, failures)


def _listed(sources: Iterable[Any]) -> list[Any]:
    if isinstance(sources, str | bytes | bytearray | memoryview):
        raise _core.ArgumentTypeError(
            "load_batch(): argument 'sources' must be several pictures, got "
            f"{type(sources).__name__}; write [sources] for one"
        )
    given = list(sources)
    if not given:
        raise _core.ArgumentValueError(
            "load_batch(): argument 'sources' must be at least one picture, got none"
        )
    return given


def _shape_of_first(sources: list[Any], layout: str, channels: str | None) -> tuple[int, ...]:
    """Of the first picture whose head can be read; without one, a picture of no pixels."""
    height = width = 0
    count = 3
    for source in sources:
        try:
            said = info(source)
        except (_core.DecodeError, OSError):
            continue
        height, width, count = said.height, said.width, said.channels
        break
    count = {"RGB": 3, "RGBA": 4, "L": 1}.get(channels or "", count)
    return (height, width, count) if layout == "HWC" else (count, height, width)


def _named(failure: Failure) -> Exception:
    error = failure.error
    error.index, error.source = failure.index, failure.source  # type: ignore[attr-defined]
    error.add_note(f"This was picture {failure.index} of the batch.")
    return error


def _without(tensor: np.ndarray, failures: list[Failure]) -> Batch:
    failed = {failure.index for failure in failures}
    kept = [index for index in range(len(tensor)) if index not in failed]
    for place, index in enumerate(kept):
        if place != index:
            tensor[place] = tensor[index]
    return Batch(tensor[: len(kept)], np.array(kept, np.intp), failures)
