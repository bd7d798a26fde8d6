"""How far a run is, on one line of a terminal that is written over and taken away at the end."""

from __future__ import annotations

import sys
import time
from typing import TextIO

__all__ = ["Progress", "progress_line"]

_INTERVAL = 0.1


class Progress:
    """Called with the bytes done and the bytes in all. Shows nothing where the stream is not a
    terminal.
    """

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        self._stream = stream
        self._shown = stream.isatty()
        self._began = time.monotonic()
        self._next = self._began
        self._length = 0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._shown or now < self._next:
            return
        self._next = now + _INTERVAL
        self._write(progress_line(done, total, now - self._began))

    def _write(self, line: str) -> None:
        self._stream.write("\r" + line.ljust(self._length))
        self._stream.flush()
        self._length = len(line)

    def close(self) -> None:
        """Takes the line away."""
        if self._length:
            self._write("")
            self._stream.write("\r")
            self._stream.flush()


def progress_line(done: int, total: int, seconds: float) -> str:
    """Share, amount, rate and the time that is left."""
    share = done / total if total else 1.0
    rate = done / seconds if seconds > 0 else 0.0
    line = f"{share:4.0%}  {done / 1e6:,.0f} of {total / 1e6:,.0f} MB"
    if rate > 0:
        line += f"  {rate / 1e6:,.0f} MB/s  {max(total - done, 0) / rate:,.0f} s left"
    return line
