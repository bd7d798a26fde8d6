"""The one thread pool: its size, forks and interrupts in the middle of work, and a clean end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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
    script = "import fastlane, fastlane.records, test_threads\nprint(test_threads.pool_threads())"
    assert run_script(script).stdout == "0\n"


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="no /proc")
def test_threads_start_when_work_needs_them(log: bytes):
    expected = PLAN.run(log, threads=1)
    fastlane.set_threads(3)
    assert PLAN.run(log) == expected
    assert pool_threads() >= 1
    assert PLAN.run(log, threads=5) == expected


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
import fastlane
from test_threads import PLAN, log, logs

data = logs.access_log(2000, seed=5) * 400
stop = False

def work():
    while not stop:
        PLAN.run(data, threads=3)
"""


def test_exit_is_clean_while_the_pool_is_busy():
    script = BUSY + (
        "threading.Thread(target=work, daemon=True).start()\ntime.sleep(float(sys.argv[1]))\n"
    )
    for round_number in range(10):
        ended = run_script(script, str(0.005 * round_number))
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
            "for _ in range(30):\n"
            "    child = os.fork()\n"
            "    if child == 0:\n"
            "        signal.alarm(20)\n"
            "        os._exit(0 if PLAN.run(data[:300_000], threads=3) == expected else 1)\n"
            "    codes.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
            "stop = True\n"
            "worker.join()\n"
            "print(codes)\n"
        )
    )
    ended = run_script(script)
    assert (ended.stdout, ended.stderr, ended.returncode) == ("{0}\n", "", 0)
