"""CallbackQueue: batches from native threads, what the callable raises, limits, cycles, lifecycles."""

import gc
import os
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bridges import needs_threads_after_a_fork
from test_threads import run_alone

import fastlane as fl
from fastlane.testing import post_events

MANY = int(os.environ.get("FASTLANE_CASES", "200")) > 200
Batch = list[tuple[int, bytes]]


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.001)


def test_every_event_comes_once_and_in_its_producers_order():
    threads, events = 4, 100_000 if MANY else 5_000
    batches: list[Batch] = []
    callers = set()

    def collect(batch: Batch) -> None:
        batches.append(batch)
        callers.add(threading.get_ident())

    with fl.CallbackQueue(collect, max_batch=100, max_pending=1000) as queue:
        post_events(queue, threads, events)
        queue.flush()
        stats = queue.stats()
    came = [event for batch in batches for event in batch]
    for thread in range(threads):
        numbers = [payload for code, payload in came if code == thread]
        assert numbers == [b"%d" % number for number in range(events)]
    assert len(came) == threads * events == stats.posted == stats.delivered
    assert max(len(batch) for batch in batches) <= 100
    assert stats.batches == len(batches) and stats.pending == stats.failed == 0
    assert len(callers) == 1 and threading.get_ident() not in callers


def test_python_threads_post_any_bytes():
    came: Batch = []
    with fl.CallbackQueue(came.extend) as queue:
        queue.post(-(1 << 63))
        queue.post((1 << 63) - 1, b"bytes")
        queue.post(2, bytearray(b"bytearray"))
        queue.post(3, np.arange(6, dtype="u1")[::-2])
    assert came == [
        (-(1 << 63), b""), ((1 << 63) - 1, b"bytes"), (2, b"bytearray"), (3, b"\5\3\1"),
    ]  # fmt: skip


def test_a_batch_waits_for_company_and_flush_hurries_it():
    batches: list[Batch] = []
    with fl.CallbackQueue(batches.append, max_batch=3, max_wait=3600) as queue:
        queue.post(0)
        queue.post(1)
        time.sleep(0.05)
        assert not batches
        queue.post(2)
        wait_until(lambda: bool(batches))
        queue.post(3)
        queue.flush()
        assert [len(batch) for batch in batches] == [3, 1]
        queue.post(4)
    assert [len(batch) for batch in batches] == [3, 1, 1]


def test_a_batch_waits_no_longer_than_it_may():
    batches: list[Batch] = []
    with fl.CallbackQueue(batches.append, max_wait=0.02) as queue:
        queue.post(0)
        wait_until(lambda: bool(batches))


def test_what_the_callable_raises_comes_out_of_flush_and_close():
    def refuse(batch: Batch) -> None:
        raise [KeyError, ValueError][batch[0][0]](batch[0][0])

    queue = fl.CallbackQueue(refuse, max_batch=1)
    queue.post(0)
    queue.post(1)
    with pytest.raises(ExceptionGroup, match="2 of its batches") as caught:
        queue.flush()
    first, second = caught.value.exceptions
    assert isinstance(first, KeyError) and isinstance(second, ValueError)
    assert "refuse" in "".join(traceback.format_exception(first))
    queue.flush()
    queue.post(1)
    with pytest.raises(ExceptionGroup, match="1 of its batches"):
        queue.close()
    queue.close()
    assert queue.stats().failed == 3


def test_errors_are_kept_up_to_a_limit_and_counted_beyond():
    def leave(batch: Batch) -> None:
        raise SystemExit(3)

    queue = fl.CallbackQueue(leave, max_batch=1)
    post_events(queue, 2, 150)
    with pytest.raises(BaseExceptionGroup, match="300 of its batches.*first") as caught:
        queue.close()
    assert len(caught.value.exceptions) == 100


