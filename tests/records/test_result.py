"""Results: columns as NumPy and Python see them, errors as a sequence, tables for people,
pickles.
"""

from __future__ import annotations

import datetime
import pickle
from typing import Any

import numpy as np
import pytest

import fastlane
from fastlane import records as fr
from fastlane.records import table
from fastlane.records.column import Column
from records import logs
from records.compare import access_log, access_plan, assert_invariants

SCHEMA = fr.Schema(
    host=fr.String(),
    user=fr.Category(nullable=True),
    time=fr.Timestamp("%d/%b/%Y:%H:%M:%S %z", nullable=True),
    status=fr.Int16(),
    bytes=fr.Int64(null="-"),
    protocol=fr.String(nullable=True),
)
PLAN = fr.Plan(fr.apache("common"), SCHEMA)
LINES = (
    b'a\xc3\xa9 - bob [17/May/2015:10:05:03 +0200] "GET / HTTP/1.1" 200 5\n'
    b'b - - [-] "GET / -" 404 -\n'
    b"bad\n\n"
    b' - bob [17/May/2015:10:05:03 +0000] "GET / x" 200 7\n'
)
UTC = datetime.UTC


@pytest.fixture
def result() -> fr.Result:
    return PLAN.run(LINES)


def test_python_values(result: fr.Result) -> None:
    assert result.to_dict() == {
        "host": ["a\u00e9", "b", ""],
        "user": ["bob", None, "bob"],
        "time": [
            datetime.datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC),
            None,
            datetime.datetime(2015, 5, 17, 10, 5, 3, tzinfo=UTC),
        ],
        "status": [200, 404, 200],
        "bytes": [5, None, 7],
        "protocol": ["HTTP/1.1", None, "x"],
    }
    assert list(result) == list(SCHEMA) and "host" in result and len(result) == 3
    assert [type(value) for value in result["status"]] == [int, int, int]


def test_counts(result: fr.Result) -> None:
    assert (
        result.rows_in,
        result.rows_ok,
        result.rows_bad,
        result.rows_blank,
        result.rows_kept,
    ) == (4, 3, 1, 1, 3)
    assert result.error_counts == {(None, "format"): 1}
    assert_invariants(result)


def test_arrays_are_shared_not_copied(result: fr.Result) -> None:
    status = result["status"]
    assert status.values.dtype == np.int16
    assert np.shares_memory(np.asarray(status), status.values)
    assert np.shares_memory(np.asarray(status), result["status"].values)
    assert result["time"].values.dtype == np.int64
    assert result["host"].offsets.tolist() == [0, 3, 4, 4]
    assert result["host"].data.tobytes() == "a\u00e9b".encode()
    assert result["user"].codes.dtype == np.int32
    assert result["user"].dictionary == ["bob"]
    assert result["host"].values.tolist() == ["a\u00e9", "b", ""]


def test_validity(result: fr.Result) -> None:
    assert result["status"].validity is None and result["status"].null_count == 0
    validity = result["bytes"].validity
    assert validity is not None and validity.dtype == np.bool_
    assert validity.tolist() == [True, False, True] and result["bytes"].null_count == 1


def test_arrays_of_columns_with_nulls() -> None:
    data = LINES + b'c - x [17/May/2015:10:05:03 +0000] "GET / x" 500 -\n'
    result = (
        PLAN.group_by("status")
        .aggregate(mean=fr.mean("bytes"), most=fr.max("bytes"), last=fr.max("time"))
        .run(data)
    )
    mean = np.asarray(result["mean"])
    assert mean.dtype == np.float64 and mean[0] == 6.0 and np.isnan(mean[1]) and np.isnan(mean[2])
    assert np.asarray(result["most"]).tolist() == [7, None, None]
    last = np.asarray(result["last"])
    assert (
        last.dtype == "datetime64[us]"
        and np.isnat(last[1])
        and str(last[0]) == "2015-05-17T10:05:03.000000"
    )
    assert np.asarray(result["status"], dtype=np.int64).dtype == np.int64
    with pytest.raises(fastlane.CopyError, match="nulls"):
        result["mean"].__array__(copy=False)
    with pytest.raises(fastlane.CopyError, match="int16 to int64"):
        result["status"].__array__(np.dtype(np.int64), copy=False)


