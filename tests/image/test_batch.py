"""load_batch: order, failures by name, progress, threads, and an answer to Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pngs
import pytest

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, DecodeError, image

FILES = [pngs.sample(2, 8, 30, 80, seed=seed).encode() for seed in range(11)]
TENSORS = np.stack([image.to_tensor(file, mean=0.5) for file in FILES])


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_order_is_kept(threads: int | None):
    batch = image.load_batch(FILES, mean=0.5, threads=threads)
    assert np.array_equal(batch, TENSORS)


def test_paths_and_bytes_and_every_option(tmp_path):
    path = tmp_path / "one.png"
    path.write_bytes(FILES[0])
    options = {"layout": "HWC", "channels": "L", "dtype": "uint8"}
    batch = image.load_batch([path, str(path), FILES[0], memoryview(FILES[0])], **options)
    assert batch.shape == (4, 30, 80, 1) and batch.dtype == "uint8"
    assert all(np.array_equal(one, image.to_tensor(path, **options)) for one in batch)


def test_out_and_arena():
    out = np.zeros_like(TENSORS)
    assert image.load_batch(iter(FILES), mean=0.5, out=out) is out
    assert np.array_equal(out, TENSORS)
    spread = np.zeros((11, 3, 30, 90), "f4")
    image.load_batch(FILES, mean=0.5, out=spread[::-1, :, :, :80])
    assert np.array_equal(spread[::-1, :, :, :80], TENSORS)
    arena = fastlane.Arena()
    for _ in range(3):
        assert np.array_equal(image.load_batch(FILES, mean=0.5, arena=arena), TENSORS)
    assert arena.stats().misses == 1
    with pytest.raises(ArgumentValueError):
        image.load_batch(FILES, out=out, arena=arena)
    with pytest.raises(ArgumentValueError):
        image.load_batch(FILES[:3], out=out)


def test_first_failure_is_raised_with_its_place(tmp_path):
    sources = [*FILES, FILES[0][:500], tmp_path / "missing.png"]
    for threads in (1, 3):
        with pytest.raises((DecodeError, FileNotFoundError)) as caught:
            image.load_batch(sources, threads=threads)
        assert caught.value.source is sources[caught.value.index]
        assert f"picture {caught.value.index} of the batch" in caught.value.__notes__[0]
    with pytest.raises(DecodeError) as caught:
        image.load_batch(sources, threads=1)
    assert caught.value.index == 11 and caught.value.chunk == "IDAT"


@pytest.mark.parametrize("reports", [False, True])
def test_failures_are_collected(tmp_path, reports: bool):
    other = pngs.sample(2, 8, 31, 80).encode()
    sources = [FILES[0][:99], FILES[1], tmp_path / "missing.png", *FILES[3:], other, b"", FILES[2]]
    seen: list[tuple[int, int]] = []
    batch = image.load_batch(
        sources,
        mean=0.5,
        threads=1,
        on_error="collect",
        progress=(lambda done, total: seen.append((done, total))) if reports else None,
    )
    kinds = {failure.index: type(failure.error) for failure in batch.failures}
    assert kinds == {
        0: DecodeError, 2: FileNotFoundError, 11: ArgumentValueError, 12: DecodeError
    }  # fmt: skip
    assert all(failure.source is sources[failure.index] for failure in batch.failures)
    assert batch.indices.tolist() == [1, 3, 4, 5, 6, 7, 8, 9, 10, 13]
    assert np.array_equal(batch.tensor, TENSORS[[1, *range(3, 11), 2]])
    if reports:
        assert seen == [(8, 14), (14, 14)]


def test_nothing_but_failures():
    batch = image.load_batch([b"", b"no picture"], on_error="collect")
    assert batch.tensor.shape == (0, 3, 0, 0) and len(batch.failures) == 2
    assert batch.indices.tolist() == []


def test_wrong_calls():
    with pytest.raises(ArgumentValueError):
        image.load_batch([])
    with pytest.raises(ArgumentValueError):
        image.load_batch(FILES, on_error="ignore")
    for wrong in (FILES[0], "name.png"):
        with pytest.raises(ArgumentTypeError):
            image.load_batch(wrong)
    with pytest.raises(ArgumentTypeError):
        image.load_batch([FILES[0], 3])
    with pytest.raises(ArgumentValueError):
        image.load_batch(FILES, mean=(1, 2))


def test_what_progress_raises_comes_out():
    def progress(done: int, total: int) -> None:
        raise KeyError(done)

    with pytest.raises(KeyError):
        image.load_batch(FILES, progress=progress)


INTERRUPTED = """
import sys, time
from fastlane import image
sys.path.insert(0, sys.argv[1])
import pngs
import numpy as np
whole = pngs.sample(2, 8, 8, 8)
whole.samples = np.zeros((2048, 4096, 3), "u2")
whole.filters = (1,)
file = whole.encode()
tensor = np.zeros((40, 3, 2048, 4096), "u1")
print("ready", flush=True)
try:
    while True:
        image.load_batch([file] * 40, dtype="uint8", out=tensor)
except KeyboardInterrupt:
    print(time.monotonic(), flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "kill"), reason="needs signals")
def test_interrupt_is_answered():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, os.path.dirname(pngs.__file__)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    sent = time.monotonic()
    answered = child.stdout.readline()
    assert child.wait(60) == 0 and answered
    assert float(answered) - sent < 30  # a hang, not a stopwatch: machines may be busy
