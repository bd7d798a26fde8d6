"""The array functions against NumPy, with shapes, strides and values drawn at random."""

import math
import zlib
from fractions import Fraction

import numpy as np
import pytest
from call_kinds import FLOATS, INTEGERS, NUMBERS
from hypothesis import given
from hypothesis import strategies as st
from strided import Strided, strided_arrays

import fastlane

EPSILON = 2.0**-53
factors = st.floats(allow_nan=True, allow_infinity=True)


def finite_values(view: np.ndarray) -> list[Fraction]:
    return [Fraction(value) for value in view.ravel().tolist()]


def same_bits(left: np.ndarray, right: np.ndarray) -> bool:
    """Equal to the bit, except that one NaN is as good as another."""
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if left.dtype.kind == "f":
        nan = np.isnan(left)
        if not np.array_equal(nan, np.isnan(right)):
            return False
        left, right = left[~nan], right[~nan]
    return left.tobytes() == right.tobytes()


def same_memory(changed: Strided, expected: Strided) -> bool:
    """The view has the expected elements, and not a byte around it has changed."""
    if not same_bits(changed.view, expected.view):
        return False
    changed.view[...] = expected.view
    return changed.memory.tobytes() == expected.memory.tobytes()


def sum_as_ieee(view: np.ndarray) -> float | None:
    """The sum where a NaN or an infinity decides it, else None."""
    with np.errstate(invalid="ignore"):
        special = view[~np.isfinite(view)].astype("f8")
        return float(special.sum()) if special.size else None


@given(strided_arrays((*INTEGERS, "bool")))
def test_sum_of_integers_is_exact(x: Strided):
    result = fastlane.sum(x.view)
    assert type(result) is int
    assert result == sum(x.view.ravel().tolist())


@given(strided_arrays(FLOATS, special=False))
def test_sum_of_floats_keeps_its_bound(x: Strided):
    values = finite_values(x.view)
    result = fastlane.sum(x.view)
    bound = 35 * EPSILON * float(sum(map(abs, values)))
    exact = sum(values, Fraction())
    assert abs(Fraction(result) - exact) <= bound + EPSILON * abs(float(exact))


@given(strided_arrays(FLOATS))
def test_sum_of_nan_and_infinity(x: Strided):
    expected = sum_as_ieee(x.view)
    result = fastlane.sum(x.view)
    if expected is None:
        assert math.isfinite(result) or abs(x.view.astype("f8")).sum() > 1e307
    else:
        assert result == expected or (math.isnan(result) and math.isnan(expected))


@given(strided_arrays(("float64",)))
def test_sum64_is_sum(x: Strided):
    assert np.array_equal(fastlane.sum64(x.view), fastlane.sum(x.view), equal_nan=True)


@given(strided_arrays(NUMBERS, special=False))
def test_describe_finite_numbers(x: Strided):
    if x.view.size == 0:
        with pytest.raises(fastlane.ArgumentValueError):
            fastlane.describe(x.view)
        return
    values = finite_values(x.view)
    found = fastlane.describe(x.view)
    assert found.count == len(values)
    assert (found.min, found.max) == (min(values), max(values))
    assert (type(found.min) is int) == (x.view.dtype.kind != "f")
    mean = sum(values) / len(values)
    largest = float(max(map(abs, values)))
    assert abs(Fraction(found.mean) - mean) <= 40 * EPSILON * largest
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    assert math.isclose(found.std, math.sqrt(variance), rel_tol=1e-9, abs_tol=1e-14 * largest)
    assert found.sum == fastlane.sum(x.view) or math.isclose(
        found.sum, float(sum(values)), abs_tol=40 * EPSILON * float(sum(map(abs, values)))
    )


@given(strided_arrays(FLOATS))
def test_describe_nan_and_infinity(x: Strided):
    if x.view.size == 0:
        return
    found = fastlane.describe(x.view)
    assert found.count == x.view.size
    if np.isnan(x.view).any():
        assert all(math.isnan(value) for value in found[1:])
    else:
        assert (found.min, found.max) == (x.view.min(), x.view.max())
        if np.isinf(x.view).any():
            assert math.isnan(found.std) and not math.isfinite(found.mean)


