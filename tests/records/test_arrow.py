"""The Arrow capsules: consumers read the columns in place, and every reference comes back,
whoever releases it and where.
"""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import weakref
from typing import Any

import fastlane
import numpy as np
import pytest
from fastlane import _core
from fastlane import records as fr
from fastlane.records.column import Column
from records import logs

SCHEMA = fr.Schema(
    host=fr.String(),
    user=fr.Category(nullable=True),
    time=fr.Timestamp("%d/%b/%Y:%H:%M:%S %z"),
    status=fr.Int16(),
    bytes=fr.Int64(null="-"),
    path=fr.String(nullable=True),
    referer=fr.Category(),
)
PLAN = fr.Plan(fr.apache("combined"), SCHEMA)


def a_result(lines: int = 500) -> fr.Result:
    return PLAN.run(logs.access_log(lines, seed=8))


def numbers(count: int = 4) -> dict[str, Any]:
    return {"type": "int64", "length": count, "values": np.arange(count), "validity": None}


ALL_TYPES = [
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float32",
    "float64",
    "timestamp",
]


class ArrowSchema(ctypes.Structure):
    pass


class ArrowArray(ctypes.Structure):
    pass


class ArrowStream(ctypes.Structure):
    pass


RELEASE_SCHEMA = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowSchema))
RELEASE_ARRAY = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowArray))
RELEASE_STREAM = ctypes.CFUNCTYPE(None, ctypes.POINTER(ArrowStream))
ArrowSchema._fields_ = [
    ("format", ctypes.c_char_p),
    ("name", ctypes.c_char_p),
    ("metadata", ctypes.c_char_p),
    ("flags", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowSchema))),
    ("dictionary", ctypes.POINTER(ArrowSchema)),
    ("release", RELEASE_SCHEMA),
    ("private_data", ctypes.c_void_p),
]
ArrowArray._fields_ = [
    ("length", ctypes.c_int64),
    ("null_count", ctypes.c_int64),
    ("offset", ctypes.c_int64),
    ("n_buffers", ctypes.c_int64),
    ("n_children", ctypes.c_int64),
    ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    ("children", ctypes.POINTER(ctypes.POINTER(ArrowArray))),
    ("dictionary", ctypes.POINTER(ArrowArray)),
    ("release", RELEASE_ARRAY),
    ("private_data", ctypes.c_void_p),
]
ArrowStream._fields_ = [
    (
        "get_schema",
        ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowStream), ctypes.POINTER(ArrowSchema)),
    ),
    (
        "get_next",
        ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ArrowStream), ctypes.POINTER(ArrowArray)),
    ),
    ("get_last_error", ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.POINTER(ArrowStream))),
    ("release", RELEASE_STREAM),
    ("private_data", ctypes.c_void_p),
]


def structure_in(capsule: object, name: bytes, cls: Any) -> Any:
    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ctypes.cast(address(capsule, name), ctypes.POINTER(cls))


def moved_batch(capsule: object) -> ArrowArray:
    stream = structure_in(capsule, b"arrow_array_stream", ArrowStream)
    batch = ArrowArray()
    assert stream.contents.get_next(stream, ctypes.byref(batch)) == 0
    return batch


def settled(alive: Any, tries: int = 100) -> bool:
    """Whether the object is gone, once the interpreter could run what waits for it."""
    for _ in range(tries):
        gc.collect()
        if alive() is None:
            return True
    return False


def test_the_schema_of_a_stream() -> None:
    result = a_result(10)
    capsule = result.__arrow_c_stream__()
    stream = structure_in(capsule, b"arrow_array_stream", ArrowStream)
    schema = ArrowSchema()
    for _ in range(2):
        assert stream.contents.get_schema(stream, ctypes.byref(schema)) == 0
        assert schema.format == b"+s" and schema.n_children == len(SCHEMA)
        children = [schema.children[index].contents for index in range(schema.n_children)]
        assert [child.name.decode() for child in children] == list(SCHEMA)
        assert [child.format for child in children] == [
            b"U",
            b"i",
            b"tsu:UTC",
            b"s",
            b"l",
            b"U",
            b"i",
        ]
        assert children[1].dictionary.contents.format == b"U"
        schema.release(ctypes.byref(schema))
        assert not schema.release


