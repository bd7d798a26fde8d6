"""Expressions: fresh and reused outputs, against NumPy written carefully and as users write it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench_suite import peers
from bench_suite.array_calls import aligned, call, filled
from bench_suite.measure import Call, Row


def compiled(source: str, **keywords: Any) -> Call | None:
    found = peers.function("fastlane", "compile")
    return Call(found(source), (), {**keywords, "threads": 1}) if found else None


def like(expected: np.ndarray) -> Callable[[Any], bool]:
    return lambda got: bool(np.allclose(got[-1000:], expected[-1000:], rtol=1e-13, atol=1e-13))


def pair(
    name: str,
    label: str,
    source: str,
    kernel: str,
    arrays: dict[str, np.ndarray],
    numpys: tuple[Callable[[], Any], Callable[[np.ndarray], Any]],
) -> Iterator[Row]:
    """The row with a fresh output and the row with a reused one."""
    fresh, into = numpys
    count = next(iter(arrays.values())).size
    out = aligned(count, "f8")
    right = like(fresh())
    yield Row(
        f"{name} fresh {label}",
        {
            "NumPy": Call(fresh),
            "numba": filled(kernel, count, *arrays.values()),
            "numexpr": call("numexpr", "evaluate", source, local_dict=arrays),
            "fastlane": compiled(source, **arrays),
        },
        right=right,
    )
    yield Row(
        f"{name} reused {label}",
        {
            "NumPy": Call(into, (out,)),
            "numba": call("numba", kernel, *arrays.values(), out),
            "numexpr": call("numexpr", "evaluate", source, local_dict=arrays, out=out),
            "fastlane": compiled(source, **arrays, out=out),
        },
        right=right,
    )


def expression_rows(label: str, x: np.ndarray, y: np.ndarray) -> Iterator[Row]:
    scratch = aligned(x.size, "f8")

    def square() -> np.ndarray:
        squares = x * x
        return np.add(squares, 1.0, out=squares)

    def square_into(out: np.ndarray) -> np.ndarray:
        np.multiply(x, x, out=out)
        return np.add(out, 1.0, out=out)

    def cube() -> np.ndarray:
        result = np.sin(x)
        cubes = x * x
        cubes *= x
        return np.add(cubes, result, out=result)

    def cube_into(out: np.ndarray) -> np.ndarray:
        np.sin(x, out=out)
        np.multiply(x, x, out=scratch)
        np.multiply(scratch, x, out=scratch)
        return np.add(out, scratch, out=out)

    def weighted() -> np.ndarray:
        result = 2 * x
        return np.add(result, 3 * y, out=result)

    def weighted_into(out: np.ndarray) -> np.ndarray:
        np.multiply(x, 2, out=out)
        np.multiply(y, 3, out=scratch)
        return np.add(out, scratch, out=out)

    yield from pair(
        "x*x+1", label, "x * x + 1", "square_plus_one_into", {"x": x}, (square, square_into)
    )
    yield from pair(
        "x**3+sin(x)", label, "x**3 + sin(x)", "cube_plus_sine_into", {"x": x}, (cube, cube_into)
    )
    yield from pair(
        "2*a+3*b", label, "2*a + 3*b", "weighted_into", {"a": x, "b": y}, (weighted, weighted_into)
    )
    yield Row(
        f"x**3+sin(x) as written {label}",
        {
            "NumPy": Call(lambda: x**3 + np.sin(x)),
            "numexpr": call("numexpr", "evaluate", "x**3 + sin(x)", local_dict={"x": x}),
            "fastlane": call("fastlane", "evaluate", "x**3 + sin(x)", x=x),
        },
        right=like(cube()),
    )
