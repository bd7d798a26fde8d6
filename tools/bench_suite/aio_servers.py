"""A web server under an open-loop load: requests come when they come, whether answered or not.

`python -m bench_suite.aio_servers WAY DESCRIPTOR LENGTH` serves: /job answers after a job of that many
elements, /one after a no-op, /many after 100 of them, one by one, all the given WAY. It needs uvicorn.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench_suite import aio_jobs, peers
from bench_suite.measure import Fact

JOB_SECONDS = 0.1
CALLS = 100
# Where the requests go, in turn, and how many come in a second.
ONE_JOB_IN_200 = (["/job"] + ["/one"] * 199, 200.0)
MANY_CALLS = (["/many"], 100.0)


def serve(way: str, descriptor: int, length: int) -> None:
    import fastlane
    import uvicorn

    fastlane.set_threads(1)
    job = peers.function("fastlane", "describe")
    argument = np.broadcast_to(1.0, length)
    noop = peers.function("fastlane", "testing.noop")
    ready: dict[str, Any] = {}

    async def application(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            async with aio_jobs.WAYS[way]() as ready["submit"]:
                await receive()
                await send({"type": "lifespan.startup.complete"})
                await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        submit = ready["submit"]
        if scope["path"] == "/job":
            await submit(job, argument)
        for _ in range({"/one": 1, "/many": CALLS}.get(scope["path"], 0)):
            await submit(noop)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    uvicorn.run(application, fd=descriptor, log_level="critical", access_log=False)


@contextlib.contextmanager
def serving(way: str, length: int) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        words = [way, str(listener.fileno()), str(length)]
        command = [sys.executable, "-m", "bench_suite.aio_servers", *words]
        server = subprocess.Popen(command, pass_fds=[listener.fileno()])
        port = listener.getsockname()[1]
    try:
        yield port
    finally:
        server.terminate()
        server.wait()


async def ask(port: int, path: str, due: float, taken: list[float]) -> None:
    """One request on a connection of its own; its time counts from when it was due."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    taken.append(time.perf_counter() - due)
    writer.close()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the server said {answer[:80]!r}")


async def load(port: int, paths: list[str], rate: float, seconds: float) -> list[float]:
    """Requests at random times, so many a second on average: the same times for every way."""
    times = random.Random(7)
    await ask(port, "/one", time.perf_counter(), [])
    taken: list[float] = []
    requests = []
    due = time.perf_counter()
    end = due + seconds
    while due < end:
        due += times.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        path = paths[len(requests) % len(paths)]
        requests.append(asyncio.create_task(ask(port, path, due, taken)))
    await asyncio.gather(*requests)
    return taken


def rows(options: argparse.Namespace) -> Iterator[Fact]:
    if peers.module("uvicorn") is None:
        return
    seconds = 1.0 if options.quick else 6.0
    length = aio_jobs.job_of(JOB_SECONDS)[1].size
    for (paths, rate), name in (
        (ONE_JOB_IN_200, f"200 requests/s, one in 200 takes {JOB_SECONDS * 1e3:.0f} ms, p99"),
        (MANY_CALLS, f"100 requests/s of {CALLS} no-ops each, p99"),
    ):
        p99: dict[str, float | None] = {}
        for way in aio_jobs.WAYS:
            with serving(way, length) as port:
                taken = asyncio.run(load(port, paths, rate, seconds))
            p99[way] = aio_jobs.percentile(taken, 0.99) * 1e3
        yield Fact(name, "ms", p99)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
