"""The one thread pool: its size, forks and interrupts in the middle of work, and a clean end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import fastlane
from fastlane import records as fr
from records import logs

HERE = Path(__file__).resolve().parent
PLAN = (
    fr.Plan(fr.apache("combined"), fr.Schema(status=fr.Int16(), bytes=fr.Int64(null="-")))
    .group_by("status")
    .aggregate(n=fr.count(), total=fr.sum("bytes"))
)
TIMEOUT = 120  # seconds until a child that hangs is given up
ROUNDS = 100 if int(os.environ.get("FASTLANE_CASES", "200")) > 200 else 10


def pool_threads() -> int:
    """Threads of the pool in this process, by the name that they bear."""
    names = [(task / "comm").read_text() for task in Path("/proc/self/task").iterdir()]
    return names.count("fastlane-pool\n")


@pytest.fixture(scope="module")
def log() -> bytes:
    return logs.access_log(2000, seed=5) * 20


@pytest.fixture(autouse=True)
def same_size_afterwards() -> Iterator[None]:
    size = fastlane.get_threads()
    yield
    fastlane.set_threads(size)


def test_size_is_what_was_set():
    if hasattr(os, "sched_getaffinity"):
        script = "import fastlane, os\nprint(fastlane.get_threads(), len(os.sched_getaffinity(0)))"
        fresh = run_script(script)
        assert fresh.stdout.split()[0] == fresh.stdout.split()[1]
    for size in (1, 3, 1 << 40, 2):
        fastlane.set_threads(size)
        assert fastlane.get_threads() == size


def test_import_starts_no_thread():
    script = "import fastlane, fastlane.records, test_pool\nprint(test_pool.pool_threads())"
    assert run_script(script).stdout == "0\n"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc")
def test_pool_start_when_work_needs_them(log: bytes):
    expected = PLAN.run(log, threads=1)
    fastlane.set_threads(3)
    assert PLAN.run(log) == expected
    assert pool_threads() >= 1
    assert PLAN.run(log, threads=5) == expected


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u1", "?"])
@pytest.mark.parametrize("step", [1, -2])
def test_results_do_not_depend_on_the_number_of_threads(dtype: str, step: int):
    random = np.random.default_rng(11)
    shape = (1 << 11, 1 << 11) if dtype in ("u1", "?") else (1 << 9, 1 << 10)
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.exp(9 * random.standard_normal(shape)).astype(dtype)[:, ::step]
    alone = fastlane.sum(values, threads=1)
    described = fastlane.describe(values, threads=1)
    for threads in (2, 3, 8, None):
        assert fastlane.sum(values, threads=threads) == alone
        assert fastlane.describe(values, threads=threads) == described
        if values.dtype.kind == "f":
            scaled = fastlane.scale(values, 3.0, threads=threads)
            assert np.array_equal(scaled, values * values.dtype.type(3))


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc")
@pytest.mark.skipif("FASTLANE_SANITIZE" in os.environ, reason="sanitizers need address space")
def test_work_goes_on_when_no_thread_can_be_started():
    script = (
        "import resource, numpy as np, fastlane\n"
        "from test_pool import pool_threads\n"
        "values = np.ones(1 << 20)\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + (6 << 20),) * 2)\n"
        "print(fastlane.sum(values, threads=4), pool_threads())\n"
    )
    assert run_script(script).stdout == f"{float(1 << 20)} 0\n"


def run_script(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    package = Path(fastlane.__file__).parent.parent
    return subprocess.run(
        [sys.executable, "-c", script, *arguments],
        env={**os.environ, "PYTHONPATH": f"{package}{os.pathsep}{HERE}"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


BUSY = """
import os, signal, sys, threading, time
import numpy as np
import fastlane
from test_pool import PLAN, log, logs

data = logs.access_log(2000, seed=5) * 400
values = np.arange(1 << 20, dtype="f8")
stop = False

def work():
    while not stop:
        PLAN.run(data, threads=3)
        fastlane.sum(values, threads=3)
        fastlane.describe(values, threads=2)
        fastlane.scale(values, 2.0, threads=4)
"""


def test_exit_is_clean_while_the_pool_is_busy():
    script = BUSY + (
        "threading.Thread(target=work, daemon=True).start()\ntime.sleep(float(sys.argv[1]))\n"
    )
    for round_number in range(ROUNDS):
        ended = run_script(script, str(0.05 * round_number / ROUNDS))
        assert (ended.returncode, ended.stderr) == (0, "")


def test_an_interrupt_stops_work_on_all_threads():
    script = BUSY + (
        "timer = threading.Timer(0.2, signal.raise_signal, (signal.SIGINT,))\n"
        "timer.start()\n"
        "try:\n"
        "    work()\n"
        "except KeyboardInterrupt:\n"
        "    print('interrupted', fastlane.testing.live_borrows())\n"
        "print(len(PLAN.run(data[:1000], threads=2)['n']) > 0)\n"
    )
    ended = run_script("import fastlane.testing\n" + script)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("interrupted 0\nTrue\n", "", 0)


@pytest.mark.skipif(
    os.environ.get("FASTLANE_SANITIZE") == "thread",
    reason="the thread sanitizer starts no threads after a fork",
)
def test_children_have_a_pool_of_their_own_while_the_parents_is_busy():
    script = (
        "import warnings\nwarnings.simplefilter('ignore')\n"
        + BUSY
        + (
            "expected = PLAN.run(data[:300_000], threads=1)\n"
            "worker = threading.Thread(target=work)\n"
            "worker.start()\n"
            "codes = set()\n"
            "total = fastlane.sum(values, threads=1)\n"
            f"for _ in range({ROUNDS}):\n"
            "    child = os.fork()\n"
            "    if child == 0:\n"
            "        signal.alarm(20)\n"
            "        right = PLAN.run(data[:300_000], threads=3) == expected\n"
            "        right = right and fastlane.sum(values, threads=3) == total\n"
            "        os._exit(0 if right else 1)\n"
            "    codes.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
            "stop = True\n"
            "worker.join()\n"
            "print(codes)\n"
        )
    )
    ended = run_script(script)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("{0}\n", "", 0)
