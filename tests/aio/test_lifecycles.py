"""aio.Bridge where it begins and ends: threads without a loop, loops that close, forks and exits."""

import asyncio
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from bridges import MANY, large, needs_threads_after_a_fork, run_with_bridge
from call_arguments import endless

import fastlane as fl
import fastlane.testing
from fastlane import aio

# ---- Threads without a loop ---------------------------------------------------------------------


def test_threads_without_a_loop_wait_for_their_results():
    bridge = aio.Bridge(threads=2)
    results = [0.0] * 8

    def work(i: int) -> None:
        for _ in range(50):
            results[i] += bridge.run_sync(fl.sum, np.full(100_000, float(i)))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [50 * 100_000.0 * i for i in range(8)]
    with pytest.raises(fl.ArgumentTypeError):
        bridge.run_sync(fl.sum, "text")
    with pytest.raises(TypeError, match="to_thread"):
        bridge.run_sync(len, "text")
    with pytest.raises(FileNotFoundError):
        bridge.run_sync(fl.crc32, Path("/none"))
    asyncio.run(bridge.close())
    with pytest.raises(RuntimeError, match="closed"):
        bridge.run_sync(fl.sum, np.ones(3))


def test_run_sync_stops_at_its_deadline():
    bridge = aio.Bridge(threads=1)
    with pytest.raises(TimeoutError):
        bridge.run_sync(fl.sum, endless(), timeout=0.05)
    assert fl.testing.live_borrows() == 0
    assert bridge.run_sync(fl.sum, large(), timeout=60) == 100_000
    with pytest.raises(fl.ArgumentValueError, match="timeout"):
        bridge.run_sync(fl.sum, np.ones(3), timeout=-1)
    asyncio.run(bridge.close())


def test_run_sync_on_a_full_bridge_is_refused():
    bridge = aio.Bridge(threads=1, max_queue=1, on_full="raise")
    began = threading.Event()

    def block() -> None:
        began.set()
        with pytest.raises(TimeoutError):
            bridge.run_sync(fl.sum, endless(), timeout=1)

    thread = threading.Thread(target=block)
    thread.start()
    began.wait()
    while not bridge.stats().running:
        time.sleep(0.001)
    with pytest.raises(fl.Overloaded):
        bridge.run_sync(fl.sum, np.ones(3))
    thread.join()
    asyncio.run(bridge.close())


def test_an_interrupt_reaches_run_sync():
    run = run_with_bridge("""
import signal
bridge = aio.Bridge(threads=1)
threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    bridge.run_sync(fl.sum, endless)
except KeyboardInterrupt:
    print("interrupted", bridge.run_sync(fl.sum, np.ones(3)))
""")
    assert run.stdout == "interrupted 3.0\n" and run.returncode == 0 and not run.stderr


# ---- Loops --------------------------------------------------------------------------------------


def test_a_bridge_serves_one_loop_after_the_other():
    bridge = aio.Bridge(threads=1)

    async def ask() -> float:
        return await bridge.run(fl.sum, large())

    for _ in range(100):
        assert asyncio.run(ask()) == 100_000

    async def leave_something_behind() -> None:
        bridge.run(fl.sum, endless())

    asyncio.run(leave_something_behind())
    assert asyncio.run(ask()) == 100_000
    asyncio.run(bridge.close())
    with pytest.raises(RuntimeError, match="closed"):
        asyncio.run(ask())


def test_a_bridge_belongs_to_one_loop_at_a_time():
    async def body() -> None:
        async with aio.Bridge(threads=1) as bridge:
            await bridge.run(fl.sum, np.ones(3))
            refused = []

            def elsewhere() -> None:
                async def ask() -> None:
                    await bridge.run(fl.sum, np.ones(3))

                with pytest.raises(RuntimeError, match="another event loop") as error:
                    asyncio.run(ask())
                refused.append(error)

            await asyncio.to_thread(elsewhere)
            assert refused

    asyncio.run(body())


