"""What a bridge does with fastlane's functions that are written in Python.

They may call back in the middle (progress, chunks), so a worker that never touches Python cannot
run them. They get daemon threads of Python's, which let the GIL go for the native part of the work.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import types
from collections import deque
from collections.abc import Callable
from typing import Any

from fastlane import image
from fastlane.records import Plan, Schema, infer

_FUNCTIONS = (image.load_batch, infer)
_REPORTING = (image.load_batch, Plan.run)  # they take progress=


class Stopped(BaseException):
    """Raised in a call whose future has been cancelled; goes through whatever the call does."""


def is_python_level(function: Callable[..., Any]) -> bool:
    """Whether it is one of fastlane's functions, or a method of its plans, written in Python."""
    if isinstance(function, types.MethodType):
        return type(function.__self__) in (Plan, Schema)
    return function in _FUNCTIONS


class PythonCalls:
    """Calls on Python threads, so many at once, begun in order. Lives on a loop's thread."""

    def __init__(self, threads: int, settled: Callable[[], None]) -> None:
        self._free = threads
        self._settled = settled  # called for every call that has ended
        self._queue: deque[tuple[asyncio.Future[Any], Callable[[], Any]]] = deque()
        self._replies: set[asyncio.Future[Any]] = set()

    def submit(
        self,
        reply: asyncio.Future[Any],
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        if getattr(function, "__func__", function) in _REPORTING:
            kwargs = {**kwargs, "progress": _stopping(reply, kwargs.get("progress"))}
        self._replies.add(reply)
        self._queue.append((reply, functools.partial(function, *args, **kwargs)))
        self._start()

    def end_all(self, error: Exception | None = None) -> int:
        """Cancels what is under way, or gives all of it the error, and says how many those are.

        Their threads stop where they report.
        """
        for reply in list(self._replies):
            if error is None:
                reply.cancel()
            elif not reply.done():
                reply.set_exception(error)
        return len(self._replies)

    def _start(self) -> None:
        while self._free and self._queue:
            reply, call = self._queue.popleft()
            if reply.done():
                self._replies.discard(reply)
                self._settled()
                continue
            self._free -= 1
            threading.Thread(target=self._run, args=(reply, call), daemon=True).start()

    def _run(self, reply: asyncio.Future[Any], call: Callable[[], Any]) -> None:
        result, error = None, None
        try:
            result = call()
        except BaseException as raised:
            error = raised
        try:
            reply.get_loop().call_soon_threadsafe(self._end, reply, result, error)
        except RuntimeError:  # the loop is closed: nobody waits
            pass

    def _end(self, reply: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        self._free += 1
        self._replies.discard(reply)
        if not reply.done():
            reply.set_result(result) if error is None else reply.set_exception(error)
        self._settled()
        self._start()


def _stopping(
    reply: asyncio.Future[Any], progress: Callable[[int, int], object] | None
) -> Callable[[int, int], object]:
    def report(done: int, of: int) -> object:
        if reply.done():
            raise Stopped
        return None if progress is None else progress(done, of)

    return report
