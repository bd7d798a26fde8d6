"""The engine against the plain-Python reference, on real and on generated logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlane import records as fr
from records import logs
from records.compare import access_log, access_plan, check

SCHEMA = fr.Schema(
    host=fr.String(max_length=255),
    ident=fr.String(nullable=True),
    user=fr.Category(nullable=True),
    time=fr.Timestamp("%d/%b/%Y:%H:%M:%S %z"),
    method=fr.Category(one_of=["GET", "HEAD", "POST"]),
    path=fr.String(starts_with="/", max_length=200),
    protocol=fr.Category(),
    status=fr.Int16(ge=100, le=599),
    bytes=fr.Int64(ge=0, null="-"),
    referer=fr.String(),
    user_agent=fr.String(default="none"),
)
PLAN = fr.Plan(fr.apache("combined"), SCHEMA)
ALL = {
    "n": fr.count(),
    "total": fr.sum("bytes"),
    "least": fr.min("bytes"),
    "most": fr.max("bytes"),
    "mean": fr.mean("bytes"),
    "first": fr.min("time"),
    "last": fr.max("time"),
    "codes": fr.sum("status"),
}


def test_the_real_log_grouped() -> None:
    result = check(access_plan(), access_log())
    assert result.rows_in == 10_000
    assert result.rows_bad == 1


def test_the_real_log_as_columns() -> None:
    result = check(PLAN, access_log())
    assert len(result["user_agent"]) == result.rows_ok


@pytest.mark.parametrize("threads", [1, 2, 7])
def test_the_number_of_threads_changes_nothing(threads: int) -> None:
    data = logs.access_log(3000, seed=1)
    plan = PLAN.group_by("method", "user", "status").aggregate(**ALL)
    assert plan.run(data, threads=threads) == plan.run(data)


@pytest.mark.parametrize("seed", range(6))
def test_generated_logs_as_columns(seed: int) -> None:
    result = check(PLAN, logs.access_log(2000, seed, final_newline=seed % 2 == 0))
    assert result.rows_bad > 20
    assert result.rows_blank > 2


@pytest.mark.parametrize(
    "keys", [(), ("method",), ("status", "method"), ("user",), ("host",), ("time", "protocol")]
)
def test_generated_logs_grouped(keys: tuple[str, ...]) -> None:
    result = check(PLAN.group_by(*keys).aggregate(**ALL), logs.access_log(1500, seed=77))
    assert len(result) >= 1


def test_many_lines() -> None:
    check(PLAN.group_by("status", "user").aggregate(**ALL), logs.access_log(20_000, seed=42))


def test_every_line_broken() -> None:
    result = check(PLAN, logs.access_log(3000, seed=5, broken=1.0, blank=0.0))
    assert result.rows_bad > 2500


def test_several_inputs_are_one_stream_of_rows(tmp_path: Path) -> None:
    parts = [logs.access_log(50, seed, final_newline=seed != 2) for seed in range(4)]
    paths = []
    for number, part in enumerate(parts):
        paths.append(tmp_path / f"{number}.log")
        paths[-1].write_bytes(part)
    from_files = check(PLAN, list(paths))
    assert check(PLAN, list(parts)) == from_files
    assert PLAN.run([str(path) for path in paths]) == from_files
    assert {error.source for error in from_files.errors} == {0, 1, 2, 3}


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b"\n\n", b"\r\n"])
def test_what_may_stand_before_the_first_row(prefix: bytes) -> None:
    data = logs.access_log(5, seed=3, broken=0.0, blank=0.0)
    result = check(PLAN, prefix + data)
    assert result.rows_in == 5
    assert result["host"].tolist() == PLAN.run(data)["host"].tolist()


def test_details_of_errors_are_bounded_and_counts_are_not() -> None:
    data = logs.access_log(500, seed=9, broken=1.0)
    everything = PLAN.run(data, max_errors=10**6)
    for bound in (0, 1, 7, 100):
        some = PLAN.run(data, max_errors=bound)
        assert some.error_counts == everything.error_counts
        assert some.rows_bad == everything.rows_bad
        assert list(some.errors) == list(everything.errors)[:bound]
        assert some.errors.total == everything.errors.total


def test_select_chooses_and_orders_columns() -> None:
    data = logs.access_log(100, seed=4)
    result = check(PLAN.select("status", "host"), data)
    assert list(result) == ["status", "host"]


def test_two_fields_may_read_one_token() -> None:
    schema = fr.Schema(
        text=fr.String(column="status"), number=fr.Int16(column="status"), request=fr.String()
    )
    result = check(fr.Plan(fr.apache("common"), schema), b'h - - [t] "GET / HTTP/1.1" 0200 5\n')
    assert result.to_dict() == {"text": ["0200"], "number": [200], "request": ["GET / HTTP/1.1"]}


def test_all_errors_of_a_row_are_told() -> None:
    line = b'h - - [17/Mai/2015:10:05:03 +0000] "BREW nowhere HTTP/1.1" 999 x "-" "-"\n'
    result = check(PLAN, line)
    assert [(error.field, error.code) for error in result.errors] == [
        ("time", "format"),
        ("method", "one_of"),
        ("path", "prefix"),
        ("status", "range"),
        ("bytes", "type"),
    ]
    assert result.rows_bad == 1
    assert {error.raw for error in result.errors} == {line.rstrip()}
    assert [error.got for error in result.errors] == [
        "17/Mai/2015:10:05:03 +0000",
        "BREW",
        "nowhere",
        "999",
        "x",
    ]


def test_a_row_that_is_too_long() -> None:
    good = logs.access_log(3, seed=1, broken=0.0, blank=0.0)
    result = check(PLAN, good + b"x" * 5000 + b"\n" + good, max_row_bytes=2000)
    assert result.error_counts == {(None, "too_long"): 1}
    assert result.rows_ok == 6
    assert len(result.errors[0].raw) == 4096


def test_a_sum_that_int64_cannot_hold_names_its_group() -> None:
    schema = fr.Schema(host=fr.String(), bytes=fr.Int64())
    plan = fr.Plan(fr.apache("%h %b"), schema).group_by("host").aggregate(total=fr.sum("bytes"))
    with pytest.raises(OverflowError, match="big"):
        plan.run(b"small 1\nbig %d\nbig 1\n" % (2**63 - 1))
    result = plan.run(b"big %d\nbig 1\nbig -1\n" % (2**63 - 1))
    assert result["total"].tolist() == [2**63 - 1]
