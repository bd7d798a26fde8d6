"""A web server under an open-loop load: requests come when they come, whether answered or not.

`python -m bench_suite.aio_servers WAY DESCRIPTOR` serves: /job answers after a job of 4 ms, /many
after 100 calls of a no-op one by one, each the given WAY. It needs uvicorn.
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

from bench_suite import aio_jobs, peers
from bench_suite.measure import Fact

JOB_SECONDS = 0.004
JOBS_A_SECOND = 150.0
MANY_A_SECOND = 100.0
CALLS = 100


def serve(way: str, descriptor: int) -> None:
    import uvicorn

    job, argument = aio_jobs.job_of(JOB_SECONDS)
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
        if scope["path"] == "/many":
            for _ in range(CALLS):
                await submit(noop)
        else:
            await submit(job, argument)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    uvicorn.run(application, fd=descriptor, log_level="critical", access_log=False)


@contextlib.contextmanager
def serving(way: str) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        command = [sys.executable, "-m", "bench_suite.aio_servers", way, str(listener.fileno())]
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


async def load(port: int, path: str, rate: float, seconds: float) -> list[float]:
    """Requests at random times, so many a second on average: the same times for every way."""
    times = random.Random(7)
    await ask(port, path, time.perf_counter(), [])
    taken: list[float] = []
    requests = []
    due = time.perf_counter()
    end = due + seconds
    while due < end:
        due += times.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        requests.append(asyncio.create_task(ask(port, path, due, taken)))
    await asyncio.gather(*requests)
    return taken


def rows(options: argparse.Namespace) -> Iterator[Fact]:
    if peers.module("uvicorn") is None:
        return
    seconds = 1.0 if options.quick else 5.0
    for path, rate, name in (
        ("/job", JOBS_A_SECOND, f"served, {JOB_SECONDS * 1e3:.0f} ms each, {JOBS_A_SECOND:.0f}/s"),
        ("/many", MANY_A_SECOND, f"served, {CALLS} no-ops each, {MANY_A_SECOND:.0f}/s"),
    ):
        p99: dict[str, float | None] = {}
        for way in aio_jobs.WAYS:
            with serving(way) as port:
                taken = asyncio.run(load(port, path, rate, seconds))
            p99[way] = aio_jobs.percentile(taken, 0.99) * 1e3
        yield Fact(f"{name}, p99", "ms", p99)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
