"""Lessons over text: nothing here makes UTF-8 of a `str`, or a `str` of bytes."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

from fastlane import MappedFile, text

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["TextFacts", "analyze_str", "process_bytes", "process_text"]


class TextFacts(NamedTuple):
    """What a `str` holds, read where it lies."""

    code_points: int
    lines: int
    utf8_bytes: int  # that str.encode() would make


def process_text(s: str, /) -> int:
    """How many lines end in a `str`.

    **Memory:** borrows s in the representation it has; the GIL is released from 64 KiB on.
    """
    return text.count(s, "\n")


def process_bytes(data: Buffer | PathLike[str], /) -> int:
    """How many lines end in bytes, or in the file that a path names.

    A path is what crosses the boundary cheapest: the content is mapped, and no object holds it.

    **Memory:** borrows data, or shares the file's pages; the GIL is released from 64 KiB on.
    """
    if isinstance(data, PathLike):
        with MappedFile(data) as content:
            return text.count(content, b"\n")
    return text.count(data, b"\n")


def analyze_str(s: str, /) -> TextFacts:
    """Code points, lines and the length in UTF-8 of a `str`, which weighs the same afterwards.

    **Memory:** borrows s in the representation it has; the GIL is released from 64 KiB on.
    """
    return TextFacts(len(s), text.count(s, "\n"), text.utf8_length(s))
