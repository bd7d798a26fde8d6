"""How expressions run: on several threads, interrupted, in an arena's memory, beside other threads."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import fastlane


@pytest.mark.parametrize("threads", [1, 2, 3, 100])
@pytest.mark.parametrize("shape", [(1_000_003,), (3, 400_001), (400_001, 3), (20, 30, 1_500)])
def test_threads_change_nothing(shape: tuple[int, ...], threads: int):
    x = np.random.default_rng(1).normal(size=shape)
    y = np.random.default_rng(2).normal(size=shape[-1])
    expected = fastlane.evaluate("x*y + sin(x)", x=x, y=y, threads=1)
    assert np.array_equal(fastlane.evaluate("x*y + sin(x)", x=x, y=y, threads=threads), expected)
    out = np.empty(shape[::-1]).T
    fastlane.evaluate("x*y + sin(x)", x=x, y=y, threads=threads, out=out)
    assert np.array_equal(out, expected)
    fastlane.evaluate("x*y + sin(x)", x=x, y=y, threads=threads, out=x)
    assert np.array_equal(x, expected)


def test_an_error_on_another_thread_comes_out():
    a = np.full(1 << 20, 3)
    b = np.full(1 << 20, 2)
    b[-5] = -1
    with pytest.raises(fastlane.ExpressionError, match="negative"):
        fastlane.evaluate("a ** b", a=a, b=b, threads=2)


@pytest.mark.parametrize("threads", [1, 2])
def test_interrupt_stops_an_expression_that_would_take_minutes(threads: int):
    script = f"""
import os, signal, threading, numpy as np, fastlane
signal.signal(signal.SIGINT, signal.default_int_handler)
source = " + ".join(f"(x + {{i}}) ** x" for i in range(200))
x = np.full(1 << 23, 1.5)
threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    fastlane.evaluate(source, x=x, threads={threads})
except KeyboardInterrupt:
    print("interrupted")
import fastlane.testing
assert fastlane.testing.live_borrows() == 0
x.resize(3, refcheck=False)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ended.stdout == "interrupted\n", ended.stderr[-3000:]


def test_results_lie_in_the_arena():
    arena = fastlane.Arena()
    x = np.arange(1000.0)
    result = fastlane.evaluate("x + 1", x=x, arena=arena)
    assert arena.stats().bytes_in_use >= x.nbytes and np.array_equal(result, x + 1)
    del result
    assert arena.stats().bytes_in_use == 0
    assert fastlane.compile("x + 1")(x=x, arena=arena)[0] == 1
    assert arena.stats().hits == 1


def test_large_results_are_recycled():
    x = np.ones(1 << 20)
    first = fastlane.evaluate("x + 1", x=x)
    place = first.ctypes.data
    del first
    assert fastlane.evaluate("x + 2", x=x).ctypes.data == place


def test_one_expression_on_many_threads():
    expression = fastlane.compile("a*b + sin(a)")
    wrong: list[object] = []

    def work(seed: int) -> None:
        random = np.random.default_rng(seed)
        for _ in range(100):
            dtype = random.choice(["f8", "f4", "i4", "u1", "?"])
            a = random.integers(0, 9, random.integers(1, 30_000)).astype(dtype)
            result = expression(a=a, b=a)
            if result[-1] != expression(a=a[-1:], b=a[-1:])[0]:
                wrong.append((dtype, len(a)))

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
