"""The elementary functions against mpmath: at most 2 units in the last place, everywhere.

The quick run takes a thousand arguments; FASTLANE_CASES=10000 takes a million.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import pytest
from expressions.numpy_model import CASES

import fastlane

POINTS = CASES * 5 if CASES < 10_000 else 1_000_000
SPECIALS = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e-310, 1e-20,
    -1e-20, 709.78, 709.79, -745.1, -745.2, 710.0, -1e10, 1e10, 1.7976931348623157e308, np.pi,
    -1.7976931348623157e308, np.pi / 2, np.pi / 4, 3 * np.pi / 2, np.inf, -np.inf, np.nan,
    6381956970095103 * 2.0**797,  # nearest of all doubles to a multiple of pi / 2
)  # fmt: skip

MPMATHS = {
    "sqrt": mpmath.sqrt, "exp": mpmath.exp, "expm1": mpmath.expm1, "log": mpmath.log,
    "log2": lambda x: mpmath.log(x, 2), "log10": mpmath.log10, "log1p": mpmath.log1p,
    "sin": mpmath.sin, "cos": mpmath.cos, "tan": mpmath.tan, "tanh": mpmath.tanh,
    "asin": mpmath.asin, "acos": mpmath.acos, "atan": mpmath.atan,
    "x": lambda x: x, "cube": lambda x: x**3 + mpmath.sin(x), "fourth": lambda x: x**4,
}  # fmt: skip
SOURCES = {"cube": "x**3 + sin(x)", "fourth": "x**4"}


def random_bits(random: np.random.Generator, count: int) -> np.ndarray:
    """Doubles of every size."""
    values = random.integers(0, 2**64, count, "u8").view("f8")
    return values[np.isfinite(values)]


def arguments(name: str) -> np.ndarray:
    random = np.random.default_rng(len(name))
    quarter = POINTS // 4
    within_one = name in ("asin", "acos")
    near = np.linspace(-1, 1, quarter) if within_one else random.uniform(-20, 20, quarter)
    small = random.uniform(-1, 1, quarter) * 2.0 ** random.integers(-60, 1, quarter)
    wide = random.normal(size=quarter) * 10.0 ** random.uniform(-3, 3, quarter)
    turns = np.round(random.uniform(-1e6, 1e6, quarter)) * (np.pi / 2)
    every = random_bits(random, quarter if name in ("sin", "cos", "tan") else quarter // 2)
    return np.concatenate([near, small, wide, turns, every])


def exact(function: Callable[[mpmath.mpf], mpmath.mpf], x: float) -> mpmath.mpf | None:
    """The function's value to many digits; None where it is no real number."""
    try:
        value = function(mpmath.mpf(x))
    except (ValueError, ZeroDivisionError):
        return None
    return None if isinstance(value, mpmath.mpc) or mpmath.isnan(value) else value


def ulps(result: float, value: mpmath.mpf) -> float:
    """How far the result is from the value, in the distance of the doubles around the value."""
    if abs(value) > mpmath.mpf(2) ** 1024 * (1 - mpmath.mpf(2) ** -54):
        return 0.0 if np.isinf(result) and (result > 0) == (value > 0) else np.inf
    if not np.isfinite(result):
        return np.inf
    nearest = abs(float(value))
    spacing = np.spacing(nearest) if np.isfinite(nearest) else 2.0**971
    if nearest == 2.0 ** np.round(np.log2(nearest or 1.0)):
        spacing /= 2
    return float(abs(mpmath.mpf(float(result)) - value) / mpmath.mpf(float(max(spacing, 5e-324))))


@pytest.fixture(autouse=True)
def many_digits():
    with mpmath.workprec(1400):
        yield


@pytest.mark.parametrize("name", MPMATHS.keys() - {"x"})
def test_two_units_in_the_last_place(name: str):
    x = arguments(name)
    source = SOURCES.get(name, f"{name}(x)")
    with mpmath.workprec(1400 if name in ("sin", "cos", "tan", "cube") else 160):
        results = fastlane.evaluate(source, x=x)
        worst, where = 0.0, 0.0
        for argument, result in zip(x.tolist(), results.tolist(), strict=True):
            value = exact(MPMATHS[name], argument)
            if value is None:
                assert np.isnan(result), (argument, result)
                continue
            apart = ulps(result, value)
            if apart > worst:
                worst, where = apart, argument
    assert worst <= 2.0, f"{source} is {worst:.3f} ULP off at x = {where!r}"


@pytest.mark.parametrize("name", MPMATHS.keys() - {"x", "cube", "fourth"})
def test_special_arguments_are_numpys(name: str):
    numpys = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}.get(name, name)
    x = np.array(SPECIALS)
    result = fastlane.evaluate(f"{name}(x)", x=x)
    with np.errstate(all="ignore"):
        expected = getattr(np, numpys)(x)
    assert np.array_equal(np.isnan(result), np.isnan(expected))
    known = ~np.isnan(expected)
    assert np.array_equal(np.signbit(result[known]), np.signbit(expected[known]))
    assert np.allclose(result[known], expected[known], rtol=2e-15, atol=0)


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "exp", "log", "tanh", "atan", "asin"])
def test_float32_is_the_rounded_float64(name: str):
    random = np.random.default_rng(1)
    x = np.concatenate([random.normal(size=2_000), random.uniform(-1, 1, 2_000)]).astype("f4")
    result = fastlane.evaluate(f"{name}(x)", x=x)
    expected = fastlane.evaluate(f"{name}(x)", x=x.astype("f8")).astype("f4")
    assert result.dtype == "f4" and np.array_equal(result, expected, equal_nan=True)
