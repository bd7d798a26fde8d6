"""fastlane.Arena and the default arena: who gets which memory, how much, and when it goes back."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import fastlane
from fastlane import Arena, BorrowError

MIB = 1 << 20


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_memory_is_taken_again():
    arena = Arena()
    first = arena.empty((1000, 100))
    where = address(first)
    del first
    second = arena.empty(100_000)
    assert address(second) == where
    stats = arena.stats()
    assert (stats.hits, stats.misses, stats.hit_rate) == (1, 1, 0.5)
    assert stats.bytes_in_use == stats.peak == 800_000 and stats.bytes_held == 0
    del second
    stats = arena.stats()
    assert stats.bytes_in_use == 0 and stats.bytes_held >= 800_000 and stats.peak == 800_000
    arena.trim()
    assert arena.stats().bytes_held == 0


@pytest.mark.parametrize("shape", [(), 0, (0, 3), 1, (3, 4), (2, 3, 5), (1 << 20,), (1,) * 32])
@pytest.mark.parametrize("dtype", ["f8", "u1", "?", "c16", "S5", "M8[s]", "f4,i2"])
def test_arrays_are_plain_arrays(shape: object, dtype: str):
    array = Arena().empty(shape, dtype)
    assert array.shape == np.empty(shape).shape and array.dtype == np.dtype(dtype)
    assert array.flags.c_contiguous and array.flags.writeable and address(array) % 64 == 0
    if array.nbytes >= 2 * MIB:
        assert address(array) % (2 * MIB) == 0
    array[...] = np.zeros((), dtype)
    assert not array.view("u1").any() if array.size and dtype != "?" and shape != () else True


def test_memory_goes_back_with_the_last_view():
    arena = Arena()
    array = arena.empty((100, 100))
    array[...] = 7
    views = [array[::2, ::-1], memoryview(array)[3:], np.frombuffer(array), array.T.ravel("K")]
    del array
    while views:
        assert arena.stats().bytes_in_use == 80_000
        assert (np.asarray(views.pop()) == 7).all()
    gc.collect()
    assert arena.stats().bytes_in_use == 0


@pytest.mark.parametrize("size", [100, 3 * MIB])
def test_memory_goes_back_after_close_and_after_the_arena(size: int):
    arena = Arena()
    kept = arena.empty(size, "u1")
    kept[:] = 5
    arena.close()
    assert arena.stats().bytes_held == 0 and arena.stats().bytes_in_use == size
    with pytest.raises(BorrowError):
        arena.empty(1)
    with pytest.raises(BorrowError):
        fastlane.linspace(5, 0, 1, arena=arena)
    arena.close()
    assert (kept == 5).all()
    del kept
    assert arena.stats().bytes_in_use == arena.stats().bytes_held == 0

    kept = Arena().empty(size, "u1")
    kept[:] = 6
    gc.collect()
    assert (kept == 6).all()


def test_arena_is_a_context_manager():
    with Arena() as arena:
        kept = arena.empty(10)
        kept[:] = 3
    assert kept.sum() == 30
    with pytest.raises(BorrowError):
        arena.empty(10)
    with pytest.raises(KeyError), Arena() as arena:
        raise KeyError


def test_limit_is_what_may_be_in_use():
    arena = Arena(limit=1000)
    first = arena.empty(100)
    with pytest.raises(MemoryError):
        arena.empty(26)
    second = arena.empty(25)
    assert arena.stats().bytes_in_use == 1000
    with pytest.raises(MemoryError):
        arena.empty(1, "u1")
    empty = arena.empty(0)
    del first
    third = arena.empty(100)
    assert arena.stats().peak == 1000
    for call in (
        lambda: fastlane.scale(np.ones(100), 2.0, arena=arena),
        lambda: fastlane.linspace(100, 0, 1, arena=arena),
        lambda: fastlane.transpose(np.ones((10, 10)), arena=arena),
        lambda: fastlane.transform_with_scratch(100, arena=arena),
    ):
        with pytest.raises(MemoryError):
            call()
    assert arena.stats().bytes_in_use == 1000
    del second, third, empty
    assert arena.stats().bytes_in_use == 0


def test_what_is_held_gives_way_to_what_is_wanted():
    arena = Arena(limit=8 * MIB)
    del_me = arena.empty(8 * MIB, "u1")
    del del_me
    assert arena.stats().bytes_held == 8 * MIB
    kept = arena.empty(3 * MIB, "u1")
    assert arena.stats().bytes_held + kept.nbytes <= 8 * MIB


def test_no_more_than_the_machine_has():
    with pytest.raises(MemoryError):
        Arena().empty(1 << 44)
    with pytest.raises(MemoryError):
        Arena(limit=1 << 60).empty((1 << 40, 1 << 10))


RESULTS = {
    "scale": lambda arena: fastlane.scale(np.arange(30_000.0), 2.0, arena=arena),
    "linspace": lambda arena: fastlane.linspace(30_000, 0.0, 3.0, arena=arena),
    "transpose": lambda arena: fastlane.transpose(np.arange(3e4).reshape(100, 300), arena=arena),
    "transform": lambda arena: fastlane.transform_with_scratch(30_000, arena=arena),
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS)
def test_results_in_an_arena_are_those_without(make):
    arena = Arena()
    dirty = arena.empty(30_000)
    dirty[:] = np.nan
    del dirty
    result = make(arena)
    assert np.array_equal(result, make(None))
    assert arena.stats().bytes_in_use == result.nbytes
    del result
    assert np.array_equal(make(arena), make(None))
    assert arena.stats().bytes_in_use == 0


def test_default_arena_serves_large_results_only():
    def asked() -> int:
        found = fastlane.counters()["arena"]
        return found["hits"] + found["misses"]

    before = asked()
    fastlane.linspace(MIB // 2 - 1, 0, 1)
    assert asked() == before
    first = fastlane.linspace(MIB // 2, 0, 1)
    assert asked() == before + 1
    where = address(first)
    del first
    assert address(fastlane.linspace(MIB // 2, 0, 1)) == where


def test_many_threads_share_one_arena():
    arena = Arena(limit=64 * MIB)
    handed: list[np.ndarray] = []
    wrong = []

    def work(seed: int) -> None:
        random = np.random.default_rng(seed)
        mine: list[tuple[np.ndarray, int]] = []
        for step in range(400):
            size = int(random.integers(0, 1 << int(random.integers(1, 20))))
            array = arena.empty(size, "u1")
            array[:] = step % 251
            mine.append((array, step % 251))
            if step % 7 == 0:
                handed.append(mine.pop(0)[0])
            if len(mine) > 5:
                array, value = mine.pop(int(random.integers(0, len(mine))))
                if not (array == value).all():
                    wrong.append(seed)
            if step % 50 == 0:
                arena.trim()
                handed.clear()

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    handed.clear()
    gc.collect()
    stats = arena.stats()
    assert not wrong and stats.bytes_in_use == 0
    assert stats.hits + stats.misses == 6 * 400 and stats.peak <= 64 * MIB


def test_memory_may_go_back_while_the_interpreter_ends():
    script = (
        "import numpy as np, fastlane, threading\n"
        "arena = fastlane.Arena()\n"
        "kept = [arena.empty(1 << k, 'u1') for k in range(24)]\n"
        "large = fastlane.linspace(1 << 20, 0, 1)\n"
        "class Cycle: pass\n"
        "cycle = Cycle(); cycle.me = cycle; cycle.kept = arena.empty(5000)\n"
        "np.kept_for_ever = arena.empty(1 << 22)\n"
        "def loop():\n"
        "    while True: arena.empty(1 << 21, 'u1')\n"
        "threading.Thread(target=loop, daemon=True).start()\n"
    )
    for _ in range(3):
        ended = subprocess.run(
            [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{script}"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.skipif(
    os.environ.get("FASTLANE_SANITIZE") == "thread",
    reason="the thread sanitizer starts no threads after a fork",
)
def test_children_go_on_with_a_copy():
    arena = Arena()
    kept = arena.empty(3 * MIB, "u1")
    kept[:] = 9
    child = os.fork()
    if child == 0:
        right = (kept == 9).all() and arena.stats().bytes_in_use == 3 * MIB
        del kept
        again = arena.empty(3 * MIB, "u1")
        again[:] = 1
        os._exit(0 if right and arena.stats().hits == 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (kept == 9).all() and arena.stats().bytes_in_use == 3 * MIB
