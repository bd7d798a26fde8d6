"""The array functions against NumPy as a careful user writes it, and fast array libraries."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench_suite import peers
from bench_suite.array_calls import aligned, call, filled, random
from bench_suite.expression_rows import expression_rows
from bench_suite.measure import Call, Effort, Row

TITLE = "one thread, 64-byte aligned inputs; fresh: the output is new, reused: out="
COLUMNS = [
    *("Python", "NumPy", "numba", "numexpr", "bottleneck", "NumKong", "OpenCV"),
    *("one thread", "fastlane"),
]
FLOOR = None
THREADS = (1, 2)
EFFORT = Effort(seconds=1.5, least=5, most=300)
QUICK = Effort(seconds=0.3, least=3, most=50)

def near(wanted: float, tolerance: float) -> Callable[[Any], bool]:
    def judge(got: Any) -> bool:
        value = float(np.ravel(got)[0])
        return abs(value - wanted) <= tolerance

    return judge


def sum_row(label: str, x: np.ndarray) -> Row:
    precise = np.sum(x, dtype="f8")
    tolerance = 1e-4 * np.sum(np.abs(x), dtype="f8") if x.dtype == "f4" else 1e-9 * x.size
    return Row(
        f"sum {x.dtype.str[1:]} {label}",
        {
            "NumPy": Call(np.add.reduce, (x,)),
            "numba": call("numba", f"sum_{x.dtype.str[1:]}", x),
            "numexpr": call("numexpr", "evaluate", "sum(x)", local_dict={"x": x}),
            "bottleneck": call("bottleneck", "nansum", x),
            "NumKong": call("NumKong", "sum", x),
            "OpenCV": call("OpenCV", "sumElems", x),
            "fastlane": call("fastlane", "sum", x, threads=1),
        },
        right=near(float(precise), float(tolerance)),
    )


def describe_row(label: str, x: np.ndarray) -> Row:
    """Values far from zero, where a standard deviation made of sums of squares comes out wrong."""

    def numpy_describe() -> tuple[float, ...]:
        return x.min(), x.max(), x.mean(), x.std()

    def bottleneck_describe() -> tuple[float, ...]:
        bn = peers.module("bottleneck")
        return bn.nanmin(x), bn.nanmax(x), bn.nanmean(x), bn.nanstd(x)

    def numkong_describe() -> tuple[float, ...]:
        nk = peers.module("numkong")
        least, _, most, _ = nk.minmax(x)
        total, squares = nk.moments(x)
        mean = total / x.size
        return least, most, mean, max(0.0, squares / x.size - mean * mean) ** 0.5

    def opencv_describe() -> tuple[float, ...]:
        cv2 = peers.module("cv2")
        least, most, _, _ = cv2.minMaxLoc(x)
        mean, std = cv2.meanStdDev(x)
        return least, most, mean[0, 0], std[0, 0]

    def right(got: Any) -> bool:
        std = got.std if hasattr(got, "std") else got[3]
        return bool(np.isclose(std, wanted, rtol=1e-6))

    wanted = x.std()
    return Row(
        f"describe f8 {label}",
        {
            "NumPy": Call(numpy_describe),
            "numba": call("numba", "describe", x),
            "bottleneck": Call(bottleneck_describe) if peers.module("bottleneck") else None,
            "NumKong": Call(numkong_describe) if peers.module("numkong") else None,
            "OpenCV": Call(opencv_describe) if peers.module("cv2") else None,
            "fastlane": call("fastlane", "describe", x, threads=1),
        },
        right=right,
    )


def scale_row(label: str, x: np.ndarray) -> Row:
    factor = np.float32(-1.0)  # the values stay what they are, however often it is done
    return Row(
        f"scale f4 in place {label}",
        {
            "NumPy": Call(np.multiply, (x, factor), {"out": x}),
            "numba": call("numba", "scale_inplace", x, factor),
            "numexpr": call(
                "numexpr", "evaluate", "x * f", local_dict={"x": x, "f": factor}, out=x
            ),
            "OpenCV": call("OpenCV", "multiply", x, -1.0, dst=x),
            "fastlane": call("fastlane", "scale_inplace", x, -1.0),
        },
    )


def linspace_row(label: str, count: int) -> Row:
    return Row(
        f"linspace fresh {label}",
        {
            "NumPy": Call(np.linspace, (0.0, 1.0, count)),
            "numba": filled("linspace_into", count, 0.0, 1.0),
            "fastlane": call("fastlane", "linspace", count, 0.0, 1.0),
        },
        right=lambda got: len(got) == count and got[-1] == 1.0,
    )


def minus_row(label: str, count: int) -> Row:
    x = aligned(count, "u1")
    start = np.random.default_rng(1).integers(0, 256, count, dtype="u1")

    def numpy_minus() -> None:
        np.maximum(x, 8, out=x)
        np.subtract(x, 8, out=x)

    return Row(
        f"u1 minus 8 in place {label}",
        {
            "NumPy": Call(numpy_minus),
            "numba": call("numba", "minus", x, np.uint8(8)),
            "OpenCV": call("OpenCV", "subtract", x, 8, dst=x),
            "fastlane": call("fastlane", "normalize_u8_inplace", x, 8),
        },
        before=lambda: np.copyto(x, start),
        right=lambda got: np.array_equal(x, np.maximum(start, 8) - 8),
    )


def transpose_row(side: int) -> Row:
    x = random(side * side, "f8").reshape(side, side)
    return Row(
        f"transpose f8 fresh {side}^2",
        {
            "NumPy": Call(np.ascontiguousarray, (x.T,)),
            "OpenCV": call("OpenCV", "transpose", x),
            "fastlane": call("fastlane", "transpose", x),
        },
        right=lambda got: bool(got[3, 5] == x[5, 3]),
    )


def fresh_rows(count: int) -> Iterator[Row]:
    """A result of 200 MB in memory that was never touched, and in memory that came back."""
    x = random(count, "f8")
    arena = peers.function("fastlane", "Arena")
    once = arena() if arena else None
    for label, kept, before in (("fresh", once, once.trim if once else None), ("again", None, None)):
        yield Row(
            f"scale f8 200 MB {label}",
            {
                "NumPy": Call(np.multiply, (x, 2.5)),
                "numba": filled("scale_into", count, x, 2.5),
                "fastlane": call("fastlane", "scale", x, 2.5, threads=1, arena=kept),
            },
            before=before,
            right=lambda got: bool(got[-1] == x[-1] * 2.5),
        )


def tolist_row(count: int) -> Row:
    x = np.arange(0, 2 * count, 2)
    return Row(
        f"list of {count} ints",
        {
            "Python": Call(lambda: list(range(0, 2 * count, 2))),
            "NumPy": Call(x.tolist),
            "fastlane": call("fastlane", "tolist", x),
        },
        right=lambda got: got[-1] == 2 * count - 2,
    )


def thread_rows(threads: int) -> Iterator[Row]:
    """The same call on one thread and on several, while the data stays in the caches."""
    for power in (18, 20, 21):
        x = random(2**power, "f8")
        out = aligned(2**power, "f8")
        for name, args, keywords in (
            ("sum", (x,), {}),
            ("describe", (x,), {}),
            ("scale", (x, 2.5), {"out": out}),
        ):
            yield Row(
                f"{name} f8 2^{power}",
                {
                    "one thread": call("fastlane", name, *args, threads=1, **keywords),
                    "fastlane": call("fastlane", name, *args, threads=threads, **keywords),
                },
            )


def rows(options: argparse.Namespace) -> Iterator[Row]:
    if options.threads > 1:
        yield from thread_rows(options.threads)
        return
    opencv = peers.module("cv2")
    if opencv:
        opencv.setNumThreads(1)
    for power in (13, 20) if options.quick else (13, 20, 25):
        label = f"2^{power}"
        x = random(2**power, "f8")
        yield sum_row(label, x)
        yield sum_row(label, random(2**power, "f4"))
        far = random(2**power, "f8")
        far += 1e6
        yield describe_row(label, far)
        yield scale_row(label, random(2**power, "f4"))
        yield linspace_row(label, 2**power)
        yield minus_row(label, 2**power)
        yield from expression_rows(label, x, random(2**power, "f8"))
    yield transpose_row(1024)
    yield tolist_row(1_000_000)
    if not options.quick:
        yield transpose_row(4096)
        yield from fresh_rows(25_000_000)