@given(strided_arrays(FLOATS), factors)
def test_scale(x: Strided, factor: float):
    with np.errstate(all="ignore"):
        expected = x.view * x.view.dtype.type(factor)
    before = x.memory.tobytes()
    result = fastlane.scale(x.view, factor)
    assert same_bits(result, expected) and result.flags.c_contiguous
    assert x.memory.tobytes() == before


@given(st.data(), st.sampled_from(FLOATS), factors)
def test_scale_into_any_layout(data: st.DataObject, dtype: str, factor: float):
    out = data.draw(strided_arrays((dtype,), writable=True))
    expected = out.again()
    x = np.random.default_rng(out.view.size).normal(size=out.view.shape).astype(dtype)
    with np.errstate(all="ignore"):
        expected.view[...] = x * expected.view.dtype.type(factor)
    assert fastlane.scale(x, factor, out=out.view) is out.view
    assert same_memory(out, expected)


@given(strided_arrays(FLOATS, writable=True), factors)
def test_scale_inplace(x: Strided, factor: float):
    expected = x.again()
    with np.errstate(all="ignore"):
        expected.view[...] = expected.view * expected.view.dtype.type(factor)
    assert fastlane.scale_inplace(x.view, factor) is None
    assert same_memory(x, expected)


@given(strided_arrays(("uint8",), writable=True), st.integers(0, 255))
def test_normalize_u8_inplace(x: Strided, amount: int):
    expected = x.again()
    expected.view[...] = np.maximum(expected.view.astype("i2") - amount, 0)
    assert fastlane.normalize_u8_inplace(x.view, amount) is None
    assert same_memory(x, expected)


@given(st.integers(0, 600), st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_linspace_is_numpys_to_the_bit(n: int, start: float, stop: float):
    with np.errstate(all="ignore"):
        expected = np.linspace(start, stop, n)
    assert same_bits(fastlane.linspace(n, start, stop), expected)


@given(strided_arrays(("float64",), writable=True), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_linspace_into_any_layout(out: Strided, start: float, stop: float):
    if out.view.ndim != 1:
        with pytest.raises(fastlane.ArgumentValueError):
            fastlane.linspace(out.view.size, start, stop, out=out.view)
        return
    expected = out.again()
    expected.view[...] = np.linspace(start, stop, len(expected.view))
    assert fastlane.linspace(len(out.view), start, stop, out=out.view) is out.view
    assert same_memory(out, expected)


@pytest.mark.parametrize("n", [0, 1, 2, 1023, 1024, 100_003, 1_200_000])
def test_transform_with_scratch_is_the_sine(n: int):
    expected = np.sin(np.arange(n, dtype="f8"))
    result = fastlane.transform_with_scratch(n)
    assert result.dtype == np.float32 and result.shape == (n,)
    error = np.abs(result.astype("f8") - expected)
    assert (error <= np.spacing(np.abs(expected).astype("f4")) * 0.51).all()


@given(
    strided_arrays((*NUMBERS, ">i2", ">f8", "float16", "complex128", "S3"), special=False),
    st.integers(),
)
def test_crc32_is_zlibs_over_tobytes(x: Strided, value: int):
    expected = zlib.crc32(x.view.tobytes(), value & 0xFFFFFFFF)
    assert fastlane.crc32(x.view, value) == expected
    assert fastlane.crc32_mv(memoryview(x.view), value) == expected


# Lengths at which kernels change their way: vectors, blocks, the GIL's threshold.
LENGTHS = sorted({n + d for n in (8, 64, 256, 1024, 4096, 8192, 1 << 15, 1 << 17) for d in (-1, 0, 1)})


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("step", [1, 2, -1])
def test_long_arrays_of_every_type(dtype: str, step: int):
    random = np.random.default_rng(len(dtype) + step)
    for length in LENGTHS:
        values = random.integers(-100, 100, length * abs(step)).astype(dtype)[::step]
        assert fastlane.sum(values) == sum(values.tolist())
        found = fastlane.describe(values)
        assert (found.min, found.max, found.sum) == (
            values.min(),
            values.max(),
            sum(values.tolist()),
        )
        assert math.isclose(found.std, values.std(dtype="f8"), rel_tol=1e-12)
