"""heavy_compute_async leaves the loop free; the runtime is one, and outlives a loop; fetch_url."""

import asyncio
import http.server
import threading
from contextlib import contextmanager

import pytest

from fastlane import ArgumentValueError, lab
from fastlane.lab import loop as lab_loop


async def rounds_during(work) -> int:
    """How often the loop came round while the work lasted."""
    rounds = 0

    async def turn() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    turning = asyncio.ensure_future(turn())
    await asyncio.sleep(0)
    rounds = 0
    await work
    turning.cancel()
    return rounds


def test_both_forms_give_the_same_number():
    assert asyncio.run(lab.heavy_compute_async(100_000)) == lab.heavy_compute_sync(100_000)


def test_the_synchronous_form_blocks_the_loop_and_the_other_does_not():
    async def blocking() -> None:
        lab.heavy_compute_sync(2_000_000)

    assert asyncio.run(rounds_during(blocking())) == 0
    assert asyncio.run(rounds_during(lab.heavy_compute_async(2_000_000))) > 3


def test_one_runtime_serves_one_loop_after_another():
    served = set()

    async def compute() -> None:
        await lab.heavy_compute_async(10)
        served.add(id(lab_loop._bridges[asyncio.get_running_loop()]))

    for _ in range(5):
        asyncio.run(compute())
    assert len(served) == 1


def test_loops_at_the_same_time_each_have_a_runtime():
    barrier = threading.Barrier(2)
    results = []

    async def compute() -> None:
        await lab.heavy_compute_async(10)
        barrier.wait()
        results.append(await lab.heavy_compute_async(1000))

    threads = [threading.Thread(target=asyncio.run, args=(compute(),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [lab.heavy_compute_sync(1000)] * 2


def test_cancelling_the_task_stops_it():
    async def cancelled() -> None:
        task = asyncio.ensure_future(lab.heavy_compute_async(200_000_000))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())


def test_a_wrong_argument_always_ends_the_awaitable():
    with pytest.raises(ArgumentValueError):
        asyncio.run(lab.heavy_compute_async(-1))


@contextmanager
def server():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/found"
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{made.server_port}"
        finally:
            made.shutdown()
            thread.join()


def test_fetch_url_brings_the_answer_or_an_os_error():
    with server() as address:
        try:
            found = asyncio.run(lab.fetch_url(f"{address}/found"))
        except RuntimeError as error:  # there is no libcurl
            pytest.skip(str(error))
        assert found == b"hello"
        with pytest.raises(OSError):
            asyncio.run(lab.fetch_url(f"{address}/lost"))
    with pytest.raises(OSError):
        asyncio.run(lab.fetch_url(f"{address}/gone", timeout=5))


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/", "", "no url", None, b"http://a/"])
def test_fetch_url_takes_http_only(url):
    with pytest.raises(ArgumentValueError, match="http"):
        asyncio.run(lab.fetch_url(url))
