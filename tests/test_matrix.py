"""fastlane.Matrix: elements, exports, DLPack, pickles, products, and who may change what when."""

from __future__ import annotations

import copy
import gc
import pickle
import sys
import threading
import weakref

import numpy as np
import pytest

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError, Matrix

ROWS = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]


def small() -> Matrix:
    return Matrix(ROWS)


def test_elements_are_read_and_written_in_place():
    m = small()
    assert m.shape == (2, 3) and (m[0, 0], m[1, 2], m[-1, -3]) == (1.0, 6.0, 4.0)
    m[0, 1] = 7
    m[np.int64(-1), True] = np.float32(8)
    assert np.asarray(m).tolist() == [[1, 7, 3], [4, 8, 6]]
    for key in ((2, 0), (0, 3), (-3, 0), (0, -4), (1 << 70, 0)):
        with pytest.raises(IndexError):
            m[key]
        with pytest.raises(IndexError):
            m[key] = 0.0
    for key in (0, (0,), (0, 0, 0), "ab", (0.0, 0), slice(None), (0, slice(None))):
        with pytest.raises(TypeError):
            m[key]
    with pytest.raises(TypeError):
        m[0, 0] = "one"
    with pytest.raises(TypeError):
        del m[0, 0]
    with pytest.raises(TypeError):
        iter(m)
    with pytest.raises(TypeError):
        hash(m)
    assert repr(m) == "<fastlane.Matrix of 2 x 3>"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[]],
        [[], []],
        ((1, 2), [3, 4]),
        [range(3), np.arange(3, 6).tolist()],
        np.arange(6.0).reshape(2, 3),
        np.arange(12.0).reshape(3, 4)[::-1, ::2],
        np.arange(6.0).reshape(2, 3).T,
        memoryview(np.arange(6.0).reshape(2, 3)),
        small(),
    ],
)
def test_what_a_matrix_is_made_from(rows: object):
    m = Matrix(rows)
    expected = np.asarray(rows, dtype="f8").reshape(m.shape)
    assert np.array_equal(np.asarray(m), expected)
    assert not np.shares_memory(np.asarray(m), expected)


def test_a_number_that_runs_python_cannot_change_what_is_read():
    class Hostile:
        def __float__(self) -> float:
            rows[0].clear()
            rows.clear()
            gc.collect()
            return 5.0

    rows = [[Hostile(), 1.0], [2.0, 3.0]]
    assert np.asarray(Matrix(rows)).tolist() == [[5, 1], [2, 3]]

    class Fails:
        def __float__(self) -> float:
            raise KeyError("mine")

    with pytest.raises(KeyError):
        Matrix([[Fails()]])

    m = small()

    class Resizes:
        def __index__(self) -> int:
            m.resize(0, 0)
            return 1

        def __float__(self) -> float:
            m.resize(0, 0)
            return 1.0

    with pytest.raises(IndexError):
        m[Resizes(), 1]
    m.resize(2, 2)
    with pytest.raises(IndexError):
        m[0, 0] = Resizes()


def test_equality_is_one_bool():
    assert small() == small() and not (small() != small())
    other = small()
    other[0, 0] = 9.0
    assert small() != other
    assert Matrix([[1.0, 2.0]]) != Matrix([[1.0], [2.0]])
    assert Matrix([[float("nan")]]) != Matrix([[float("nan")]])
    for stranger in (None, 3, ROWS, "m", object()):
        assert (small() == stranger) is False and (small() != stranger) is True
    assert (small() == np.array(ROWS)) is False and (np.array(ROWS) == small()) is False
    with pytest.raises(TypeError):
        small() < small()  # noqa: B015


def test_arrays_share_the_elements():
    m = small()
    array = np.asarray(m)
    array[1, 1] = 50.0
    assert m[1, 1] == 50.0 and array.flags.writeable
    assert fastlane.sum(m) == array.sum()
    assert fastlane.scale_inplace(m, 2.0) is None
    assert m[0, 0] == 2.0


EXPORTS = {
    "memoryview": memoryview,
    "array": np.asarray,
    "view of an array": lambda m: np.asarray(m)[:1, ::2],
    "tensor": lambda m: m.__dlpack__(),
    "versioned tensor": lambda m: m.__dlpack__(max_version=(1, 0)),
    "array over a tensor": np.from_dlpack,
    "out-of-band pickle": pickle.PickleBuffer,
}


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_resize_is_refused_while_somebody_looks(export):
    m = small()
    held = export(m)
    with pytest.raises(BorrowError):
        m.resize(3, 3)
    assert m.shape == (2, 3)
    m[0, 0] = 10.0  # elements may change, their place may not
    del held
    gc.collect()
    m.resize(3, 3)
    assert np.asarray(m).tolist() == [[10, 2, 3], [4, 5, 6], [0, 0, 0]]
    m.resize(1, 2)
    assert np.asarray(m).tolist() == [[10, 2]]
    m.resize(0, 7)
    assert m.shape == (0, 7)


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_exports_outlive_the_name_and_end_on_any_thread(export):
    m = small()
    count = sys.getrefcount(m)
    held = [export(m) for _ in range(10)]
    assert sys.getrefcount(m) > count
    worker = threading.Thread(target=held.clear)
    worker.start()
    worker.join()
    assert sys.getrefcount(m) == count
    array = np.asarray(small())
    gc.collect()
    assert array.tolist() == ROWS


def test_resize_is_refused_while_a_call_runs():
    m = Matrix.zeros(2000, 2000)
    over = threading.Event()

    def work() -> None:
        while not over.is_set():
            fastlane.sum(m)
            m.transpose()

    worker = threading.Thread(target=work)
    worker.start()
    refused = 0
    for _ in range(100_000):
        try:
            m.resize(2000, 2000)
        except BorrowError:
            refused += 1
            if refused == 20:
                break
    over.set()
    worker.join()
    assert refused == 20
    m.resize(1, 1)


