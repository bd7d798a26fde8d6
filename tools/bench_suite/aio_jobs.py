"""What the suite aio measures, with a bridge, an executor, to_thread and nothing to keep a loop free.

Each measurement runs in a loop of its own and gives figures by name. Garbage collection is off, as
in all suites; CPU time is that of the whole process.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import resource
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

THREADS = 2
Submit = Callable[..., Awaitable[Any]]
Figures = dict[str, float]


@contextlib.asynccontextmanager
async def bridge() -> AsyncIterator[Submit]:
    from fastlane import aio

    async with aio.Bridge(threads=THREADS, max_queue=20_000) as made:
        yield made.run


@contextlib.asynccontextmanager
async def executor() -> AsyncIterator[Submit]:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS) as pool:
        yield functools.partial(loop.run_in_executor, pool)


@contextlib.asynccontextmanager
async def to_thread() -> AsyncIterator[Submit]:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS))
    yield asyncio.to_thread


@contextlib.asynccontextmanager
async def synchronous() -> AsyncIterator[Submit]:
    async def call(function: Callable[..., Any], *args: Any) -> Any:
        return function(*args)

    yield call


WAYS = {
    "fastlane": bridge,
    "executor": executor,
    "to_thread": to_thread,
    "synchronous": synchronous,
}


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def percentile(values: list[float], share: float) -> float:
    return float(np.quantile(values, share))


def job_of(seconds: float) -> tuple[Callable[..., Any], np.ndarray]:
    """A call that takes about so long and no memory: its elements are all the same one."""
    import fastlane

    fastlane.set_threads(1)  # a job takes one CPU, whichever way it goes
    length = 1 << 16
    while True:
        array = np.broadcast_to(1.0, length)
        taken = min(timed(lambda: fastlane.describe(array)) for _ in range(9))
        if taken > seconds / 2:
            return fastlane.describe, np.broadcast_to(1.0, int(length * seconds / taken))
        length *= 2


def timed(call: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


async def one_after_the_other(submit: Submit, call: tuple[Any, ...], times: int) -> Figures:
    """Each call is awaited before the next one is made."""
    for _ in range(200):
        await submit(*call)
    clock = time.perf_counter
    taken = []
    used = cpu_seconds()
    for _ in range(times):
        begin = clock()
        await submit(*call)
        taken.append(clock() - begin)
    used = cpu_seconds() - used
    return {
        "p50": percentile(taken, 0.5),
        "p99": percentile(taken, 0.99),
        "cpu": used / times,
    }


async def all_at_once(submit: Submit, call: tuple[Any, ...], times: int) -> Figures:
    """All calls in one gather, beside a heartbeat that wants to come every millisecond."""
    await submit(*call)
    lags: list[float] = []
    heartbeat = asyncio.create_task(beat(lags))
    await asyncio.sleep(0.01)
    lags.clear()
    begin = time.perf_counter()
    await asyncio.gather(*[submit(*call) for _ in range(times)])
    total = time.perf_counter() - begin
    await asyncio.sleep(0.002)
    heartbeat.cancel()
    return {"total": total, "each": total / times, "lag": percentile(lags, 0.99)}


async def beat(lags: list[float]) -> None:
    while True:
        due = time.perf_counter() + 0.001
        await asyncio.sleep(0.001)
        lags.append(time.perf_counter() - due)


async def in_flight(submit: Submit, call: tuple[Any, ...], times: int, many: int = 20) -> Figures:
    """So many callers, each of which waits for its call before it makes the next one."""
    taken: list[float] = []

    async def caller() -> None:
        for _ in range(times // many):
            begin = time.perf_counter()
            await submit(*call)
            taken.append(time.perf_counter() - begin)

    await asyncio.gather(*[caller() for _ in range(many)])
    return {"p50": percentile(taken, 0.5), "p99": percentile(taken, 0.99)}


async def idle(submit: Submit, call: tuple[Any, ...], seconds: float) -> Figures:
    """How much of a CPU the process takes when it has done something and has nothing to do."""
    await submit(*call)
    await asyncio.sleep(0.01)
    used = cpu_seconds()
    await asyncio.sleep(seconds)
    return {"cpu": (cpu_seconds() - used) / seconds * 100}


def without_a_loop(call: tuple[Any, ...], times: int) -> float:
    """Seconds that the same calls take on two threads with nothing else to do: what the CPUs give."""

    def work() -> None:
        for _ in range(times // THREADS):
            call[0](*call[1:])

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begin


def measure(way: str, measurement: Callable[..., Any], *args: Any) -> Figures:
    async def main() -> Figures:
        async with WAYS[way]() as submit:
            return await measurement(submit, *args)

    gc.collect()
    gc.disable()
    try:
        return asyncio.run(main())
    finally:
        gc.enable()


def interleaved(
    ways: list[str], rounds: int, measurement: Callable[..., Any], *args: Any
) -> dict[str, Figures]:
    """The median of each figure over the rounds, in which the ways take turns."""
    seen: dict[str, list[Figures]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            seen[way].append(measure(way, measurement, *args))
    return {
        way: {name: float(np.median([f[name] for f in figures])) for name in figures[0]}
        for way, figures in seen.items()
    }
