"""aio.Bridge: every function through it, limits, cancellation, deadlines and backpressure."""

import asyncio
import gc
import random
import sys
import threading
import time
import types
import zlib
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from bridges import MANY, until, with_bridge
from call_arguments import endless, repeated
from call_kinds import Call, same
from calls import CALLS

import fastlane as fl
import fastlane.testing
from fastlane import _core, aio

# Not methods; not the lesson that is written without phases, nor what calls Python for its work.
NOT_FOR_WORKERS = {
    "fastlane.lessons.scaled_copy_raw",
    "fastlane._core.records_run",
    "fastlane._core.records_next",
    "fastlane.lab.multiply_matrices",
}
FUNCTIONS = [
    call
    for call in CALLS
    if isinstance(getattr(call.function, "__self__", None), types.ModuleType)
    and call.name not in NOT_FOR_WORKERS
]
each_function = pytest.mark.parametrize("call", FUNCTIONS, ids=lambda call: call.name)


@each_function
def test_every_function_gives_what_it_gives_without_a_bridge(call: Call):
    expected = call.invoke(call.make())

    async def body(bridge: aio.Bridge) -> Any:
        positional, keywords = call.split(call.make())
        return await bridge.run(call.function, *positional, **keywords)

    result = with_bridge(body, threads=1)
    if call.model is None:
        assert type(result) is type(expected)
    else:
        assert same(result, expected, call.tolerance)


@each_function
def test_every_refusal_comes_as_it_is(call: Call):
    async def body(bridge: aio.Bridge) -> None:
        for refusal in call.errors:
            positional, keywords = call.split(call.arguments_of(refusal))
            with pytest.raises(refusal.raises):
                await bridge.run(call.function, *positional, **keywords)
        assert bridge.stats().under_way == 0

    with_bridge(body, threads=1)


def test_wrong_arguments_are_refused_before_the_await():
    async def body(bridge: aio.Bridge) -> None:
        with pytest.raises(fl.ArgumentTypeError):
            bridge.run(fl.sum, "text")
        with pytest.raises(TypeError, match="to_thread"):
            bridge.run(print, "text")
        with pytest.raises(TypeError, match="to_thread"):
            bridge.run(fl.Arena().stats)
        with pytest.raises(TypeError, match="to_thread"):
            bridge.run(_core.records_run, b"", {})

    with_bridge(body, threads=1)


def test_arguments_are_held_and_borrowed_until_the_call_has_ended():
    data = bytearray(endless().nbytes % 1000 + 100_000)
    array = np.ones(100_000)

    async def body(bridge: aio.Bridge) -> None:
        blocker = bridge.run(fl.sum, endless())
        await until(lambda: bridge.stats().running == 1)
        crc = bridge.run(fl.crc32, data)
        total = bridge.run(fl.sum, array)
        with pytest.raises(BufferError):
            data.append(1)
        with pytest.raises(ValueError, match="resize"):
            array.resize(200_000)
        with pytest.raises(fl.BorrowError, match="scale_inplace.*sum|sum.*scale_inplace"):
            await bridge.run(fl.scale_inplace, array, 2.0)
        blocker.cancel()
        assert await crc == zlib.crc32(data)
        assert await total == 100_000
        data.append(1)
        assert await bridge.run(fl.scale_inplace, array, 2.0) is None

    with_bridge(body, threads=1)
    assert array.sum() == 200_000
    array.resize(200_000)
    assert sys.getrefcount(data) == 2


def test_results_come_in_the_order_of_the_items_or_as_they_are_ready():
    arrays = [np.full(100_000, float(i)) for i in range(200)]
    expected = [float(i) * 100_000 for i in range(200)]

    async def each() -> AsyncIterator[np.ndarray]:
        for array in arrays:
            yield array

    async def body(bridge: aio.Bridge) -> None:
        assert [total async for total in bridge.map(fl.sum, arrays, in_flight=7)] == expected
        assert [total async for total in bridge.map(fl.sum, each())] == expected
        ready = [total async for total in bridge.map(fl.sum, arrays, in_flight=9, ordered=False)]
        assert sorted(ready) == expected
        with pytest.raises(fl.ArgumentTypeError):
            async for _ in bridge.map(fl.sum, [arrays[0], "text"]):
                pass
        async for _ in bridge.map(fl.sum, [np.ones(3), endless(), endless()]):
            break
        await until(lambda: bridge.stats().under_way == 0)

    with_bridge(body, threads=2)