def test_a_stream_has_one_batch_and_then_its_end() -> None:
    result = a_result(10)
    capsule = result.__arrow_c_stream__()
    batch = moved_batch(capsule)
    assert batch.length == len(result) and batch.n_children == len(SCHEMA)
    status = batch.children[3].contents
    assert status.buffers[1] == result["status"].values.ctypes.data
    assert status.null_count == 0 and batch.children[4].contents.null_count == -1
    assert not moved_batch(capsule).release
    batch.release(ctypes.byref(batch))


@pytest.mark.parametrize("how", ["dropped", "released", "released elsewhere", "child kept"])
def test_every_reference_comes_back(how: str) -> None:
    column = numbers()
    alive = weakref.ref(column["values"])
    capsule: object = _core.arrow_stream([("a", column), ("b", numbers())])
    del column
    gc.collect()
    assert alive() is not None
    if how == "dropped":
        del capsule
        assert settled(alive)
        return
    batch = moved_batch(capsule)
    del capsule
    assert not settled(alive, tries=2)
    child = ArrowArray()
    if how == "child kept":
        ctypes.pointer(child)[0] = batch.children[0].contents
        batch.children[0].contents.release = RELEASE_ARRAY()
    # ctypes lets go of the GIL while it calls, so this is a release without the GIL.
    if how == "released elsewhere":
        thread = threading.Thread(target=lambda: batch.release(ctypes.byref(batch)))
        thread.start()
        thread.join()
    else:
        batch.release(ctypes.byref(batch))
    if how == "child kept":
        assert not settled(alive, tries=2)
        child.release(ctypes.byref(child))
    assert settled(alive)


