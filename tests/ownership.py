"""What a call must leave as it found it: reference counts, exporters, arrays that can be resized."""

from __future__ import annotations

import array
import mmap
import sys
import weakref
from typing import Any

import numpy as np
from call_kinds import Arguments, Call, Source


def refcounts(arguments: Arguments) -> dict[str, int]:
    """Counts of what belongs to this call alone; None, small ints and "" are everybody's."""
    return {
        name: sys.getrefcount(value)
        for name, value in arguments.items()
        if not isinstance(value, type(None) | int | type) and not (type(value) is str and not value)
    }


def still_borrowed(value: Any) -> str | None:
    """Why `value` cannot be resized or closed, or None when it can. The value is spent afterwards."""
    try:
        if isinstance(value, bytearray | array.array):
            value.append(1)
        elif isinstance(value, mmap.mmap):
            value.close()
        elif isinstance(value, memoryview):
            value.release()
        elif isinstance(value, np.ndarray) and weakref.getweakrefcount(value):
            return "an array is still pinned"
    except BufferError as error:
        return str(error)
    return None


def observe(call: Call, arguments: Arguments) -> tuple[Any, BaseException | None, list[str]]:
    """Makes the call: its result, its exception, and what it left changed that it must not."""
    own = {
        name: value
        for name, value in arguments.items()
        if not isinstance(call.parameters.get(name), Source)
    }
    before = refcounts(own)
    result, raised = None, None
    try:
        result = call.invoke(arguments)
    except Exception as error:
        raised = error.with_traceback(None)
    shared = [name for name, value in arguments.items() if value is result]
    after = refcounts(own)
    changes = [
        f"{name}: {before[name]} references became {after[name]}"
        for name in before
        if after[name] != before[name] + (name in shared)
    ]
    return result, raised, changes
