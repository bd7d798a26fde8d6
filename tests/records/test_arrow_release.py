"""Every reference that an Arrow consumer was given comes back, whoever releases it and where."""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest

from fastlane import _core
from records.arrow_structures import RELEASE_ARRAY, ArrowArray, address_of, moved_batch, numbers


def settled(alive: Any, tries: int = 100) -> bool:
    """Whether the object is gone, once the interpreter could run what waits for it."""
    for _ in range(tries):
        gc.collect()
        if alive() is None:
            return True
    return False


@pytest.mark.parametrize("how", ["dropped", "released", "released elsewhere", "child kept"])
def test_every_reference_comes_back(how: str) -> None:
    column = numbers()
    alive = weakref.ref(column["values"])
    capsule: object = _core.arrow_stream([("a", column), ("b", numbers())])
    del column
    gc.collect()
    assert alive() is not None
    if how == "dropped":
        del capsule
        assert settled(alive)
        return
    batch = moved_batch(capsule)
    del capsule
    assert not settled(alive, tries=2)
    child = ArrowArray()
    if how == "child kept":
        ctypes.pointer(child)[0] = batch.children[0].contents
        batch.children[0].contents.release = RELEASE_ARRAY()
    # ctypes lets go of the GIL while it calls, so this is a release without the GIL.
    if how == "released elsewhere":
        thread = threading.Thread(target=lambda: batch.release(ctypes.byref(batch)))
        thread.start()
        thread.join()
    else:
        batch.release(ctypes.byref(batch))
    if how == "child kept":
        assert not settled(alive, tries=2)
        child.release(ctypes.byref(child))
    assert settled(alive)


def test_a_thread_that_python_never_saw_may_release() -> None:
    libc = ctypes.CDLL(None)
    column = numbers()
    alive = weakref.ref(column["values"])
    batch = moved_batch(_core.arrow_stream([("a", column)]))
    del column
    thread = ctypes.c_ulong()
    start = ctypes.c_void_p(address_of(batch.release))
    assert libc.pthread_create(ctypes.byref(thread), None, start, ctypes.byref(batch)) == 0
    assert libc.pthread_join(thread, None) == 0
    assert not batch.release
    assert settled(alive)


AFTER_THE_END = """
import ctypes, sys
sys.path.insert(0, {tests!r})
from records.arrow_structures import ArrowArray, address_of, moved_batch, numbers
from fastlane import _core
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
place = libc.malloc(ctypes.sizeof(ArrowArray))
batch = moved_batch(_core.arrow_stream([("a", numbers())]))
ctypes.memmove(place, ctypes.byref(batch), ctypes.sizeof(ArrowArray))
libc.__getattr__("__cxa_atexit")(
    ctypes.c_void_p(address_of(batch.release)), ctypes.c_void_p(place), ctypes.c_void_p(place))
kept = _core.arrow_stream([("b", numbers())])
"""


def test_a_release_after_the_interpreter_has_ended_is_harmless() -> None:
    script = AFTER_THE_END.format(tests=str(Path(__file__).parent.parent))
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert (done.returncode, done.stdout) == (0, "")


def test_many_releases_without_the_gil_all_come_back() -> None:
    batches, alive = [], []
    for _ in range(2000):
        column = numbers()
        alive.append(weakref.ref(column["values"]))
        batches.append(moved_batch(_core.arrow_stream([("a", column)])))
    del column

    def release(some: list[ArrowArray]) -> None:
        for batch in some:
            batch.release(ctypes.byref(batch))

    threads = [threading.Thread(target=release, args=(batches[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert settled(alive[-1])
    assert [each() for each in alive] == [None] * len(alive)


def test_reference_counts_are_what_they_were() -> None:
    column = numbers()
    before = sys.getrefcount(column["values"]), sys.getrefcount(column)
    for _ in range(10):
        _core.arrow_stream([("a", column)])
        _core.arrow_array(column)
        _core.arrow_schema([("a", column)], True)
    gc.collect()
    assert (sys.getrefcount(column["values"]), sys.getrefcount(column)) == before
