"""The lab's functions give what their lessons say, and count what they say they do."""

import array
import math
import pathlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, lab

FLOATS = st.lists(st.floats(-1e6, 1e6), max_size=50)


def counted(name: str) -> dict[str, int]:
    return dict(fastlane.counters().get(name, {"bytes_copied": 0, "bytes_borrowed": 0}))


def added(name: str, call) -> dict[str, int]:
    before = counted(name)
    call()
    after = counted(name)
    return {what: after[what] - before[what] for what in ("bytes_copied", "bytes_borrowed")}


@given(FLOATS)
def test_all_sums_agree(numbers):
    expected = lab.fast_sum(np.array(numbers, "f8"))
    assert lab.slow_sum(numbers) == expected
    assert lab.sum_buffer(array.array("d", numbers)) == expected
    assert math.isclose(expected, math.fsum(numbers), abs_tol=1e-6)


def test_the_slow_sum_copies_and_the_fast_one_borrows():
    numbers = [0.5] * 1000
    values = np.array(numbers)
    slow = added("lab.slow_sum", lambda: lab.slow_sum(numbers))
    assert slow == {"bytes_copied": 8000, "bytes_borrowed": 0}
    fast = added("sum64", lambda: lab.fast_sum(values))
    assert fast == {"bytes_copied": 0, "bytes_borrowed": 8000}


def test_sum_buffer_takes_every_buffer():
    assert lab.sum_buffer(bytearray(b"\x01\x02")) == 3
    assert lab.sum_buffer(memoryview(array.array("i", [4, 5, 6]))[::2]) == 10


def test_a_list_that_shrinks_while_it_is_read_is_read_to_its_new_end():
    numbers: list = []

    class Shrinks:
        def __float__(self):
            numbers[2:] = []
            return 1.0

    numbers += [Shrinks(), 2.0, 4.0, 8.0]
    assert lab.slow_sum(numbers) == 3.0


@given(FLOATS)
def test_process_data_doubles_and_moves(numbers):
    values = np.array(numbers, "f8")
    doubled = lab.process_data(values)
    assert np.array_equal(doubled, values * 2)
    assert not np.shares_memory(doubled, values)


def test_process_data_refuses_what_it_would_have_to_convert():
    with pytest.raises(ArgumentTypeError):
        lab.process_data(np.arange(3))


@given(FLOATS)
def test_one_and_batch_agree(numbers):
    batch = lab.process_batch(np.array(numbers, "f8"))
    assert [lab.process_one(x) for x in numbers] == batch.tolist()
    assert batch.tolist() == [x * x + 1 for x in numbers]


@pytest.mark.parametrize("n", [0, 1, 7, 100_000, np.int16(5)])
def test_batch_process_gives_squares_as_ints(n):
    squares = lab.batch_process(n)
    assert squares == [i * i for i in range(n)]
    assert all(type(square) is int for square in squares)


def test_batch_process_refuses_a_negative_length():
    with pytest.raises(ArgumentValueError, match="'n' must be at least 0, got -1"):
        lab.batch_process(-1)


@pytest.mark.parametrize("threads", [None, 1, 2, 3])
def test_parallel_forms_give_the_same_for_any_number_of_threads(threads):
    x = np.random.default_rng(7).normal(size=500_000)
    assert math.isclose(lab.parallel_task(x, threads=threads), float(np.sum(x * x)), rel_tol=1e-12)
    assert lab.parallel_task(np.arange(1000), threads=threads) == sum(i * i for i in range(1000))
    transformed = lab.parallel_transform(x, threads=threads)
    assert np.allclose(transformed, np.sqrt(np.abs(x)) + np.cos(x), rtol=1e-14)


@pytest.mark.parametrize("shape", [(0,), (5,), (300, 400)])
def test_compute_heavy_is_the_cube_and_the_sine(shape):
    x = np.linspace(-3, 3, math.prod(shape)).reshape(shape)
    assert np.allclose(lab.compute_heavy(x), x**3 + np.sin(x), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("x", [0, 2, -1.5, np.float64(0.25), True])
def test_compute_heavy_of_a_number_is_a_float(x):
    heavy = lab.compute_heavy(x)
    assert type(heavy) is float
    assert math.isclose(heavy, float(x) ** 3 + math.sin(x), rel_tol=1e-15, abs_tol=1e-300)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.just("a\nb\n\xe9")


@given(TEXTS)
def test_text_is_analysed_as_it_lies(s):
    assert lab.process_text(s) == s.count("\n")
    assert lab.process_bytes(s.encode()) == s.count("\n")
    facts = lab.analyze_str(s)
    assert facts == (len(s), s.count("\n"), len(s.encode()))
    assert facts._fields == ("code_points", "lines", "utf8_bytes")


def test_a_path_stands_for_the_content_of_its_file(tmp_path: pathlib.Path):
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthree")
    assert lab.process_bytes(path) == 2
    with pytest.raises(FileNotFoundError):
        lab.process_bytes(tmp_path / "none")


def test_text_and_bytes_are_not_mixed_up():
    with pytest.raises(ArgumentTypeError):
        lab.process_text(b"bytes")
    with pytest.raises(ArgumentTypeError):
        lab.process_bytes("text")


@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u1"])
def test_matrices_are_multiplied_by_numpys_dot(dtype):
    a = np.arange(12).reshape(3, 4).astype(dtype)
    b = np.arange(20).reshape(4, 5).astype(dtype)
    for left, right in ((a, b), (a[::-1], b[:, ::2]), (np.asfortranarray(a), b)):
        product = lab.multiply_matrices(left, right)
        assert product.dtype == np.dot(left, right).dtype
        assert np.array_equal(product, np.dot(left, right))
    m = fastlane.Matrix([[1.0, 2.0], [3.0, 4.0]])
    assert lab.multiply_matrices(m, memoryview(np.eye(2))).tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_what_numpy_raises_comes_through_native_code(monkeypatch):
    def dot(a, b):
        raise LookupError("from Python")

    monkeypatch.setattr(np, "dot", dot)
    a = bytearray(8)
    matrix = np.frombuffer(a, "f8").reshape(1, 1)
    with pytest.raises(LookupError, match="from Python"):
        lab.multiply_matrices(matrix, matrix)
    del matrix
    a.append(1)  # BufferError while a buffer is still borrowed


def test_a_call_that_goes_back_to_python_stays_off_the_workers():
    import asyncio

    from fastlane import aio

    async def run():
        async with aio.Bridge(threads=1) as bridge:
            with pytest.raises(TypeError):
                bridge.run(lab.multiply_matrices, np.eye(2), np.eye(2))
            assert await bridge.run(lab.slow_sum, [1.0, 2.0]) == 3.0

    asyncio.run(run())
