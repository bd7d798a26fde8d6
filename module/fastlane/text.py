"""Searching and measuring text in place: str in its own width, bytes-like in any shape."""

from fastlane import _core

count = _core.text.count
encode_into = _core.text.encode_into
find = _core.text.find
find_all = _core.text.find_all
line_offsets = _core.text.line_offsets
rfind = _core.text.rfind
utf8_length = _core.text.utf8_length

__all__ = [
    "count",
    "encode_into",
    "find",
    "find_all",
    "line_offsets",
    "rfind",
    "utf8_length",
]
