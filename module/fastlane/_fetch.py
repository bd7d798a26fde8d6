"""aio.fetch: one native thread for all fetches of an event loop."""

from __future__ import annotations

import asyncio
import re
import weakref
from typing import Any

from fastlane._core import ArgumentValueError, FastlaneError, Fetcher, ForkedError

_TIMED_OUT = 28  # libcurl's CURLE_OPERATION_TIMEDOUT
_BAD_URL = 3  # CURLE_URL_MALFORMAT


class FetchError(FastlaneError, OSError):
    """What a URL names did not come. `status` is HTTP's, or None when there was no answer."""

    def __init__(self, message: str, url: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.url = url
        self.status = status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.url, self.status)


class _Fetched(asyncio.Future):
    """The future of one fetch. Cancelling it closes the socket."""

    __slots__ = ("_fetcher", "_max_bytes", "_timeout", "_url")

    def cancel(self, msg: Any = None) -> bool:
        if not super().cancel(msg):
            return False
        self._fetcher.cancel(self)
        return True

    def settle(self, end: str, code: int, status: int, reason: str, body: bytes) -> None:
        if self.done():
            return
        if end == "done" and status < 400:
            self.set_result(body)
        else:
            self.set_exception(self._error(end, code, status, reason))

    def _error(self, end: str, code: int, status: int, reason: str) -> Exception:
        url = self._url
        if end == "abandoned":
            return ForkedError("fetch(): the process forked; what comes is the parent's")
        if end == "cancelled":
            return FetchError(f"fetch(): {url}: the process is ending", url)
        if end == "too large":
            return FetchError(f"fetch(): {url} has more than {self._max_bytes} bytes", url, status)
        if end == "done":
            return FetchError(f"fetch(): {url}: HTTP status {status}", url, status)
        if code == _TIMED_OUT:
            return TimeoutError(f"fetch(): {url} took longer than {self._timeout} s")
        message = f"fetch(): {url}: {reason}"
        if code == _BAD_URL:
            return ArgumentValueError(message)
        return FetchError(message, url, status or None)


class _LoopFetcher:
    """The fetcher of one loop, which alone holds it: it goes when the loop is closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.native = Fetcher()
        loop.add_reader(self.native.fileno(), self.drain)

    def drain(self) -> None:
        for reply, end, code, status, reason, body in self.native.drain():
            try:
                reply.settle(end, code, status, reason, body)
            except RuntimeError:  # its loop is closed: nobody waits for it
                pass

    def __del__(self) -> None:
        if "native" in self.__dict__:
            self.native.stop()


_by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[_LoopFetcher]]
_by_loop = weakref.WeakKeyDictionary()


def _fetcher_of(loop: asyncio.AbstractEventLoop) -> _LoopFetcher:
    known = _by_loop.get(loop)
    fetcher = None if known is None else known()
    if fetcher is None:
        fetcher = _LoopFetcher(loop)
        _by_loop[loop] = weakref.ref(fetcher)
    return fetcher


def _all_fetchers() -> list[_LoopFetcher]:
    return [fetcher for known in list(_by_loop.values()) if (fetcher := known()) is not None]


def fetch(
    url: str,
    *,
    timeout: float | None = 30.0,
    max_bytes: int = 64 << 20,
    max_redirects: int = 5,
) -> asyncio.Future[bytes]:
    """A future of the bytes that an http or https URL names.

    After timeout seconds, all redirects included, it raises TimeoutError. FetchError says that the
    answer has more than max_bytes, that there are more than max_redirects redirects, that its HTTP
    status is 400 or more, or what the network said. Cancelling the future closes the socket.
    Needs libcurl, and raises RuntimeError where it is not installed.
    """
    if not isinstance(url, str) or not re.match(r"https?://[^\0]*\Z", url, re.IGNORECASE):
        raise ArgumentValueError(f"fetch(): argument 'url' must be of http or https, got {url!r}")
    if timeout is not None and not timeout > 0:
        raise ArgumentValueError(f"fetch(): argument 'timeout' must be above 0, got {timeout}")
    for name, value in (("max_bytes", max_bytes), ("max_redirects", max_redirects)):
        if value < 0:
            raise ArgumentValueError(f"fetch(): argument {name!r} must be 0 or more, got {value}")
    loop = asyncio.get_running_loop()
    reply = _Fetched(loop=loop)
    reply._url, reply._timeout, reply._max_bytes = url, timeout, max_bytes
    reply._fetcher = _fetcher_of(loop).native
    limit = 0 if timeout is None else max(1, min(int(timeout * 1000), 10**9))
    reply._fetcher.submit(reply, url, limit, max_bytes, max_redirects)
    return reply


def stop_all() -> None:
    """At the end of the process: no thread of libcurl outlives the interpreter."""
    for fetcher in _all_fetchers():
        fetcher.native.stop()


def after_fork() -> None:
    """In the child: the parent's fetches go on in the parent, and its loops are the parent's."""
    for fetcher in _all_fetchers():
        fetcher.drain()
    _by_loop.clear()
