"""Ctrl-C in the middle of work: it is answered, again and again, and everything is given back."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

ROUNDS = 50 if int(os.environ.get("FASTLANE_CASES", "200")) > 200 else 8

# What is endless can only be ended by the interrupt; the others are repeated until it comes.
WORK = {
    "sum on one thread": "fastlane.sum(endless, threads=1)",
    "sum on three threads": "fastlane.sum(endless, threads=3)",
    "sum of integers": "fastlane.sum(endless.view('i8'), threads=2)",
    "sum of rows": "fastlane.sum(endless_rows)",
    "describe on one thread": "fastlane.describe(endless, threads=1)",
    "describe on three threads": "fastlane.describe(endless_rows, threads=3)",
    "bytes of a buffer": "fastlane.sum(buffer, threads=2), fastlane.crc32(buffer)",
    "scale": "fastlane.scale(long_row, 2.0, out=out, threads=2)",
    "scale into fresh memory": "fastlane.scale(long_row, 2.0)",
    "scale in place": "fastlane.scale_inplace(out, 1.0)",
    "subtract in place": "fastlane.normalize_u8_inplace(buffer)",
    "linspace": "fastlane.linspace(1 << 23, 0.0, 1.0)",
    "transpose": "fastlane.transpose(long_row.reshape(1 << 12, -1))",
    "sines": "fastlane.transform_with_scratch(1 << 24)",
    "tolist": "fastlane.tolist(long_row)",
    "tolist of rows": "fastlane.tolist(long_row.reshape(-1, 8))",
    "matrix": "matrix.transpose()",
}

SCRIPT = """
import signal, sys, weakref
import numpy as np
import fastlane, fastlane.testing

endless = np.broadcast_to(np.float64(1), 1 << 46)
endless_rows = np.broadcast_to(np.arange(6.0)[::2], (1 << 44, 3))
long_row = np.broadcast_to(np.float64(1), 1 << 23)
out = np.ones(1 << 23)
buffer = bytearray(1 << 24)
matrix = fastlane.Matrix.zeros(2000, 2000)
signal.signal(signal.SIGALRM, signal.default_int_handler)
interrupted = 0
for round_number in range(int(sys.argv[1])):
    signal.setitimer(signal.ITIMER_REAL, 0.002 + 0.003 * (round_number % 10))
    try:
        while True:
            WORK
    except KeyboardInterrupt:
        interrupted += 1
    assert fastlane.testing.live_borrows() == 0
    assert weakref.getweakrefcount(out) == 0
    buffer.append(0)
    buffer.pop()
    matrix.resize(2000, 2000)
print(interrupted, fastlane.sum(np.ones(1 << 20)))
"""


@pytest.mark.parametrize("work", WORK.values(), ids=WORK)
def test_every_interrupt_is_answered_and_gives_everything_back(work: str):
    prelude = f"import sys; sys.path[:] = {sys.path!r}\n"
    ended = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", prelude + SCRIPT.replace("WORK", work)]
        + [str(ROUNDS)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == f"{ROUNDS} {float(1 << 20)}\n"