def test_many_releases_without_the_gil_all_come_back() -> None:
    batches, alive = [], []
    for _ in range(2000):
        column = numbers()
        alive.append(weakref.ref(column["values"]))
        batches.append(moved_batch(_core.arrow_stream([("a", column)])))
    del column

    def release(some: list[ArrowArray]) -> None:
        for batch in some:
            batch.release(ctypes.byref(batch))

    threads = [threading.Thread(target=release, args=(batches[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert settled(alive[-1])
    assert [each() for each in alive] == [None] * len(alive)


def test_reference_counts_are_what_they_were() -> None:
    column = numbers()
    before = sys.getrefcount(column["values"]), sys.getrefcount(column)
    for _ in range(10):
        _core.arrow_stream([("a", column)])
        _core.arrow_array(column)
        _core.arrow_schema([("a", column)], True)
    gc.collect()
    assert (sys.getrefcount(column["values"]), sys.getrefcount(column)) == before


TEXT = {
    "type": "string",
    "length": 1,
    "offsets": np.array([0, 1]),
    "data": np.zeros(1, np.uint8),
    "validity": None,
}


@pytest.mark.parametrize(
    "columns",
    [
        [("a", {})],
        [("a", {"type": "int65"})],
        [("a", {"type": 3})],
        [("a", {"type": "\ud800"})],
        [("a", {**numbers(), "length": -1})],
        [("a", {**numbers(), "length": 5})],
        [("a", {**numbers(), "length": 2**70})],
        [("a", {**numbers(), "values": [1, 2, 3, 4]})],
        [("a", {**numbers(), "values": np.arange(4.0)})],
        [("a", {**numbers(), "values": np.arange(8)[::2]})],
        [("a", {**numbers(), "values": np.zeros((4, 1), int)})],
        [("a", {**numbers(), "values": np.arange(4).astype(">i8")})],
        [("a", {**numbers(), "validity": np.zeros(0, np.uint8)})],
        [("a", {**TEXT, "offsets": np.array([0])})],
        [("a", {**TEXT, "offsets": np.array([0, 2])})],
        [("a", {**TEXT, "offsets": np.array([-1, 1])})],
        [("a", {**TEXT, "data": None})],
        [
            (
                "a",
                {"type": "category", "length": 1, "codes": np.zeros(1, np.int32), "validity": None},
            )
        ],
        [
            (
                "a",
                {"type": "category", "length": 1, "codes": np.zeros(1, np.int32), "dictionary": {}},
            )
        ],
        [("a", numbers(3)), ("b", numbers(4))],
    ],
)
def test_columns_that_are_none_are_refused(columns: list[Any]) -> None:
    with pytest.raises(fastlane.ArgumentValueError):
        _core.arrow_stream(columns)
    with pytest.raises(fastlane.ArgumentValueError):
        _core.arrow_schema(columns, True)


@pytest.mark.parametrize("columns", [None, {}, [3], [("a",)], [(3, {})], [["a", {}]]])
def test_tables_that_are_none_are_refused(columns: Any) -> None:
    with pytest.raises(fastlane.ArgumentTypeError):
        _core.arrow_stream(columns)


def test_a_name_that_is_no_utf8_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        _core.arrow_stream([("\ud800", numbers())])
    with pytest.raises(fastlane.ArgumentValueError):
        _core.arrow_schema([("a", numbers()), ("b", numbers())], False)


def test_pyarrow_reads_a_result_in_place() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    result = a_result()
    found = pyarrow.table(result)
    found.validate(full=True)
    assert found.to_pydict() == result.to_dict()
    assert found.schema.equals(pyarrow.schema(result))
    for name, part, buffer in (
        ("status", "values", 1),
        ("time", "values", 1),
        ("user", "codes", 1),
        ("host", "offsets", 1),
        ("host", "data", 2),
    ):
        assert (
            found[name].chunk(0).buffers()[buffer].address
            == getattr(result[name], part).ctypes.data
        )
    alive = weakref.ref(result["status"].values)
    del result
    gc.collect()
    assert alive() is not None and found["status"].to_pylist()[:2]
    del found
    assert settled(alive)


def test_pyarrow_reads_columns_and_errors() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    result = a_result()
    for name, column in result.columns.items():
        array = pyarrow.array(column)
        array.validate(full=True)
        assert array.to_pylist() == column.tolist(), name
    errors = pyarrow.table(result.errors)
    errors.validate(full=True)
    assert [fr.RowError(**row) for row in errors.to_pylist()] == list(result.errors)
    assert errors.schema.equals(pyarrow.schema(result.errors))
    grouped = (
        PLAN.group_by("user")
        .aggregate(n=fr.count(), mean=fr.mean("bytes"))
        .run(logs.access_log(50, seed=1))
    )
    assert pyarrow.table(grouped).to_pydict() == grouped.to_dict()
    nothing = PLAN.run(b"")
    assert pyarrow.table(nothing).to_pydict() == nothing.to_dict()


@pytest.mark.parametrize("name", ALL_TYPES)
@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 64, 100])
def test_pyarrow_reads_every_type(name: str, length: int) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    dtype = {"timestamp": "int64"}.get(name, name)
    values = (
        np.random.default_rng(length).integers(0, 100, length) % (2 if name == "bool" else 100)
    ).astype(dtype)
    valid = np.random.default_rng(length + 1).integers(0, 2, length)
    for validity in (None, np.packbits(valid, bitorder="little")):
        column = Column({"type": name, "length": length, "values": values, "validity": validity})
        array = pyarrow.array(column)
        array.validate(full=True)
        assert array.to_pylist() == column.tolist()


def test_polars_reads_a_result() -> None:
    polars = pytest.importorskip("polars")
    result = a_result()
    frame = polars.DataFrame(result)
    assert {name: frame[name].to_list() for name in frame.columns} == result.to_dict()
    assert (
        frame["status"].to_numpy(allow_copy=False).ctypes.data
        == result["status"].values.ctypes.data
    )