def test_dlpack_both_ways():
    m = small()
    assert m.__dlpack_device__() == (1, 0)
    array = np.from_dlpack(m)
    assert array.tolist() == ROWS and np.shares_memory(array, np.asarray(m))

    class Only:
        def __dlpack__(self, **options):
            return array.__dlpack__(**options)

        def __dlpack_device__(self):
            return array.__dlpack_device__()

    assert Matrix(Only()) == m
    assert m.transpose() @ Only() == m.transpose() @ m
    copied = np.from_dlpack(m, copy=True) if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else None
    if copied is not None:
        assert copied.tolist() == ROWS and not np.shares_memory(copied, np.asarray(m))
    assert '"dltensor"' in repr(m.__dlpack__())
    assert '"dltensor"' in repr(m.__dlpack__(max_version=(0, 8)))
    assert '"dltensor_versioned"' in repr(m.__dlpack__(max_version=(1, 2), copy=True))
    for wrong in ({"stream": 1}, {"dl_device": (2, 0)}):
        with pytest.raises(BufferError):
            m.__dlpack__(**wrong)
    for wrong in ({"max_version": 1}, {"dl_device": "cpu"}, {"max_version": (1,)}, {"x": 1}):
        with pytest.raises(TypeError):
            m.__dlpack__(**wrong)
    with pytest.raises(TypeError):
        m.__dlpack__(None)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle(protocol: int):
    for m in (small(), Matrix.zeros(0, 3), Matrix.zeros(300, 200)):
        again = pickle.loads(pickle.dumps(m, protocol))
        assert type(again) is Matrix and again == m and again.shape == m.shape


def test_pickle_out_of_band_moves_no_elements_into_the_pickle():
    m = Matrix(np.arange(60_000.0).reshape(200, 300))
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(m, 5, buffer_callback=buffers.append)
    assert len(data) < 500 and len(buffers) == 1
    assert np.shares_memory(np.frombuffer(buffers[0].raw()), np.asarray(m))
    again = pickle.loads(data, buffers=buffers)
    assert again == m and not np.shares_memory(np.asarray(again), np.asarray(m))
    with pytest.raises(ArgumentValueError):
        pickle.loads(data, buffers=[b"short"])


def test_copies():
    m = small()
    for again in (copy.copy(m), copy.deepcopy(m)):
        again[0, 0] = 5.0
        assert m[0, 0] == 1.0


def test_product_is_numpys():
    random = np.random.default_rng(1)
    a, b = random.standard_normal((7, 5)), random.standard_normal((5, 3))
    for left, right in (
        (Matrix(a), Matrix(b)),
        (Matrix(a), b),
        (a, Matrix(b)),
        (Matrix(a), np.asfortranarray(b)),
        (Matrix(a), np.repeat(b, 2, axis=1)[:, ::2]),
        (Matrix(a), memoryview(b)),
    ):
        result = left @ right
        assert type(result) is Matrix
        assert np.array_equal(np.asarray(result), a @ b)
    square = Matrix(a[:5])
    assert np.array_equal(np.asarray(square @ square), a[:5] @ a[:5])
    assert (Matrix.zeros(3, 0) @ Matrix.zeros(0, 2)) == Matrix.zeros(3, 2)
    square.resize(1, 1)  # nothing is held any more


def test_wrong_products():
    m = small()
    for other in (None, 3, ROWS, "m"):
        with pytest.raises(TypeError):
            m @ other
        with pytest.raises(TypeError):
            other @ m
    with pytest.raises(ArgumentValueError):
        m @ m
    with pytest.raises(ArgumentValueError):
        m @ np.ones(3)
    with pytest.raises(ArgumentTypeError):
        m @ np.ones((3, 2), "f4")
    with pytest.raises(ArgumentTypeError):
        np.ones((3, 2), ">f8") @ m
    m.resize(1, 1)


def test_arrays_leave_operators_to_the_matrix():
    with pytest.raises(TypeError):
        np.ones((2, 3)) + small()
    with pytest.raises(TypeError):
        small() + np.ones((2, 3))


def test_transpose():
    values = np.arange(200_000.0).reshape(400, 500)
    assert np.array_equal(np.asarray(Matrix(values).transpose()), values.T)
    assert small().transpose().transpose() == small()


def test_no_subclass_and_no_attribute():
    with pytest.raises(TypeError):
        type("Sub", (Matrix,), {})
    with pytest.raises(AttributeError):
        small().name = 1
    with pytest.raises(AttributeError):
        small().shape = (3, 2)
    with pytest.raises(TypeError):
        Matrix.zeros = None
    with pytest.raises(TypeError):
        Matrix(rows=ROWS)
    with pytest.raises(TypeError):
        weakref.ref(small())


def test_no_block_is_lost():
    def everything() -> None:
        m = small()
        np.asarray(m)
        np.from_dlpack(m)
        m.__dlpack__(max_version=(1, 0), copy=True)
        pickle.loads(pickle.dumps(m, 5))
        m @ m.transpose()
        m == m  # noqa: B015
        repr(m)
        for wrong in (lambda: m @ m, lambda: m[5, 5], lambda: Matrix([[1], [2, 3]])):
            try:
                wrong()
            except (IndexError, ValueError):
                pass

    for _ in range(20):
        everything()
    growths = []
    for _ in range(3):
        gc.collect()
        before = sys.getallocatedblocks()
        for _ in range(300):
            everything()
        gc.collect()
        growths.append(sys.getallocatedblocks() - before)
    assert min(growths) < 50
