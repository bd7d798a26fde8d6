"""A call that takes long blocks an event loop, whoever computes; a bridge lets the loop go on.

Compared: heavy_compute_sync, heavy_compute_async, fetch_url.
"""

from __future__ import annotations

import asyncio
import http.server
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastlane import lab

from .measuring import Cell, Shown

_BEAT = 0.001  # seconds
_ANSWER = b"an answer"


async def _beats_during(work: Awaitable[Any]) -> dict[str, Cell]:
    """How often the loop came round meanwhile, and the longest time in which it did not."""
    beats, longest = 0, 0.0

    async def beat() -> None:
        nonlocal beats, longest
        last = time.perf_counter()
        while True:
            try:
                await asyncio.sleep(_BEAT)
            finally:
                here = time.perf_counter()
                longest, last = max(longest, here - last), here
            beats += 1

    heart = asyncio.ensure_future(beat())
    await asyncio.sleep(0)
    begun = time.perf_counter()
    await work
    spent = time.perf_counter() - begun
    heart.cancel()
    await asyncio.wait([heart])
    return {"ms": spent * 1e3, "longest pause, ms": longest * 1e3, "beats": beats}


@contextmanager
def _slow_server(seconds: float) -> Iterator[str]:
    """The address of a server in this process that thinks for a while before it answers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(seconds)
            self.send_response(200)
            self.send_header("Content-Length", str(len(_ANSWER)))
            self.end_headers()
            self.wfile.write(_ANSWER)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def show(share: float) -> Shown:
    """Four million sines, and a server that takes its time, below a heart that beats every ms."""
    count = max(int(8_000_000 * share), 1)
    with _slow_server(0.2 * min(share, 1.0)) as url:

        async def compute() -> None:
            lab.heavy_compute_sync(count)

        async def fetch() -> None:
            urllib.request.urlopen(url, timeout=30).close()

        forms: list[tuple[str, Callable[[], Awaitable[Any]]]] = [
            ("heavy_compute_sync(n)", compute),
            ("await heavy_compute_async(n)", lambda: lab.heavy_compute_async(count)),
            ("urllib.request.urlopen(url)", fetch),
            ("await fetch_url(url)", lambda: lab.fetch_url(url)),
        ]
        rows: list[dict[str, Cell]] = []
        for form, make in forms:

            async def measured(make: Callable[[], Awaitable[Any]] = make) -> dict[str, Cell]:
                return await _beats_during(make())

            rows.append({"form": form, **asyncio.run(measured())})
    return Shown(
        rows,
        f"The synchronous call kept the loop waiting for {rows[0]['longest pause, ms']:,.0f} ms;"
        f" behind await, the longest pause was {rows[1]['longest pause, ms']:,.1f} ms.",
    )
