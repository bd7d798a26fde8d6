"""Every operation and function against NumPy, over types, strides, alignment and shapes."""

import numpy as np
import pytest
from call_kinds import FLOATS, INTEGERS, NUMBERS
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes
from expressions.numpy_model import CASES, FLOAT_FUNCTIONS, evaluate, ulps_apart
from strided import Strided, strided_arrays

import fastlane

if np.lib.NumpyVersion(np.__version__) < "2.1.0":
    pytest.skip("NumPy promotes by other rules before 2.1", allow_module_level=True)

ARITHMETIC = ("a + b", "a - b", "a * b", "a / b", "a // b", "a % b")
COMPARISONS = ("a < b", "a <= b", "a > b", "a >= b", "a == b", "a != b")
LOGIC = ("a & b", "a | b", "~a", "(a > b) & ~(b == 0)", "a > 0 and not b > 0 or a == b")
CHOICES = ("min(a, b)", "max(a, b)", "where(a > b, a, b)", "where(isnan(a), 0, b)")
ROUNDING = ("abs(a)", "floor(a)", "ceil(a)", "trunc(a)", "round(a)", "-a", "isnan(a)", "isfinite(a)")
WITH_NUMBERS = (
    "a + 1", "1 - a", "a * 2.5", "a / 3", "3 / a", "a // 2", "a // -2", "a % 3", "a % -3", "7 // a",
    "a ** 2", "a < 300", "a >= -1", "-1 < a", "300 == a", "a != 10**30", "a & 1", "a | 1",
    "min(a, 3)", "max(2.5, a)", "where(a > 0, a, 1)", "where(a > 0, 1, 2.5)", "2 + 3 * a", "a + 1e300",
)  # fmt: skip
EXACT = (*ARITHMETIC, *COMPARISONS, *LOGIC, *CHOICES, *ROUNDING, *WITH_NUMBERS)
JOINED = ("2*a + 3*b", "a*b + a", "a - a*b", "a*b - b", "a*a + b*b", "(a + b) * (a - b)")

# Where NumPy is at odds with its own rules: it squares booleans as int8 though every other power of
# theirs is int64, and compares them with few integers that other types can be compared with.
NUMPYS_OWN = {("a ** 2", np.dtype("bool")), ("a != 10**30", np.dtype("bool"))}

each_exact = pytest.mark.parametrize("source", (*EXACT, *JOINED))


@st.composite
def two_arrays(draw: st.DrawFn, dtypes: tuple[str, ...] = NUMBERS) -> tuple[Strided, Strided]:
    shapes = draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=5)).input_shapes
    if draw(st.integers(0, 3)) == 0:
        shapes = ((draw(st.integers(0, 3000)),),) * 2
    return tuple(draw(strided_arrays(dtypes, shape=shape)) for shape in shapes)


def outcome(function, source, **arrays):
    """The result, or None where the expression is refused."""
    try:
        return function(source, **arrays)
    except (TypeError, OverflowError, ValueError):
        return None


def same_as_numpy(source: str, ulps: float, **arrays: np.ndarray) -> None:
    arrays = {name: arrays[name] for name in fastlane.compile(source).variables}
    if any((source, array.dtype) in NUMPYS_OWN for array in arrays.values()):
        return
    expected = outcome(evaluate, source, **arrays)
    result = outcome(fastlane.evaluate, source, **arrays)
    if expected is None or result is None:
        assert expected is result is None, (source, expected, result)
        return
    assert result.dtype == expected.dtype, (source, result.dtype, expected.dtype)
    assert result.flags.c_contiguous
    assert result.shape == expected.shape
    # Computed in float64 and rounded once: NumPy rounds a difference and a quotient, 2**-24 each,
    # which beyond 2**24 makes two units at most.
    if "//" in source and expected.dtype == np.float32:
        ulps = max(ulps, 2)
    if expected.dtype.kind == "f":
        assert ulps_apart(result, expected) <= ulps, (source, result, expected)
    else:
        assert np.array_equal(result, expected), (source, result, expected)


@each_exact
@settings(max_examples=CASES)
@given(arrays=two_arrays())
def test_exact_operations(source: str, arrays: tuple[Strided, Strided]):
    same_as_numpy(source, 0, a=arrays[0].view, b=arrays[1].view)


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("other", NUMBERS)
def test_every_pair_of_types(dtype: str, other: str):
    random = np.random.default_rng(1)
    values = {"a": dtype, "b": other}
    arrays = {}
    for name, wanted in values.items():
        limits = np.iinfo(wanted) if np.dtype(wanted).kind in "iu" else None
        made = random.integers(-9, 9, 100).astype(wanted)
        if limits:
            made[:6] = limits.min, limits.max, limits.max // 2 + 1, 0, 1, limits.max
        arrays[name] = np.roll(made, random.integers(6))
    for source in EXACT:
        same_as_numpy(source, 0, **arrays)


@pytest.mark.parametrize("name", FLOAT_FUNCTIONS)
@settings(max_examples=CASES)
@given(x=strided_arrays(NUMBERS))
def test_functions(name: str, x: Strided):
    same_as_numpy(f"{name}(a)", 6, a=x.view)


