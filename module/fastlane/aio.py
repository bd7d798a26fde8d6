"""fastlane's functions in an event loop: begun and finished on the loop's thread, run by workers.

    async with aio.Bridge(threads=2) as bridge:
        crc = await bridge.run(fastlane.crc32, data)

A worker never touches Python, so what it computes does not hold the loop up.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

from fastlane import _fetch
from fastlane._core import (
    ArgumentValueError,
    Expression,
    ForkedError,
    Overloaded,
    Workers,
    evaluate,
    get_threads,
)
from fastlane._fetch import FetchError, fetch

if TYPE_CHECKING:
    from fastlane._python_calls import PythonCalls

__all__ = ["Bridge", "BridgeStats", "FetchError", "fetch"]


class BridgeStats(NamedTuple):
    """What a bridge has to do, and what it has done."""

    waiting: int  # not begun: the bridge is full
    queued: int  # begun, and waiting for a worker
    running: int
    under_way: int  # begun, and not settled yet
    bytes: int  # that the calls under way borrow
    done: int  # settled so far
    threads: int


class _Reply(asyncio.Future):
    """The future of one call. Cancelling it stops the call."""

    __slots__ = ("_workers",)

    def cancel(self, msg: Any = None) -> bool:
        if not super().cancel(msg):
            return False
        self._workers.cancel(self)
        return True


class _Waiting(NamedTuple):
    """A call that has not begun, because the bridge is full."""

    reply: _Reply
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


class Bridge:
    """Calls of fastlane's functions that do not block an event loop.

    threads     how many workers there are; by default as many as fastlane.get_threads(). A call has
                one to itself, and other threads only where it is given `threads=` of its own.
    max_queue   how many calls may be under way at once; more wait, or are refused.
    max_bytes   no call begins while those under way borrow this many bytes or more.
    on_full     "wait": a call that finds the bridge full begins later, in order;
                "raise": it raises Overloaded, whose retry_after is in seconds.
    nice        how much nicer than the loop's thread the workers are (os.nice): where they compete
                for a CPU, the loop goes first.

    A bridge belongs to the loop that first uses it, and to another one when that one is closed.
    """

    def __init__(
        self,
        threads: int | None = None,
        *,
        max_queue: int = 1024,
        max_bytes: int | None = None,
        on_full: str = "wait",
        nice: int = 10,
    ) -> None:
        if on_full not in ("wait", "raise"):
            raise ArgumentValueError(f"Bridge(): 'on_full' is 'wait' or 'raise', got {on_full!r}")
        if max_queue < 1:
            raise ArgumentValueError(f"Bridge(): 'max_queue' must be 1 or more, got {max_queue}")
        self._threads = get_threads() if threads is None else threads
        self._workers = Workers(self._threads, nice)
        self._max_queue = max_queue
        self._max_bytes = max_bytes
        self._raises = on_full == "raise"
        self._loop: asyncio.AbstractEventLoop | None = None  # that hears of what has ended
        self._served: asyncio.AbstractEventLoop | None = None  # the same, until the bridge closes
        self._descriptor = -1
        self._python: PythonCalls | None = None  # made for the first function written in Python
        self._under_way = 0
        self._done = 0  # by workers
        self._at_once = 0
        self._began = 0.0  # when the bridge last became busy
        self._done_before = 0
        self._waiting: deque[_Waiting] = deque()
        self._idle: asyncio.Event | None = None  # set while nothing is under way: for close()
        self._closed = False
        self._synchronous = threading.Semaphore(max_queue)
        _live.add(self)

    # ---- Calls -----------------------------------------------------------------------------

    def run(
        self,
        function: Callable[..., Any],
        /,
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> asyncio.Future[Any]:
        """A future of function(*args, **kwargs), which must be one of fastlane's functions.

        The arguments are checked before this returns, and borrowed until the call has ended; a
        call that is too small to be worth a thread has ended when this returns.
        Cancelling the future stops the call at its next checkpoint; so does the timeout, in
        seconds, with TimeoutError. Raises Overloaded when the bridge is full and refuses calls.
        """
        loop = asyncio.get_running_loop()
        if loop is not self._served:
            self._bind(loop)
        reply = _Reply(loop=loop)
        reply._workers = self._workers
        if self._waiting or self._is_full():
            if self._raises:
                raise self._overloaded()
            self._waiting.append(_Waiting(reply, function, args, kwargs))
        else:
            self._submit(reply, function, args, kwargs)
        if timeout is not None and not reply.done():
            timer = loop.call_later(timeout, _expire, reply, timeout)
            reply.add_done_callback(lambda _: timer.cancel())
        return reply

    async def map(
        self,
        function: Callable[..., Any],
        items: Iterable[Any] | AsyncIterable[Any],
        *,
        in_flight: int = 64,
        ordered: bool = True,
        timeout: float | None = None,
    ) -> AsyncIterator[Any]:
        """The results of function(item) for each item, at most in_flight of them under way.

        They come in the order of the items, or as they are ready with ordered=False. The first
        error ends the iteration and stops what is under way; so does leaving it.
        """
        if in_flight < 1:
            raise ArgumentValueError(f"map(): 'in_flight' must be 1 or more, got {in_flight}")
        replies: deque[asyncio.Future[Any]] = deque()
        source = items if isinstance(items, AsyncIterable) else _each(items)
        try:
            async for item in source:
                replies.append(self.run(function, item, timeout=timeout))
                if len(replies) >= in_flight:
                    yield await _next_of(replies, ordered)
            while replies:
                yield await _next_of(replies, ordered)
        finally:
            for reply in replies:
                reply.cancel()

    def run_sync(
        self,
        function: Callable[..., Any],
        /,
        *args: Any,
        timeout: float | None = None,
        **kwargs: Any,
    ) -> Any:
        """function(*args, **kwargs) on a worker, for threads without an event loop.

        This thread waits without the GIL. A full bridge makes it wait, or raises Overloaded.
        """
        if self._closed:
            raise RuntimeError("the bridge is closed")
        if not self._synchronous.acquire(blocking=not self._raises):
            raise self._overloaded()
        try:
            return self._workers.call(function, args, kwargs or None, timeout)
        finally:
            self._synchronous.release()

    def stats(self) -> BridgeStats:
        """What there is to do now, and how many calls have been settled."""
        queued, running, _, borrowed = self._workers.counts()
        done = self._done + self._at_once
        return BridgeStats(
            len(self._waiting), queued, running, self._under_way, borrowed, done, self._threads
        )

    # ---- Ends ------------------------------------------------------------------------------

    async def close(self, timeout: float | None = None) -> None:
        """Take no more calls, wait for those there are, and join the workers.

        After timeout seconds what is left is cancelled; a call that runs stops at its next
        checkpoint. Closing again does nothing.
        """
        if self._closed:
            return
        self._closed, self._served = True, None
        if self._loop is asyncio.get_running_loop():
            if self._under_way or self._waiting:
                self._idle = asyncio.Event()
                try:
                    await asyncio.wait_for(self._idle.wait(), timeout)
                except TimeoutError:
                    pass
        self._end()

    async def __aenter__(self) -> Bridge:
        return self

    async def __aexit__(self, error_class: type[BaseException] | None, *_: object) -> None:
        await self.close(None if error_class is None else 0)

    def _end(self, at_exit: bool = False) -> None:
        self._closed, self._served = True, None
        for waiting in self._waiting:
            waiting.reply.cancel()
        self._waiting.clear()
        if self._python is not None:
            self._python.end_all()
        self._workers.cancel_all()
        self._workers.stop(at_exit)
        self._drained(self._workers.drain())
        self._unbind()
        _live.discard(self)

    def __del__(self) -> None:
        if "_closed" in self.__dict__ and not self._closed:
            self._end()

    # ---- The loop --------------------------------------------------------------------------

    def _bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Belong to this loop: another one than until now, or the first."""
        if self._closed:
            raise RuntimeError("the bridge is closed")
        if self._loop is not None and not self._loop.is_closed():
            raise RuntimeError("the bridge belongs to another event loop; make one for each")
        if self._loop is not None:  # nobody can wait for what it left behind
            self._waiting.clear()
            self._workers.cancel_all()
            if self._python is not None:
                self._under_way -= self._python.end_all()
                self._python = None
        self._loop = self._served = loop
        self._descriptor = self._workers.fileno()
        loop.add_reader(self._descriptor, self._come_back)

    def _unbind(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._descriptor)

    def _come_back(self) -> None:
        self._drained(self._workers.drain())

    def _drained(self, count: int) -> None:
        self._under_way -= count
        self._done += count
        while self._waiting and not self._is_full():
            reply, function, args, kwargs = self._waiting.popleft()
            if reply.done():
                continue
            try:
                self._submit(reply, function, args, kwargs)
            except BaseException as error:
                reply.set_exception(error)
        if self._idle is not None and not self._under_way and not self._waiting:
            self._idle.set()

    def _submit(
        self,
        reply: _Reply,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        if type(function) is Expression:
            function, args = evaluate, (function.source, *args)
        if type(function) is not BuiltinFunctionType:
            self._submit_python(reply, function, args, kwargs)
        elif not self._workers.submit(reply, function, args, kwargs):
            self._at_once += 1
            return
        if not self._under_way:
            self._began = time.monotonic()
            self._done_before = self._done
        self._under_way += 1

    def _submit_python(
        self,
        reply: _Reply,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        from fastlane import _python_calls  # plans and pictures are not loaded for the others

        if not _python_calls.is_python_level(function):
            hint = "write asyncio.to_thread() for others"
            raise TypeError(f"run(): expected a function of fastlane, got {function!r}; {hint}")
        if self._python is None:
            self._python = _python_calls.PythonCalls(self._threads, lambda: self._drained(1))
        self._python.submit(reply, function, args, kwargs)

    def _is_full(self) -> bool:
        return self._under_way >= self._max_queue or (
            self._max_bytes is not None and self._workers.counts()[3] >= self._max_bytes
        )

    def _overloaded(self) -> Overloaded:
        """How long what is under way takes at the pace since the bridge became busy."""
        done = self._done - self._done_before
        busy = time.monotonic() - self._began
        pace = busy / done if done else max(busy, 0.001)
        error = Overloaded(
            f"the bridge is full: {self._under_way} calls are under way; try again later"
        )
        error.retry_after = max(pace * max(self._under_way, 1) / 2, 0.001)
        return error

    def _forked(self) -> None:
        """In the child: nothing of the parent's goes on, and the bridge begins anew."""
        self._loop = self._served = None  # whose selector the parent still uses
        self._idle = None
        self._waiting.clear()
        self._workers.drain()  # settles what was under way with ForkedError
        if self._python is not None:
            self._python.end_all(ForkedError("run(): the process forked; the call is the parent's"))
            self._python = None
        self._under_way = 0
        self._synchronous = threading.Semaphore(self._max_queue)


def _expire(reply: _Reply, timeout: float) -> None:
    if not reply.done():
        reply.set_exception(TimeoutError(f"the call took longer than {timeout} s"))
        reply._workers.cancel(reply)


async def _each(items: Iterable[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


async def _next_of(replies: deque[asyncio.Future[Any]], ordered: bool) -> Any:
    if ordered:
        reply = replies.popleft()
    else:
        done, _ = await asyncio.wait(replies, return_when=asyncio.FIRST_COMPLETED)
        reply = next(reply for reply in replies if reply in done)
        replies.remove(reply)
    try:
        return await reply
    finally:
        reply.cancel()  # when the wait was cancelled; a reply that is done stays as it is


_live: weakref.WeakSet[Bridge] = weakref.WeakSet()


def _end_all() -> None:
    for bridge in list(_live):
        bridge._end(at_exit=True)
    _fetch.stop_all()


def _after_fork() -> None:
    for bridge in list(_live):
        bridge._forked()
    _fetch.after_fork()


atexit.register(_end_all)
os.register_at_fork(after_in_child=_after_fork)