def test_items_and_slices(result: fr.Result) -> None:
    for name in result:
        values = result[name].tolist()
        assert [result[name][index] for index in range(-3, 3)] == values + values
        for part in (
            slice(1, None),
            slice(None, None, -1),
            slice(2, 1),
            slice(0, 100),
            slice(None, None, 2),
        ):
            assert result[name][part] == values[part]
        for wrong in (3, -4):
            with pytest.raises(IndexError, match="3 values"):
                result[name][wrong]
    with pytest.raises(KeyError, match="there is host, user"):
        result["hots"]
    with pytest.raises(AttributeError, match="a category has"):
        _ = result["host"].codes


def test_a_time_beyond_datetime_stays_a_number() -> None:
    values = np.array([2**62, 0], np.int64)
    column = Column({"type": "timestamp", "length": 2, "values": values, "validity": None})
    assert column.tolist() == [2**62, datetime.datetime(1970, 1, 1, tzinfo=UTC)]


def test_errors_are_a_sequence() -> None:
    result = PLAN.run(logs.access_log(300, seed=1, broken=0.5), max_errors=20)
    errors = result.errors
    assert len(errors) == 20 < errors.total == sum(result.error_counts.values())
    assert list(errors) == errors[:] == [errors[index] for index in range(20)]
    assert errors[-1] == errors[19] and errors[3:1:-1] == [errors[3], errors[2]]
    assert isinstance(errors[0], fr.RowError)
    assert errors[0]._fields == (
        "row",
        "line",
        "byte_offset",
        "source",
        "field",
        "code",
        "expected",
        "got",
        "raw",
    )
    with pytest.raises(IndexError, match="20 errors"):
        errors[20]
    assert "20 of them in detail" in repr(errors)


def test_the_raw_row_is_at_its_offset() -> None:
    data = logs.access_log(500, seed=2, broken=0.3)
    result = PLAN.run(data, max_errors=10**6)
    assert len(result.errors) > 100
    lines = data.split(b"\n")
    for error in result.errors:
        assert data[error.byte_offset : error.byte_offset + len(error.raw)] == error.raw
        assert lines[error.line - 1].rstrip(b"\r") == error.raw.rstrip(b"\r")


def test_got_is_text_even_of_bytes_that_are_none() -> None:
    result = PLAN.run(b'\xff - - [-] "GET / x" 200 5\n')
    assert result.errors[0].code == "utf8"
    assert "\\xff" in result.errors[0].got


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_result_can_be_pickled(result: fr.Result, protocol: int) -> None:
    again = pickle.loads(pickle.dumps(result, protocol=protocol))
    assert again == result
    assert again.metrics == result.metrics and again.keys == result.keys
    assert str(again) == str(result)


def test_pickle_5_leaves_the_arrays_where_they_are(result: fr.Result) -> None:
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps(result, protocol=5, buffer_callback=buffers.append)
    assert len(buffers) >= 6
    again = pickle.loads(text, buffers=buffers)
    assert again == result
    assert np.shares_memory(again["status"].values, result["status"].values)


def test_metrics(result: fr.Result) -> None:
    assert result.metrics["bytes"] == len(LINES)
    assert result.metrics["seconds_total"] > 0
    assert result.metrics["rows_per_second"] > 0
    assert {"seconds_parse", "seconds_aggregate"} <= set(result.metrics)


def test_equality_sees_values_nulls_and_nan() -> None:
    plan = fr.Plan(fr.apache("%h"), fr.Schema(host=fr.Float64(allow_nan=True, null="-")))
    assert plan.run(b"1\nnan\n-\n") == plan.run(b"1\nnan\n-\n")
    assert plan.run(b"1\nnan\n-\n") != plan.run(b"1\n-\nnan\n")
    assert plan.run(b"1\n") != plan.run(b"2\n")
    assert plan.run(b"1\n")["host"] != [1.0]