@pytest.mark.parametrize("source", ["atan2(a, b)", "hypot(a, b)", "a ** b"])
@settings(max_examples=CASES)
@given(arrays=two_arrays(FLOATS))
def test_functions_of_two(source: str, arrays: tuple[Strided, Strided]):
    same_as_numpy(source, 6, a=arrays[0].view, b=arrays[1].view)


@pytest.mark.parametrize("power", [-1, 0, 1, 2, 3, 4, 5, 0.5, -0.5, 2.5, -2])
@settings(max_examples=CASES)
@given(x=strided_arrays(FLOATS))
def test_powers_that_stand_in_the_expression(power: float, x: Strided):
    same_as_numpy(f"a ** {power}", 4, a=x.view)


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize("power", [0, 1, 2, 3, 5, 7, 63, 64, 65, 100])
def test_powers_of_integers_wrap(dtype: str, power: int):
    limits = np.iinfo(dtype)
    same_as_numpy(f"a ** {power}", 0, a=np.array([0, 1, 2, 3, 7, limits.min, limits.max], dtype))
    base = np.arange(20, dtype=dtype)
    same_as_numpy("a ** b", 0, a=base, b=np.full(20, power % 20, dtype))


@pytest.mark.parametrize("source", ["a + 1", "sin(a)", "a > 0"])
@settings(max_examples=CASES)
@given(data=st.data())
def test_out_of_any_layout(source: str, data: st.DataObject):
    result_type = "bool" if ">" in source else "float64"
    out = data.draw(strided_arrays((result_type,), writable=True))
    shape = out.view.shape
    x = data.draw(strided_arrays(("float64",), shape=shape))
    expected = out.again()
    expected.view[...] = fastlane.evaluate(source, a=x.view.copy())
    assert fastlane.evaluate(source, a=x.view, out=out.view) is out.view
    assert out.memory.tobytes() == expected.memory.tobytes()


@pytest.mark.parametrize("source", ["a > b", "a + b", "a * 3"])
@given(arrays=two_arrays(), out=st.sampled_from(NUMBERS))
def test_out_of_another_type_is_numpys_same_kind(
    source: str, arrays: tuple[Strided, Strided], out: str
):
    views = {"a": arrays[0].view, "b": arrays[1].view}
    arguments = {name: views[name] for name in fastlane.compile(source).variables}
    natural = outcome(fastlane.evaluate, source, **arguments)
    if natural is None:
        return
    made = np.zeros(natural.shape, out)
    if not np.can_cast(natural.dtype, out, "same_kind"):
        with pytest.raises(fastlane.ArgumentTypeError) as caught:
            fastlane.evaluate(source, **arguments, out=made)
        assert caught.value.argument == "out"
        return
    assert fastlane.evaluate(source, **arguments, out=made) is made
    with np.errstate(all="ignore"):
        expected = natural.astype(out)
    assert np.array_equal(made, expected, equal_nan=expected.dtype.kind == "f")


@given(x=strided_arrays(("float64", "int32"), writable=True))
def test_out_may_be_an_input(x: Strided):
    for source in ("sin(a) + a", "a*a + a", "where(a > 0, a, -a)"):
        if x.view.dtype == "i4" and source.startswith("sin"):
            continue
        expected = fastlane.evaluate(source, a=x.view.copy())
        same = x.again().view
        fastlane.evaluate(source, a=same, out=same)
        assert np.array_equal(same, expected, equal_nan=same.dtype.kind == "f")


def test_functions_in_place_beside_arguments_out_of_range():
    x = np.linspace(-1e300, 1e300, 3000)
    expected = fastlane.evaluate("sin(x)", x=x)
    assert np.array_equal(fastlane.evaluate("sin(x)", x=x, out=x), expected)


def test_out_that_overlaps_an_input_is_refused():
    x = np.arange(10.0)
    for out in (x[::-1], x[1:], np.lib.stride_tricks.as_strided(x, (10,), (0,))):
        with pytest.raises(fastlane.BorrowError):
            fastlane.evaluate("x + 1", x=x[: len(out)], out=out)


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1023, 1024, 1025, 5000, 300_001])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int16", "bool"])
def test_every_length(count: int, dtype: str):
    a = np.random.default_rng(count).integers(-5, 6, count).astype(dtype)
    for source in ("a*a + a", "where(a > 0, a, 1)", "a < 1"):
        same_as_numpy(source, 0, a=a)
        same_as_numpy(source, 0, a=a.reshape(-1, 1)[:, [0] * 2].T)


def test_numexprs_documented_examples():
    random = np.random.default_rng(3)
    a, b = random.normal(size=(2, 10_000))
    assert np.array_equal(fastlane.evaluate("2*a + 3*b", a=a, b=b), 2 * a + 3 * b)
    circle = fastlane.evaluate("sin(a)**2 + cos(b)**2", a=a, b=b)
    assert np.allclose(circle, np.sin(a) ** 2 + np.cos(b) ** 2, rtol=1e-15, atol=0)
    assert np.array_equal(
        fastlane.evaluate("(a > 0) & ((a < b) | (b < -1))", a=a, b=b),
        (a > 0) & ((a < b) | (b < -1)),
    )