def test_map_keeps_no_more_in_flight_than_it_may():
    most = 0

    async def body(bridge: aio.Bridge) -> None:
        nonlocal most
        async for _ in bridge.map(fl.sum, (np.ones(100_000) for _ in range(100)), in_flight=5):
            most = max(most, bridge.stats().under_way)

    with_bridge(body, threads=2)
    assert 1 <= most <= 5


@pytest.mark.parametrize("on_full", ["wait", "raise"])
def test_a_full_bridge_waits_or_refuses(on_full: str):
    async def body(bridge: aio.Bridge) -> None:
        running = [bridge.run(fl.sum, endless()) for _ in range(3)]
        if on_full == "raise":
            with pytest.raises(fl.Overloaded) as refused:
                bridge.run(fl.sum, np.ones(3))
            assert refused.value.retry_after > 0
            for reply in running:
                reply.cancel()
        else:
            waiting = [bridge.run(fl.sum, np.full(3, float(i))) for i in range(10)]
            late = bridge.run(fl.sum, "text")
            assert bridge.stats().waiting == 11 and bridge.stats().under_way == 3
            waiting[4].cancel()
            for reply in running:
                reply.cancel()
            with pytest.raises(fl.ArgumentTypeError):
                await late
            results = await asyncio.gather(*waiting, return_exceptions=True)
            assert isinstance(results.pop(4), asyncio.CancelledError)
            assert results == [3.0 * i for i in range(10) if i != 4]
        await until(lambda: bridge.stats().under_way == 0)
        assert await bridge.run(fl.sum, np.ones(3)) == 3

    with_bridge(body, threads=1, max_queue=3, on_full=on_full)


def test_borrowed_bytes_are_limited():
    async def body(bridge: aio.Bridge) -> None:
        first = bridge.run(fl.sum, endless())
        second = bridge.run(fl.sum, np.ones(3))
        assert bridge.stats().waiting == 1 and bridge.stats().bytes == endless().nbytes
        first.cancel()
        assert await second == 3
        assert bridge.stats().bytes == 0

    with_bridge(body, threads=1, max_bytes=1 << 20)


def test_a_call_too_small_for_a_thread_is_done_at_once():
    array = np.ones(100)

    async def body(bridge: aio.Bridge) -> None:
        blocker = bridge.run(fl.sum, endless())
        reply = bridge.run(fl.sum, array, timeout=60)
        assert reply.done() and await reply == 100
        assert bridge.stats().done == 1 and bridge.stats().under_way == 1
        with pytest.raises(fl.BorrowError):
            await bridge.run(fl.scale, array, 2.0, out=array[::-1])
        blocked = np.ones(100_000)
        waiting = bridge.run(fl.sum, blocked)
        with pytest.raises(fl.BorrowError, match="sum"):
            await bridge.run(fl.scale_inplace, blocked[:3], 2.0)
        blocker.cancel()
        assert await waiting == 100_000
        assert bridge.run(fl.scale_inplace, blocked[:3], 2.0).result() is None

    with_bridge(body, threads=1)
    array.resize(200)


@pytest.mark.parametrize("name", ["uvloop", "asyncio"])
def test_every_loop_will_do(name: str):
    loops = pytest.importorskip(name)

    async def main() -> None:
        assert name in type(asyncio.get_running_loop()).__module__
        async with aio.Bridge(threads=2) as bridge:
            large = [np.full(100_000, float(i)) for i in range(100)]
            replies = [bridge.run(fl.sum, array) for array in large]
            assert await asyncio.gather(*replies) == [100_000.0 * i for i in range(100)]
            ready = [each async for each in bridge.map(fl.sum, large, ordered=False)]
            assert sorted(ready) == [100_000.0 * i for i in range(100)]
            slow = [bridge.run(fl.sum, endless()) for _ in range(4)]
            with pytest.raises(TimeoutError):
                await bridge.run(fl.sum, endless(), timeout=0.02)
            for reply in slow:
                reply.cancel()
            with pytest.raises(asyncio.CancelledError):
                await slow[0]
            await until(lambda: bridge.stats().under_way == 0)

    loop = loops.new_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()


# The table of docs/aio.md: where the call is x what happens to it.


def test_cancelled_while_it_waits_it_never_begins():
    async def body(bridge: aio.Bridge) -> None:
        blocker = bridge.run(fl.sum, endless())
        array = np.ones(3)
        waiting = bridge.run(fl.scale_inplace, array, 2.0)
        assert waiting.cancel()
        blocker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await until(lambda: bridge.stats().under_way == 0)
        assert array.tolist() == [1, 1, 1]

    with_bridge(body, threads=1, max_queue=1)