def test_the_real_log_as_a_table() -> None:
    result = access_plan().run(access_log())
    text = str(result)
    assert text.splitlines()[0].split() == ["method", "status", "n", "total", "worst", "mean"]
    assert "2,735,432,343" in text and text.endswith("10,000 rows in, 9,999 ok, 1 bad")
    assert repr(result) == "<Result: 14 groups x 6 columns; 10,000 rows in, 9,999 ok, 1 bad>"
    assert result._repr_html_().count("<tr>") == 15


@pytest.mark.parametrize("width", [1, 5, 8, 13, 20, 40, 57, 80, 200])
def test_a_table_fits_its_width(result: fr.Result, width: int) -> None:
    text = table.as_text(result.columns, keys=(), width=width, rows=10)
    assert max(table.width_of(line) for line in text.splitlines()) <= max(width, 6)


def test_numbers_are_never_cut() -> None:
    result = fr.Plan(fr.apache("%h %b"), fr.Schema(host=fr.String(), bytes=fr.Int64())).run(
        b"h" * 80 + b" 123456789\n"
    )
    text = table.as_text(result.columns, keys=(), width=24, rows=10)
    assert "123,456,789" in text and "hhhhh..." in text
    assert "123,456,789" in table.as_text(result.columns, keys=(), width=21, rows=10)
    narrow = table.as_text(result.columns, keys=(), width=20, rows=10).splitlines()
    assert narrow[2] == "h" * 17 + "..." and narrow[3].startswith("... 1 more column")


def test_what_the_data_holds_is_not_obeyed() -> None:
    line = b'<b>&\x1b[31m\xe2\x80\xaex\x00 - - [-] "GET / x" 200 5\n'
    result = PLAN.run(line)
    assert result["host"][0] == "<b>&\x1b[31m\u202ex\x00"
    text = str(result)
    assert "\x1b" not in text and "\u202e" not in text and "\\x1b[31m\\u202ex\\x00" in text
    markup = result._repr_html_()
    assert "<b>" not in markup and "&lt;b&gt;&amp;" in markup and "\x1b" not in markup


def test_rows_that_are_left_out_are_said(result: fr.Result) -> None:
    text = table.as_text(result.columns, keys=(), width=200, rows=2)
    assert text.splitlines()[-1] == "... 1 more rows"
    assert len(text.splitlines()) == 5


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1234.5, 2.0, None], ["1,234.5", "2.0", "-"]),
        ([12.345, 0.0], ["12.35", "0.00"]),
        ([0.5, 1e-9, 3.0], ["0.5000", "1e-09", "3.0000"]),
        ([1e300, float("nan"), float("inf"), -1.0], ["1e+300", "nan", "inf", "-1.0000"]),
    ],
)
def test_floats_are_readable(values: list[float | None], texts: list[str]) -> None:
    assert table._floats(values) == texts


def empty(plan: fr.Plan, data: bytes) -> Any:
    result = plan.run(data)
    assert_invariants(result)
    return result.to_dict()


@pytest.mark.parametrize("data", [b"", b"\n", b"\r\n\n", b"\xef\xbb\xbf", b"bad\n"])
def test_nothing_good_in_the_input(data: bytes) -> None:
    assert empty(PLAN, data) == {name: [] for name in SCHEMA}
    aggregates = {
        "n": fr.count(),
        "total": fr.sum("bytes"),
        "least": fr.min("bytes"),
        "mean": fr.mean("bytes"),
    }
    assert empty(PLAN.aggregate(**aggregates), data) == {
        "n": [0],
        "total": [0],
        "least": [None],
        "mean": [None],
    }
    assert empty(PLAN.group_by("user").aggregate(**aggregates), data) == {
        "user": [],
        "n": [],
        "total": [],
        "least": [],
        "mean": [],
    }
    assert "rows in" in str(PLAN.run(data)) and "<table>" in PLAN.run(data)._repr_html_()
