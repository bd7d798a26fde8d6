"""An address that native code keeps is a crash in waiting; a borrow locks the memory meanwhile.

Compared: a pointer into a mapping that is closed, and fastlane's borrow of the same mapping.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import NamedTuple

from .measuring import Cell, Shown

_DANGEROUS = """
import ctypes, mmap
mapping = mmap.mmap(-1, 4096)
address = ctypes.addressof(ctypes.c_char.from_buffer(mapping))
mapping.close()
print(ctypes.string_at(address, 1))
"""

_GOOD = """
import mmap, numpy, fastlane
mapping = mmap.mmap(-1, 4096)
borrowed = numpy.frombuffer(mapping, "u1")
try:
    mapping.close()
except BufferError as error:
    print("BufferError:", error)
assert fastlane.sum(borrowed) == 0
"""


class Ended(NamedTuple):
    """How a process ended, and the last line that it said."""

    status: str
    said: str


def run_alone(program: str) -> Ended:
    """Runs a program in a process of its own, so that only that one ends."""
    flags = ["-P"] if sys.flags.safe_path else []
    run = subprocess.run(
        [sys.executable, *flags, "-c", program], capture_output=True, text=True, timeout=60
    )
    lines = run.stdout.splitlines() or run.stderr.splitlines() or ["nothing"]
    if run.returncode < 0:
        return Ended(signal.Signals(-run.returncode).name, lines[-1])
    return Ended(f"exit {run.returncode}", lines[-1])


def show(share: float) -> Shown:
    """The two programs, each in a process of its own."""
    del share
    rows: list[dict[str, Cell]] = []
    for form, program in (("address kept", _DANGEROUS), ("borrowed", _GOOD)):
        ended = run_alone(program)
        rows.append({"form": form, "process": ended.status, "it said": ended.said})
    return Shown(
        rows,
        "The first process is gone, with everything that it had in hand. In the second the exporter"
        " itself refuses to close while somebody looks, and goes on.",
    )
