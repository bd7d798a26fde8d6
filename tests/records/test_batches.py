"""Batches of columns instead of text: the same rows give the same result as from text, whoever
made the batch and however its values lie in memory.
"""

from __future__ import annotations

import datetime
import json
from typing import Any

import numpy as np
import pytest

from fastlane import ArgumentTypeError, ArgumentValueError, SchemaError
from fastlane import records as fr
from fastlane.records import Plan

SCHEMA = fr.Schema(
    id=fr.Int64(ge=0),
    ratio=fr.Float64(nullable=True, allow_nan=True),
    name=fr.String(max_length=6),
    kind=fr.Category(one_of=["a", "b"], nullable=True),
    ok=fr.Bool(),
    when=fr.Timestamp("%Y-%m-%d %H:%M:%S"),
)
PLAN = Plan(fr.csv(), SCHEMA)
NAMES = ['x"\\\n', "\u00e9\u4e2d\U0001f600", "", "too long", "e", "f"]
TIMES = np.array(["2015-05-17T10:05:03", "1969-12-31T23:59:59.999999", "0001-01-01", "2400-02-29",
                  "9999-12-31", "1970-01-01"], "M8[us]")  # fmt: skip
ARRAYS: dict[str, Any] = {
    "id": np.array([0, 2**62, 2, 3, -1, 5]),
    "ratio": np.array([0.1, -0.0, 5e-324, 1e22, np.nan, np.inf]),
    "name": NAMES,
    "kind": ["a", None, "b", "a", "c", None],
    "ok": np.array([True, False] * 3),
    "when": TIMES,
}
GOOD = [0, 1, 2, 5]


def check(result: fr.Result) -> None:
    assert (result.rows_in, result.rows_ok) == (6, 4)
    for name in ("id", "ratio", "ok"):
        np.testing.assert_array_equal(result[name].values, np.asarray(ARRAYS[name])[GOOD])
    assert np.signbit(result["ratio"].values[1])
    assert result["name"].tolist() == [NAMES[row] for row in GOOD]
    assert result["kind"].tolist() == ["a", None, "b", None]
    np.testing.assert_array_equal(result["when"].values, TIMES[GOOD].view(np.int64))
    assert result.error_counts == {("id", "range"): 1, ("kind", "one_of"): 1, ("name", "length"): 1}
    assert [error.row for error in result.errors] == [3, 4, 4]
    assert json.loads(result.errors[0].raw)["name"] == "too long"


def test_a_dict_of_arrays() -> None:
    check(PLAN.run(ARRAYS))
    check(Plan(fr.ndjson(), SCHEMA).run(ARRAYS))


def test_a_result_and_its_columns() -> None:
    result = PLAN.run(ARRAYS)
    again = PLAN.run(result)
    assert again.to_dict() == result.to_dict()
    columns = {name: result[name] for name in result}
    assert PLAN.run(columns).to_dict() == result.to_dict()


def test_the_whole_plan_runs() -> None:
    plan = PLAN.derive(half="id // 2").where("ok").group_by("kind").aggregate(most=fr.max("half"))
    assert plan.run(ARRAYS).to_dict() == {"kind": ["a", "b"], "most": [0, 1]}


@pytest.mark.parametrize(
    "array",
    [
        np.arange(8, dtype=">i4")[::-2],
        np.arange(4, dtype="u1"),
        np.arange(4, dtype="f2"),
        np.array([True, False, True, True]),
        np.broadcast_to(np.int16(7), 4),
        [1, None, 3, 4],
        (1.5, 2.5, 3.5, 4.5),
        np.array(["1", "2", "3", "4"]),
        [],
    ],
    ids=repr,
)
def test_arrays_of_all_layouts(array: Any) -> None:
    """Against json, which tells ints from floats and texts just as well."""
    for field in (fr.Int64(nullable=True), fr.Float64(nullable=True), fr.String(nullable=True)):
        plan = Plan(fr.ndjson(), fr.Schema(x=field))
        values = array.tolist() if isinstance(array, np.ndarray) else array
        lines = "\n".join(json.dumps({"x": value}) for value in values).encode()
        one, other = plan.run({"x": array}), plan.run(lines)
        assert one.to_dict() == other.to_dict()
        assert one.error_counts == other.error_counts


def test_columns_of_other_names_and_none() -> None:
    plan = Plan(fr.csv(), fr.Schema(a=fr.Int8(column="A a"), b=fr.Int8(nullable=True)))
    assert plan.run({"A a": [1, 2]}).to_dict() == {"a": [1, 2], "b": [None, None]}
    with pytest.raises(SchemaError, match="column 'a'"):
        plan.run({"b": [1]})


@pytest.mark.parametrize(
    "arrays",
    [{"a": 3}, {"a": np.zeros((2, 2))}, {"a": [1, "x"]}, {"a": np.zeros(2, "c8")}, {3: [1]},
     {"a": [object()]}, {"a": "text"}],
)  # fmt: skip
def test_what_is_no_array(arrays: Any) -> None:
    with pytest.raises(ArgumentTypeError):
        Plan(fr.csv(), fr.Schema(a=fr.Int8())).run(arrays)


def test_arrays_of_two_lengths() -> None:
    with pytest.raises(ArgumentValueError, match="a: 1, b: 2"):
        PLAN.run({"a": [1], "b": [1, 2]})


def test_pyarrow_batches() -> None:
    pa = pytest.importorskip("pyarrow")
    arrays = {**ARRAYS, "kind": pa.array(ARRAYS["kind"]).dictionary_encode()}
    table = pa.table({name: pa.array(array) for name, array in arrays.items()})
    views = table.set_column(2, "name", table["name"].cast(pa.string_view()))
    for batch in (table, views, table.to_batches()[0], pa.concat_tables([table[:2], table[2:]])):
        check(PLAN.run(batch))
    check(PLAN.run(pa.concat_tables([table, table])[6:]))
    for unit in ("s", "ms", "ns"):
        times = [datetime.datetime(2015, 5, 17, 10, 5, 3), None]
        column = pa.array(times, pa.timestamp(unit, "UTC"))
        plan = Plan(fr.csv(), fr.Schema(t=fr.Timestamp("iso8601", nullable=True)))
        assert plan.run(pa.table({"t": column}))["t"].values[0] == 1431857103000000
    with pytest.raises(SchemaError, match="Arrow format"):
        PLAN.run(table.set_column(0, "id", pa.array([[1]] * 6)))
    with pytest.raises(SchemaError, match="named columns"):
        PLAN.run(table["id"].chunk(0))


def test_polars_frames() -> None:
    pl = pytest.importorskip("polars")
    check(PLAN.run(pl.DataFrame(ARRAYS)))
    check(PLAN.run(pl.DataFrame(ARRAYS).with_columns(pl.col("kind").cast(pl.Categorical))))


def test_a_stream_that_was_consumed() -> None:
    stream = PLAN.run(ARRAYS).__arrow_c_stream__()

    class Once:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return stream

    check_again = PLAN.run(Once())
    assert check_again.rows_in == 4
    with pytest.raises(ArgumentTypeError, match="not yet consumed"):
        PLAN.run(Once())
