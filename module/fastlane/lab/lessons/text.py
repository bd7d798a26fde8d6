"""The string tax: a str that is turned into UTF-8 is copied, and may keep the copy for ever.

Compared: process_text, process_bytes, analyze_str.
"""

from __future__ import annotations

import ctypes
import pathlib
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from fastlane import lab

from .measuring import Cell, Shown, milliseconds

_LINE = "GET /caf\xe9/index.html 200 7214\n"


def _as_utf8(text: str) -> None:
    """What most extensions call to read a str: it makes UTF-8 and keeps it in the object."""
    function = ctypes.pythonapi.PyUnicode_AsUTF8
    function.argtypes, function.restype = [ctypes.py_object], ctypes.c_void_p
    function(text)


def show(share: float) -> Shown:
    """Lines of 10 MB of text, counted in every form that the text may have."""
    count = max(int(350_000 * share), 1)
    size = len(_LINE.encode()) * count
    lab.process_text(_LINE)  # what the first call finds out about the machine is not the text's
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "access.log"
        path.write_bytes(_LINE.encode() * count)
        forms: list[tuple[str, int, Callable[[], Any], Callable[[Any], Any]]] = [
            ("s.encode().count()", size, lambda: _LINE * count, lambda s: s.encode().count(b"\n")),
            ("PyUnicode_AsUTF8(s)", size, lambda: _LINE * count, _as_utf8),
            ("process_text(s)", 0, lambda: _LINE * count, lab.process_text),
            ("analyze_str(s)", 0, lambda: _LINE * count, lab.analyze_str),
            ("process_bytes(data)", 0, path.read_bytes, lab.process_bytes),
            ("process_bytes(path)", 0, lambda: path, lab.process_bytes),
        ]
        rows: list[dict[str, Cell]] = []
        for form, copied, make, call in forms:
            own = make()
            before = sys.getsizeof(own)
            spent = milliseconds(lambda call=call, own=own: call(own), 1)
            grew = sys.getsizeof(own) - before
            rows.append({"form": form, "ms": spent, "bytes copied": copied, "s grew by": grew})
    return Shown(
        rows,
        f"The C function that most extensions call left {rows[1]['s grew by']:,} bytes in the str,"
        " for as long as it lives. fastlane reads code points where they lie.",
    )