def test_cancelled_while_queued_it_gives_its_borrows_back_at_once():
    async def body(bridge: aio.Bridge) -> None:
        blocker = bridge.run(fl.sum, endless())
        await until(lambda: bridge.stats().running == 1)
        array = np.ones(100_000)
        queued = bridge.run(fl.scale_inplace, array, 2.0)
        assert queued.cancel() and not queued.cancel()
        await asyncio.sleep(0)
        await until(lambda: bridge.stats().under_way == 1)
        array.resize(5)
        assert array.tolist() == [1] * 5
        blocker.cancel()

    with_bridge(body, threads=1)


def test_cancelled_while_running_it_stops_and_then_gives_its_borrows_back():
    async def body(bridge: aio.Bridge) -> None:
        array = endless()
        references = sys.getrefcount(array)

        async def wait_for_it() -> float:
            return await bridge.run(fl.sum, array)

        task = asyncio.create_task(wait_for_it())
        await until(lambda: bridge.stats().running == 1)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: bridge.stats().under_way == 0)
        assert time.monotonic() - began < 5
        assert sys.getrefcount(array) == references
        assert fl.testing.live_borrows() == 0

    with_bridge(body, threads=1)


def test_cancelled_when_it_has_ended_it_keeps_its_result():
    async def body(bridge: aio.Bridge) -> None:
        reply = bridge.run(fl.sum, np.ones(3))
        await until(reply.done)
        assert not reply.cancel()
        assert await reply == 3

    with_bridge(body, threads=1)


def test_a_failure_of_the_kernel_is_the_documented_exception(tmp_path):
    async def body(bridge: aio.Bridge) -> None:
        with pytest.raises(FileNotFoundError) as missing:
            await bridge.run(fl.crc32, tmp_path / "missing")
        assert missing.value.filename == str(tmp_path / "missing")
        with pytest.raises(MemoryError):
            await bridge.run(fl.linspace, 1 << 60, 0.0, 1.0)
        assert bridge.stats().under_way == 0

    with_bridge(body, threads=1)


@pytest.mark.parametrize("where", ["running", "queued", "waiting"])
def test_a_deadline_stops_the_call_wherever_it_is(where: str):
    async def body(bridge: aio.Bridge) -> None:
        blocker = None if where == "running" else bridge.run(fl.sum, endless())
        with pytest.raises(TimeoutError, match="0.02 s"):
            await bridge.run(fl.sum, endless(), timeout=0.02)
        if blocker is not None:
            blocker.cancel()
        await until(lambda: bridge.stats().under_way == 0)
        assert await bridge.run(fl.sum, np.ones(3), timeout=60) == 3

    with_bridge(body, threads=1, max_queue=1 if where == "waiting" else 10)


def test_cancelling_and_finishing_may_race():
    seeds = random.Random(7)

    async def body(bridge: aio.Bridge) -> None:
        arrays = [np.ones(seeds.randrange(1, 150_000)) for _ in range(20)]
        for round_ in range(1000 if MANY else 200):
            replies = [bridge.run(fl.sum, seeds.choice(arrays)) for _ in range(3)]
            if round_ % 2:
                await asyncio.sleep(0)
            for reply in replies:
                if seeds.random() < 0.5:
                    reply.cancel()
            for result in await asyncio.gather(*replies, return_exceptions=True):
                assert isinstance(result, float | asyncio.CancelledError)
        await until(lambda: bridge.stats().under_way == 0)
        assert fl.testing.live_borrows() == 0

    with_bridge(body, threads=2)


def test_the_loop_goes_on_while_workers_compute():
    async def body(bridge: aio.Bridge) -> int:
        ticks = 0
        reply = bridge.run(fl.sum, repeated(1.0, "float64", 1 << 28))
        while not reply.done():
            await asyncio.sleep(0)
            ticks += 1
        assert await reply == 1 << 28
        return ticks

    assert with_bridge(body, threads=1) > 10


def test_a_future_and_a_bridge_that_are_dropped_leave_nothing():
    async def body() -> None:
        bridge = aio.Bridge(threads=1)
        bridge.run(fl.sum, endless())
        bridge.run(fl.sum, endless())
        await until(lambda: bridge.stats().running == 1)

    asyncio.run(body())
    gc.collect()
    assert fl.testing.live_borrows() == 0
    assert not [t for t in threading.enumerate() if "fastlane" in t.name]


@pytest.mark.parametrize(
    "options",
    [{"on_full": "drop"}, {"max_queue": 0}, {"threads": 0}, {"nice": 20}],
    ids=lambda options: next(iter(options)),
)
def test_wrong_options_are_refused(options: dict[str, Any]):
    with pytest.raises(fl.ArgumentValueError, match=next(iter(options))):
        aio.Bridge(**options)