def held_queue(**options: Any) -> tuple[fl.CallbackQueue, threading.Event, Batch]:
    """One whose callable has a batch in its hands until the event is set."""
    began, go = threading.Event(), threading.Event()
    came: Batch = []

    def hold(batch: Batch) -> None:
        began.set()
        go.wait()
        came.extend(batch)

    queue = fl.CallbackQueue(hold, **options)
    queue.post(0)
    began.wait()
    return queue, go, came


def test_a_full_queue_refuses():
    queue, go, came = held_queue(max_pending=2, on_full="raise")
    queue.post(1)
    queue.post(2)
    with pytest.raises(fl.Overloaded) as caught:
        queue.post(3)
    assert caught.value.retry_after > 0
    with pytest.raises(fl.Overloaded):
        post_events(queue, 2, 1)
    go.set()
    queue.close()
    assert [code for code, _ in came] == [0, 1, 2]


def test_a_full_queue_lets_wait():
    queue, go, came = held_queue(max_pending=2)
    poster = threading.Thread(target=lambda: [queue.post(code) for code in range(1, 9)])
    poster.start()
    wait_until(lambda: queue.stats().pending == 2)
    go.set()
    poster.join()
    queue.close()
    assert [code for code, _ in came] == list(range(9))


def test_the_callable_may_post_but_never_waits_for_itself():
    came, refused = [], []

    def again(batch: Batch) -> None:
        came.extend(code for code, _ in batch)
        if batch[0][0] == 3:
            for wait in (queue.flush, queue.close):
                with pytest.raises(RuntimeError, match="itself"):
                    wait()
            for code in range(4, 8):
                queue.post(code)
            with pytest.raises(fl.Overloaded) as caught:
                queue.post(8)
            refused.append(caught)

    queue = fl.CallbackQueue(again, max_pending=4)
    queue.post(3)
    wait_until(lambda: len(came) == 5)
    queue.close()
    assert came == [3, 4, 5, 6, 7] and refused


def test_timeouts_of_flush_and_close():
    queue, go, came = held_queue()
    with pytest.raises(TimeoutError):
        queue.flush(0.03)
    with pytest.raises(TimeoutError):
        queue.close(0.03)
    with pytest.raises(RuntimeError, match="closed"):
        queue.post(1)
    go.set()
    queue.close()
    assert came == [(0, b"")]


def test_a_queue_that_is_dropped_forgets_what_is_pending():
    queue, go, came = held_queue()
    queue.post(1)
    del queue
    go.set()
    wait_until(lambda: came == [(0, b"")])


def test_the_callable_may_drop_its_queue():
    ended = threading.Event()

    class Owner:
        def __init__(self) -> None:
            self.queue = fl.CallbackQueue(self.receive)

        def receive(self, batch: Batch) -> None:
            del self.queue
            ended.set()

    owner = Owner()
    owner.queue.post(0)
    assert ended.wait(10)


@pytest.mark.parametrize("used", [False, True])
def test_a_cycle_through_the_callable_is_collected(used: bool):
    class Owner:
        def __init__(self) -> None:
            self.queue = fl.CallbackQueue(self.receive)
            self.seen = 0

        def receive(self, batch: Batch) -> None:
            self.seen += len(batch)
            if self.seen == 2:
                raise ValueError(self)

    owner = Owner()
    if used:
        owner.queue.post(0)
        owner.queue.post(1)
        wait_until(lambda: owner.queue.stats().delivered == 2)
    gone = weakref.ref(owner)
    del owner
    wait_until(lambda: gc.collect() >= 0 and gone() is None)


def test_the_callable_is_let_go_of_by_attached_threads_only():
    finalized_on = []

    class Callable:
        def __call__(self, batch: Batch) -> None:
            pass

        def __del__(self) -> None:
            finalized_on.append(threading.current_thread().name)

    for _ in range(50):
        queue = fl.CallbackQueue(Callable(), max_wait=0.0)
        poster = threading.Thread(target=post_events, args=(queue, 2, 20))
        poster.start()
        del queue
        poster.join()
    wait_until(lambda: len(finalized_on) == 50)


