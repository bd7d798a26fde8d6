"""What fastlane counts: calls, bytes that crossed the boundary, time, and the default arena."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import fastlane
import fastlane.testing

FIELDS = {
    "calls",
    "bytes_borrowed",
    "bytes_moved",
    "bytes_copied",
    "ns_begin",
    "ns_run",
    "ns_finish",
    "gil_released",
    "gil_held",
}


@pytest.fixture(autouse=True)
def from_zero() -> None:
    fastlane.reset_counters()


def counted(name: str) -> dict[str, int]:
    return fastlane.counters()[name]


def test_only_functions_that_were_called_are_there():
    fastlane.sum(np.ones(3))
    found = fastlane.counters()
    assert set(found) == {"counters", "sum", "arena"}
    assert set(found["sum"]) == FIELDS
    assert set(found["arena"]) == {"hits", "misses", "hit_rate"}
    assert all(type(value) is int and value >= 0 for value in found["sum"].values())
    fastlane.reset_counters()
    assert "sum" not in fastlane.counters()


@pytest.mark.parametrize("calls", [1, 2, 4, 5, 250, 251, 252, 255, 256, 600])
def test_every_call_and_every_byte_is_counted(calls: int):
    values = np.ones((7, 3), "f4")
    for _ in range(calls):
        fastlane.sum(values[::2])
    found = counted("sum")
    assert found["calls"] == found["gil_held"] == calls
    assert found["gil_released"] == 0
    assert found["bytes_borrowed"] == calls * 4 * 3 * 4
    assert (found["bytes_moved"], found["bytes_copied"]) == (0, 0)


def test_refused_calls_are_calls():
    for argument in (None, "text", np.ones(3, "M8[s]")):
        with pytest.raises(TypeError):
            fastlane.sum(argument)
    found = counted("sum")
    assert (found["calls"], found["bytes_borrowed"]) == (3, 0)


def test_results_are_moved_and_outputs_are_borrowed():
    x = np.ones(1000)
    fastlane.scale(x, 2.0)
    assert counted("scale")["bytes_moved"] == x.nbytes
    fastlane.reset_counters()
    fastlane.scale(x, 2.0, out=np.empty(1000))
    out = np.empty(1000)
    fastlane.scale(x, 2.0, out=out)
    found = counted("scale")
    assert (found["bytes_borrowed"], found["bytes_moved"]) == (4 * x.nbytes, 0)


def test_bytes_and_str_are_borrowed_too():
    fastlane.crc32(b"twelve bytes")
    fastlane.crc32(bytearray(100))
    fastlane.text.count("\u20ac" * 10, "\u20ac")
    found = fastlane.counters()
    assert found["crc32"]["bytes_borrowed"] == 112
    assert found["text.count"]["bytes_borrowed"] == 22


def test_lists_are_copies():
    fastlane.tolist(np.ones(100, "i2"))
    found = counted("tolist")
    assert (found["bytes_borrowed"], found["bytes_copied"]) == (200, 200)


def test_methods_and_submodules_have_names_of_their_own():
    fastlane.Arena().empty((3, 4))
    fastlane.testing.noop()
    found = fastlane.counters()
    assert found["Arena.empty"]["calls"] == 1 and found["Arena.empty"]["bytes_moved"] == 96
    assert found["testing.noop"]["calls"] == 1


def test_release_of_the_gil_is_counted():
    large, small = np.ones(1 << 16), np.ones(8)
    for _ in range(10):
        fastlane.sum(large)
        fastlane.sum(small)
    found = counted("sum")
    assert (found["gil_released"], found["gil_held"]) == (10, 10)


def test_times_are_those_of_the_phases():
    values = np.ones(1 << 22)
    fastlane.sum(values, threads=1)
    fastlane.reset_counters()
    start = time.perf_counter_ns()
    for _ in range(5):
        fastlane.sum(values, threads=1)
    elapsed = time.perf_counter_ns() - start
    found = counted("sum")
    assert 0 < found["ns_run"] <= elapsed
    assert found["ns_run"] > 10 * (found["ns_begin"] + found["ns_finish"])


def test_small_calls_stand_for_those_between():
    x = np.ones((50, 50))
    for _ in range(300):
        fastlane.sum(x)
    first = counted("sum")
    for _ in range(2700):
        fastlane.sum(x)
    found = counted("sum")
    assert found["ns_run"] > first["ns_run"] > 0
    assert found["ns_begin"] > 0


def test_large_and_small_calls_do_not_stand_for_each_other():
    small, large = np.ones(8), np.ones(1 << 21)
    for _ in range(3):
        fastlane.sum(large, threads=1)
    fastlane.reset_counters()
    elapsed = 0
    for _ in range(200):
        fastlane.sum(small)
        start = time.perf_counter_ns()
        fastlane.sum(large, threads=1)
        elapsed += time.perf_counter_ns() - start
    run = counted("sum")["ns_run"]
    assert run < elapsed * 2


def test_default_arena_is_beside_them():
    before = fastlane.counters()["arena"]
    for _ in range(4):
        fastlane.linspace(1 << 20, 0.0, 1.0)
    after = fastlane.counters()["arena"]
    asked = after["hits"] + after["misses"] - before["hits"] - before["misses"]
    assert asked == 4 and after["hits"] >= before["hits"] + 3
    assert after["hit_rate"] == after["hits"] / (after["hits"] + after["misses"])


def test_counts_of_many_threads_are_whole():
    x = np.ones(1 << 16)

    def work() -> None:
        for _ in range(500):
            fastlane.sum(x)
            fastlane.sum(x[:8])

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = counted("sum")
    assert (found["calls"], found["gil_released"]) == (4000, 2000)
    assert found["bytes_borrowed"] == 2000 * (x.nbytes + 64)
    assert found["ns_run"] < 60e9


def test_a_new_process_has_counted_nothing():
    script = "import fastlane; print(sorted(fastlane.counters()))"
    ended = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{script}"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.stdout == "['arena', 'counters']\n", ended.stderr


@pytest.mark.parametrize(("wish", "is_counted"), [("0", False), ("1", True), (None, True)])
def test_counting_can_be_left_out(wish: str | None, is_counted: bool):
    environment = {name: value for name, value in os.environ.items() if name != "FASTLANE_COUNTERS"}
    if wish is not None:
        environment["FASTLANE_COUNTERS"] = wish
    script = f"import sys; sys.path[:] = {sys.path!r}; import fastlane; fastlane.sum(b'123')"
    run = subprocess.run(
        [sys.executable, "-c", script + "; print('sum' in fastlane.counters())"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.stdout == f"{is_counted}\n", run.stderr