def test_several_loops_and_bridges_work_side_by_side():
    async def work(seed: int) -> None:
        async with aio.Bridge(threads=2) as first, aio.Bridge(threads=1) as second:
            for i in range(100):
                array = np.full(100_000, float(seed + i))
                one, two = first.run(fl.sum, array), second.run(fl.describe, array)
                assert await one == (await two).sum == 100_000.0 * (seed + i)

    failed = []

    def loop(seed: int) -> None:
        try:
            asyncio.run(work(seed))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=loop, args=(i * 1000,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_close_waits_for_what_there_is_and_cancels_after_its_timeout():
    async def body() -> None:
        bridge = aio.Bridge(threads=1, max_queue=2)
        replies = [bridge.run(fl.sum, large()) for _ in range(10)]
        await bridge.close()
        assert [reply.result() for reply in replies] == [100_000.0] * 10
        with pytest.raises(RuntimeError, match="closed"):
            bridge.run(fl.sum, np.ones(3))
        await bridge.close()

        slow = aio.Bridge(threads=1, max_queue=2)
        replies = [slow.run(fl.sum, endless()) for _ in range(4)]
        await slow.close(timeout=0.05)
        assert all(reply.cancelled() for reply in replies)

    asyncio.run(body())
    assert fl.testing.live_borrows() == 0


# ---- Forks --------------------------------------------------------------------------------------


@needs_threads_after_a_fork
def test_the_child_of_a_fork_gets_a_working_bridge():
    run = run_with_bridge("""
bridge = aio.Bridge(threads=2)
async def parent():
    waited_for = bridge.run(fl.sum, endless)
    queued = [bridge.run(fl.sum, endless) for _ in range(5)]
    while not bridge.stats().running: await asyncio.sleep(0.001)
    child = os.fork()
    if child == 0:
        assert all(isinstance(r.exception(), fl.ForkedError) for r in [waited_for, *queued])
        assert fl.testing.live_borrows() == 0
        assert bridge.run_sync(fl.sum, large()) == 100_000
        result = []
        async def ask():
            return [await bridge.run(fl.sum, np.ones(i * 10_000)) for i in range(100)]
        thread = threading.Thread(target=lambda: result.append(asyncio.run(ask())))
        thread.start(); thread.join()
        assert result == [[i * 10_000.0 for i in range(100)]]
        os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7, status
    assert not waited_for.done()
    for reply in [waited_for, *queued]: reply.cancel()
    assert await bridge.run(fl.sum, large()) == 100_000
    await bridge.close()
import fastlane.testing
asyncio.run(parent())
print("whole")
""")
    assert run.stdout == "whole\n" and run.returncode == 0, run.stderr


@needs_threads_after_a_fork
@pytest.mark.parametrize("state", ["idle", "busy"])
def test_many_forks(state: str):
    forks = 100 if MANY else 10
    run = run_with_bridge(f"""
bridge = aio.Bridge(threads=2)
assert bridge.run_sync(fl.sum, large()) == 100_000
over = threading.Event()
def keep_busy():
    while not over.is_set(): bridge.run_sync(fl.sum, np.ones(100_000))
threads = [threading.Thread(target=keep_busy) for _ in range({2 if state == "busy" else 0})]
for thread in threads: thread.start()
for _ in range({forks}):
    child = os.fork()
    if child == 0:
        os._exit(0 if bridge.run_sync(fl.sum, large()) == 100_000 else 1)
    assert os.waitpid(child, 0)[1] == 0
over.set()
for thread in threads: thread.join()
print("whole")
""")
    assert run.stdout == "whole\n", run.stderr


# ---- Exits --------------------------------------------------------------------------------------

STATES = {
    "idle": "bridge.run_sync(fl.sum, large())",
    "unused": "",
    "busy": """
async def main():
    bridge.run(fl.sum, endless); await asyncio.sleep(0.02)
asyncio.run(main())
""",
    "pending": """
async def main():
    global replies
    replies = [bridge.run(fl.sum, endless) for _ in range(50)]
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
""",
    "cancelled": """
async def main():
    reply = bridge.run(fl.sum, endless); await asyncio.sleep(0.02); reply.cancel()
asyncio.run(main())
""",
    "exception": """
async def main():
    bridge.run(fl.sum, endless)
    raise SystemExit(3)
asyncio.run(main())
""",
    "daemon": """
threading.Thread(target=lambda: bridge.run_sync(fl.sum, endless), daemon=True).start()
time.sleep(0.05)
""",
}


@pytest.mark.parametrize("state", STATES)
def test_every_exit_is_quick_and_silent(state: str):
    for _ in range(100 if MANY else 1):
        run = run_with_bridge("bridge = aio.Bridge(threads=2)\n" + STATES[state], timeout=10)
        assert run.returncode == (3 if state == "exception" else 0), run.stderr
        assert run.stderr == ""


def test_memory_stays_flat():
    """Small calls, calls on workers, refused and cancelled ones."""
    run = run_with_bridge(f"""
data, array = bytes(100_000), np.ones(5)
def resident():
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * 4096
async def work(bridge, times):
    for _ in range(times):
        await bridge.run(fl.sum, array)
        await bridge.run(fl.crc32, data)
        bridge.run(fl.crc32, data).cancel()
        try: bridge.run(fl.sum, "text")
        except TypeError: pass
async def main():
    async with aio.Bridge(threads=2) as bridge:
        times = {250_000 if MANY else 5_000}
        await work(bridge, 5_000)
        before = resident()
        await work(bridge, times)
        print((resident() - before) >> 10)
asyncio.run(main())
""", timeout=280)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 2048, f"{run.stdout.strip()} KiB more"


@pytest.mark.parametrize("asleep", [False, True])
def test_an_idle_bridge_takes_no_time(asleep: bool):
    run = run_with_bridge(f"""
import resource
def used(): return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
async def main():
    async with aio.Bridge(threads=2) as bridge:
        if {asleep}: await asyncio.gather(*[bridge.run(fl.sum, large()) for _ in range(10)])
        await asyncio.sleep(0.01)
        before = used()
        await asyncio.sleep(0.5)
        print(used() - before)
asyncio.run(main())
""")
    assert run.returncode == 0, run.stderr
    assert float(run.stdout) < 0.05