def test_memory_stays_flat():
    queue = fl.CallbackQueue(len)

    def resident() -> int:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096

    def work() -> None:
        post_events(queue, 2, 500_000 if MANY else 25_000)
        queue.flush()

    work()
    before = resident()
    work()
    work()
    queue.close()
    assert resident() - before < 8 << 20


# ---- Processes ----------------------------------------------------------------------------------

PRELUDE = """
import os, sys, threading, time
import fastlane as fl
from fastlane.testing import post_events
"""

EXITS = {
    "unused": "queue = fl.CallbackQueue(print)",
    "idle": "queue = fl.CallbackQueue(len); queue.post(0); queue.flush()",
    "pending": """
queue = fl.CallbackQueue(lambda batch: print(len(batch), flush=True), max_wait=3600)
queue.post(0); queue.post(1)
""",
    "callback running": """
queue = fl.CallbackQueue(lambda batch: time.sleep(60)); queue.post(0); time.sleep(0.05)
""",
    "callback computing": """
def compute(batch):
    while True: pass
queue = fl.CallbackQueue(compute); queue.post(0); time.sleep(0.05)
""",
    "exception in flight": """
def fail(batch): raise ValueError
queue = fl.CallbackQueue(fail); queue.post(0); time.sleep(0.05); sys.exit(3)
""",
    "exit in the callable": """
queue = fl.CallbackQueue(lambda batch: sys.exit(5)); queue.post(0); time.sleep(0.05)
""",
    "daemon thread posts": """
queue = fl.CallbackQueue(len, max_pending=10)
def post():
    try: post_events(queue, 2, 1 << 40)
    except RuntimeError: pass  # the queue has been closed, and there is still time to say so
threading.Thread(target=post, daemon=True).start()
time.sleep(0.05)
""",
    "daemon thread flushes": """
queue = fl.CallbackQueue(lambda batch: time.sleep(60)); queue.post(0); time.sleep(0.05)
threading.Thread(target=queue.flush, daemon=True).start(); time.sleep(0.05)
""",
}


@pytest.mark.parametrize("state", EXITS)
def test_every_exit_is_quick_and_silent(state: str):
    for _ in range(100 if MANY else 1):
        run = run_alone(PRELUDE + EXITS[state], timeout=20)
        assert run.returncode == (3 if state == "exception in flight" else 0), run.stderr
        assert (run.stdout, run.stderr) == ("2\n" if state == "pending" else "", "")


@needs_threads_after_a_fork
@pytest.mark.parametrize("state", ["idle", "busy", "in the callable", "from the callable"])
def test_the_child_of_a_fork_gets_an_empty_queue_that_works(state: str):
    script = f"""
came = []
state, forks = {state!r}, {100 if MANY else 5}
children = []
def receive(batch):
    came.extend(batch)
    if state == "in the callable": time.sleep(0.02)
    if state == "from the callable" and batch[0][0] < forks: fork()
def child():
    assert queue.stats().pending == 0
    del came[:]
    queue.flush()
    post_events(queue, 2, 10) if state != "from the callable" else queue.post(forks)
    queue.flush()
    assert len(came) == (20 if state != "from the callable" else 1), came
    os._exit(7)
def fork():
    pid = os.fork()
    if pid == 0:
        try: child()
        finally: os._exit(1)
    children.append(pid)
queue = fl.CallbackQueue(receive, max_batch=1, max_pending=1000)
over = threading.Event()
def keep_busy():
    while not over.is_set(): post_events(queue, 1, 10)
busy = threading.Thread(target=keep_busy)
if state == "busy": busy.start()
for number in range(forks):
    queue.post(number)
    if state == "in the callable": time.sleep(0.005)
    if state != "from the callable": fork()
if state == "from the callable": queue.flush()
over.set()
if state == "busy": busy.join()
for pid in children:
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == 7, status
queue.close()
print(len(children))
"""
    run = run_alone(PRELUDE + script, "-W", "ignore::DeprecationWarning", timeout=120)
    assert run.returncode == 0 and run.stdout, run.stderr[-3000:]
