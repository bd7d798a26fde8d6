"""aio.Bridge and the functions of fastlane that are written in Python, or that are objects."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pngs
import pytest
from bridges import run_with_bridge, until, with_bridge

import fastlane as fl
from fastlane import aio
from fastlane import records as fr

PLAN = fr.Plan(fr.csv(), fr.Schema(n=fr.Int64())).aggregate(total=fr.sum("n"))
LINES = b"n\n" + b"1\n" * 1000


def endless_chunks(begun: Callable[[], object] = lambda: None) -> Iterator[bytes]:
    yield b"n\n"
    begun()
    while True:
        time.sleep(0.001)
        yield b"1\n" * 10_000


def test_plans_run_on_threads_of_their_own():
    where = set()

    def progress(done: int, of: int) -> None:
        where.add(threading.get_ident())

    async def body(bridge: aio.Bridge) -> None:
        results = await asyncio.gather(*[bridge.run(PLAN.run, LINES) for _ in range(10)])
        assert [result["total"].tolist() for result in results] == [[1000]] * 10
        result = await bridge.run(PLAN.run, iter([LINES] * 3), progress=progress, timeout=60)
        assert result.rows_in == 3002 and threading.get_ident() not in where
        assert bridge.stats().done == 11 and bridge.stats().under_way == 0
        with pytest.raises(FileNotFoundError):
            await bridge.run(PLAN.run, "/none")
        with pytest.raises(TypeError):
            await bridge.run(PLAN.run, LINES, no_such=1)

    with_bridge(body, threads=2, max_queue=4)


def test_pictures_and_expressions():
    picture = pngs.sample(2, 8, 5, 4).encode()
    expected = fl.image.load_batch([picture] * 20)
    expression = fl.compile("a * 2 + b")
    a, b = np.arange(100_000.0), np.ones(100_000)

    async def body(bridge: aio.Bridge) -> None:
        reports = []
        batch = await bridge.run(
            fl.image.load_batch, [picture] * 20, progress=lambda done, of: reports.append(done)
        )
        assert np.array_equal(batch, expected) and reports[-1] == 20
        assert np.array_equal(await bridge.run(expression, a=a, b=b), a * 2 + b)
        with pytest.raises(fl.DecodeError):
            await bridge.run(fl.image.load_batch, [b"no picture"])

    with_bridge(body, threads=1)


def test_a_cancelled_plan_stops_where_it_reports():
    async def body(bridge: aio.Bridge) -> None:
        begun = threading.Event()
        running = bridge.run(PLAN.run, endless_chunks(begun.set))
        queued = bridge.run(PLAN.run, endless_chunks())
        await until(begun.is_set)
        assert bridge.stats().under_way == 2
        running.cancel()
        queued.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await until(lambda: bridge.stats().under_way == 0)
        with pytest.raises(TimeoutError):
            await bridge.run(PLAN.run, endless_chunks(), timeout=0.05)
        await until(lambda: bridge.stats().under_way == 0)

    with_bridge(body, threads=1)


def test_close_stops_plans():
    async def body() -> None:
        bridge = aio.Bridge(threads=1)
        reply = bridge.run(PLAN.run, endless_chunks())
        await bridge.close(timeout=0.05)
        assert reply.cancelled()

    asyncio.run(body())


@pytest.mark.parametrize("function", [lambda: 1, len, PLAN.to_json().upper, np.sum, aio.Bridge])
def test_other_callables_are_refused(function: Callable[..., object]):
    async def body(bridge: aio.Bridge) -> None:
        with pytest.raises(TypeError, match="to_thread"):
            bridge.run(function)
        assert bridge.stats().under_way == 0

    with_bridge(body, threads=1)


def test_an_exit_does_not_wait_for_a_plan():
    run = run_with_bridge("""
from fastlane import records as fr
plan = fr.Plan(fr.csv(), fr.Schema(n=fr.Int64())).aggregate(total=fr.sum("n"))
def chunks():
    yield b"n\\n"
    while True: time.sleep(0.01); yield b"1\\n"
async def main():
    bridge = aio.Bridge(threads=1)
    bridge.run(plan.run, chunks())
    await asyncio.sleep(0.1)
asyncio.run(main())
""", timeout=10)
    assert (run.returncode, run.stderr) == (0, "")
