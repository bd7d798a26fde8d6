"""The Arrow capsules: consumers read the columns in place; columns that are none are refused."""

from __future__ import annotations

import ast
import ctypes
import gc
import inspect
import itertools
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastlane
from fastlane import _core
from fastlane import records as fr
from fastlane.records.column import Column
from records import logs
from records.arrow_structures import ArrowSchema, ArrowStream, moved_batch, numbers, structure_in

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


@pytest.mark.parametrize("name", ["arrow_schema", "arrow_array", "arrow_stream", "records_run"])
def test_the_native_functions_say_what_they_are(name: str) -> None:
    function = getattr(_core, name)
    stub = (Path(fastlane.__file__).parent / "_core.pyi").read_text("ascii")
    body = next(
        node
        for node in ast.parse(stub).body
        if isinstance(node, ast.FunctionDef) and node.name == name
    )
    arguments = [*body.args.posonlyargs, *body.args.args, *body.args.kwonlyargs]
    assert [each.arg for each in arguments] == list(inspect.signature(function).parameters)
    assert "**Memory:**" in function.__doc__
    with pytest.raises(fastlane.ArgumentTypeError):
        function()
    with pytest.raises(fastlane.ArgumentTypeError):
        function([], no_such_keyword=1)


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
    gc.collect()
    assert alive() is None


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


def test_pyarrow_reads_every_type() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    draw = np.random.default_rng(5)
    for name, length in itertools.product(ALL_TYPES, (0, 1, 7, 8, 9, 64, 100)):
        dtype = {"timestamp": "int64"}.get(name, name)
        values = draw.integers(0, 2 if name == "bool" else 100, length).astype(dtype)
        bits = np.packbits(draw.integers(0, 2, length), bitorder="little")
        for validity in (None, bits):
            parts = {"type": name, "length": length, "values": values, "validity": validity}
            array = pyarrow.array(Column(parts))
            array.validate(full=True)
            assert array.to_pylist() == Column(parts).tolist(), (name, length)


def test_polars_reads_a_result() -> None:
    polars = pytest.importorskip("polars")
    result = a_result()
    frame = polars.DataFrame(result)
    assert {name: frame[name].to_list() for name in frame.columns} == result.to_dict()
    assert (
        frame["status"].to_numpy(allow_copy=False).ctypes.data
        == result["status"].values.ctypes.data
    )
