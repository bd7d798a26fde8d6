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
    bound = 67 * EPSILON * float(sum(map(abs, values)))
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


@given(strided_arrays(NUMBERS))
def test_transpose(x: Strided):
    if x.view.ndim != 2:
        with pytest.raises(fastlane.ArgumentValueError):
            fastlane.transpose(x.view)
        return
    result = fastlane.transpose(x.view)
    assert result.flags.c_contiguous and same_bits(result, x.view.T)


@given(st.data(), st.sampled_from(NUMBERS))
def test_transpose_into_any_layout(data: st.DataObject, dtype: str):
    out = data.draw(strided_arrays((dtype,), writable=True))
    if out.view.ndim != 2:
        return
    expected = out.again()
    x = np.random.default_rng(7).integers(0, 100, out.view.shape[::-1]).astype(dtype)
    expected.view[...] = x.T
    assert fastlane.transpose(x, out=out.view) is out.view
    assert same_memory(out, expected)


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("shape", [(1, 700), (129, 257), (1000, 72), (64, 64)])
def test_transpose_of_large_arrays(dtype: str, shape: tuple[int, int]):
    x = np.random.default_rng(8).integers(0, 100, shape).astype(dtype)
    for view in (x, x[:, ::-1], x[::2], np.asfortranarray(x)):
        assert same_bits(fastlane.transpose(view), np.ascontiguousarray(view.T))


def typed(value: object) -> object:
    """The same with the types that `==` does not look at, and NaN made comparable."""
    if isinstance(value, list):
        return [typed(item) for item in value]
    return type(value), repr(value)


@given(strided_arrays(NUMBERS))
def test_tolist_is_numpys(x: Strided):
    assert typed(fastlane.tolist(x.view)) == typed(x.view.tolist())


def test_tolist_of_many_numbers():
    for values in (
        np.arange(300_000),
        np.arange(300_000, dtype="f4")[::-1],
        np.arange(300_000, dtype="u8") << 40,
        np.arange(300_000).reshape(3, -1, 100) % 2 == 0,
        np.full((2, 70_000), np.iinfo("u8").max),
    ):
        for _ in range(3):  # memory that was given back is used again
            assert fastlane.tolist(values) == values.tolist()


def test_tolist_gives_its_memory_back():
    def resident() -> int:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096

    values = np.arange(1_000_000) << 33
    fastlane.tolist(values)
    before = resident()
    for _ in range(5):
        fastlane.tolist(values)
    assert resident() < before + (24 << 20)


def test_describe_of_a_large_mean_and_a_small_deviation():
    values = 1e9 + 1e-3 * np.random.default_rng(9).standard_normal(1_000_003)
    exact = [Fraction(value) for value in values[:20_000].tolist()]
    mean = sum(exact) / len(exact)
    std = math.sqrt(sum((value - mean) ** 2 for value in exact) / len(exact))
    found = fastlane.describe(values[:20_000])
    assert math.isclose(found.std, std, rel_tol=1e-9)
    assert abs(Fraction(found.mean) - mean) <= mean * Fraction(EPSILON)
    shifted = (values - 1e9).std()
    assert math.isclose(fastlane.describe(values).std, shifted, rel_tol=1e-9)
    assert math.isclose(fastlane.describe(values[::-1], threads=3).std, shifted, rel_tol=1e-9)


@given(strided_arrays(FLOATS, special=False, longest=12))
def test_sum_keeps_its_bound_against_fsum(x: Strided):
    values = x.view.ravel().tolist()
    exact = math.fsum(values)
    bound = 67 * EPSILON * math.fsum(map(abs, values)) + EPSILON * abs(exact)
    assert abs(fastlane.sum(x.view) - exact) <= bound


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("spread", [0, 4, 12])
def test_sum_of_a_million_keeps_its_bound_against_fsum(dtype: str, spread: int):
    random = np.random.default_rng(10 + spread)
    values = np.exp(np.minimum(spread * random.standard_normal(1_000_003), 80))
    values = (values * random.standard_normal(1_000_003)).astype(dtype)
    wide = values.astype("f8")
    exact = math.fsum(wide)
    bound = 67 * EPSILON * math.fsum(np.abs(wide)) + EPSILON * abs(exact)
    for view in (values, values[::-1], values[1::2], values[::-3]):
        expected = exact if view.size == values.size else math.fsum(view.astype("f8"))
        assert abs(fastlane.sum(view) - expected) <= bound
