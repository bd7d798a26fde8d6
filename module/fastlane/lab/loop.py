"""Lessons in an event loop: the same work as a call that blocks it, and as one that does not."""

from __future__ import annotations

import asyncio
from typing import SupportsIndex

from fastlane import aio, sum, transform_with_scratch

__all__ = ["fetch_url", "heavy_compute_async", "heavy_compute_sync"]

_bridges: dict[asyncio.AbstractEventLoop, aio.Bridge] = {}  # made when they are first needed


def heavy_compute_sync(n: SupportsIndex, /) -> float:
    """The sum of sin(i) for i below n. Called in a coroutine, it blocks the loop until it ends.

    **Memory:** computes in the arena's memory, and gives it back; the GIL is released.
    """
    return sum(transform_with_scratch(n))


async def heavy_compute_async(n: SupportsIndex, /) -> float:
    """The same on a worker: the loop goes on, and cancelling the task stops the work.

    **Memory:** computes in the arena's memory, and gives it back; the workers never hold the GIL.
    """
    bridge = _bridge_of(asyncio.get_running_loop())
    sines = await bridge.run(transform_with_scratch, n)
    return await bridge.run(sum, sines)


async def fetch_url(url: str, /, *, timeout: float = 30.0) -> bytes:
    """What a server answers to GET url, which is http or https; the loop goes on meanwhile.

    It is `aio.fetch`, which needs libcurl: cancelling the task closes the socket. Raises OSError for
    what goes wrong on the way and ArgumentValueError for another kind of URL.

    **Memory:** the answer is a new bytes object.
    """
    return await aio.fetch(url, timeout=timeout)


def _bridge_of(loop: asyncio.AbstractEventLoop) -> aio.Bridge:
    """The bridge that serves this loop: one whose loop is closed before another one is made."""
    if loop not in _bridges:
        closed = next((other for other in _bridges if other.is_closed()), None)
        _bridges[loop] = aio.Bridge() if closed is None else _bridges.pop(closed)
    return _bridges[loop]
