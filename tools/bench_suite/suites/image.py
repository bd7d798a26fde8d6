"""4K pictures: PNG file to pixels, to a normalised tensor, and pixels to a tensor."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from bench_suite import image_jobs, peers
from bench_suite.image_jobs import DECODE, MEAN, STD, TENSOR
from bench_suite.measure import Call, Effort, Fact, Row
from bench_suite.pictures import files

TITLE = "4K PNG, file in the cache, one thread; outputs reused, or an arena, unless they are fresh"
COLUMNS = ["before", "NumPy", "numba", "Pillow", "OpenCV", "imagecodecs", "fastlane"]
FLOOR = None
THREADS = (1, 2)
EFFORT = Effort(seconds=6.0, least=3, most=60)
QUICK = Effort(seconds=2.0, least=3, most=20)


def near(wanted: np.ndarray) -> Callable[[Any], bool]:
    sample = np.ascontiguousarray(wanted[..., ::97, ::89])

    def judge(got: Any) -> bool:
        return got.shape == wanted.shape and np.allclose(got[..., ::97, ::89], sample, atol=3e-6)

    return judge


def jobs_row(name: str, path: Path, jobs: dict[str, Any], wanted: np.ndarray) -> Row:
    found = {
        column: Call(job, (str(path),)) if image_jobs.there(jobs, column) else None
        for column, (_, job) in jobs.items()
    }
    return Row(name, found, right=near(wanted))


def memory(path: Path) -> Fact:
    def peak(column: str) -> float | None:
        if not image_jobs.there(TENSOR, column):
            return None
        command = [sys.executable, "-m", "bench_suite.image_jobs", column, str(path)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        return float(done.stdout) if done.returncode == 0 else None

    return Fact("peak memory, tensor", "MB", {column: peak(column) for column in TENSOR})


def normalize_rows(pixels: np.ndarray) -> Iterator[Row]:
    own = peers.function("fastlane.image", "normalize")
    loop = peers.function("bench_suite.numba_kernels", "normalize_into")
    shape = (3, *pixels.shape[:2])
    wanted = image_jobs.careful(pixels)
    kept = [np.zeros(shape, "f4") for _ in range(3)]
    numbers = (pixels, image_jobs.SLOPE, image_jobs.OFFSET)
    options = {"mean": MEAN, "std": STD, "threads": 1}
    yield Row(
        "normalize, reused",
        {
            "NumPy": Call(image_jobs.careful, (pixels, kept[0])),
            "numba": Call(loop, (*numbers, kept[1])) if loop else None,
            "fastlane": Call(own, (pixels,), {**options, "out": kept[2]}) if own else None,
        },
        right=near(wanted),
    )
    yield Row(
        "normalize, fresh",
        {
            "NumPy": Call(image_jobs.careful, (pixels,)),
            "numba": Call(lambda: loop(*numbers, np.empty(shape, "f4"))) if loop else None,
            "fastlane": Call(own, (pixels,), options) if own else None,
        },
        right=near(wanted),
    )
    if own is None:
        return
    trim = peers.function("fastlane", "Arena")

    def first_call() -> Any:
        with trim() as arena:
            return own(pixels, **options, arena=arena)

    yield Row(
        "normalize, all pages fresh",
        {
            "NumPy": Call(image_jobs.careful, (pixels,)),
            "numba": Call(lambda: loop(*numbers, np.empty(shape, "f4"))) if loop else None,
            "fastlane": Call(first_call),
        },
    )


def batch_row(path: Path, threads: int) -> Row | None:
    load = peers.function("fastlane.image", "load_batch")
    if load is None:
        return None
    sources = [str(path)] * 4
    arena = image_jobs.arena()
    options = {"mean": MEAN, "std": STD, "arena": arena}
    return Row(
        f"batch of 4, {threads} thread{'s' * (threads > 1)}",
        {"fastlane": Call(load, (sources,), {**options, "threads": threads})},
    )


def rows(options: argparse.Namespace) -> Iterator[Row | Fact]:
    found = files()
    if not found:
        print("bench: image: no pictures, and no library to make some", file=sys.stderr)
        return
    if options.threads > 1:
        for threads in (1, options.threads):
            row = batch_row(next(iter(found.values())), threads)
            if row is not None:
                yield row
        return
    for kind, path in found.items():
        pixels = image_jobs.by_pillow(str(path))
        yield jobs_row(f"decode {kind}", path, DECODE, pixels)
        yield jobs_row(f"tensor {kind}", path, TENSOR, image_jobs.careful(pixels))
        yield memory(path)
    yield from normalize_rows(np.ascontiguousarray(pixels))
