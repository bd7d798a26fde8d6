"""One record at a time gives what a run over many gives, and small inputs what large ones give."""

from __future__ import annotations

import datetime
import gzip
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from fastlane import ArgumentTypeError, RecordError, SchemaError, _core
from fastlane import records as fr
from fastlane.records import Plan
from records import logs

LOG = logs.access_log(3000, seed=11)
SCHEMA = fr.Schema(
    host=fr.String(max_length=60),
    user=fr.Category(nullable=True),
    time=fr.Timestamp("%d/%b/%Y:%H:%M:%S %z"),
    path=fr.String(starts_with="/"),
    status=fr.Int16(ge=200, le=404),
    bytes=fr.Int64(null="-", ge=9),
)
COMBINED = fr.apache("combined")


def test_every_line_of_a_log() -> None:
    """Good ones are the rows of a run, bad ones have its errors."""
    good = bad = 0
    for line in LOG.split(b"\n"):
        result = Plan(COMBINED, SCHEMA).run(iter([line]))
        if result.rows_in == 0:
            with pytest.raises(RecordError, match="expected one record, got 0"):
                SCHEMA.decode(line, source=COMBINED)
        elif result.rows_ok == 1:
            wanted = {name: column[0] for name, column in result.columns.items()}
            for form in (line, bytearray(line + b"\n"), memoryview(line)):
                assert SCHEMA.decode(form, source=COMBINED) == wanted
            good += 1
        else:
            with pytest.raises(RecordError) as caught:
                SCHEMA.decode(line, source=COMBINED)
            assert caught.value.errors == list(result.errors)
            bad += 1
    assert good > 1000 < bad * 10


EVERYTHING = fr.Schema(
    a=fr.Bool(),
    b=fr.Int8(),
    c=fr.UInt8(),
    d=fr.Int32(),
    e=fr.UInt32(),
    f=fr.Int64(),
    g=fr.UInt64(),
    h=fr.Float32(),
    i=fr.Float64(allow_nan=True),
    j=fr.String(),
    k=fr.Category(),
    t=fr.Timestamp("epoch_s"),
    n=fr.Int16(nullable=True),
    z=fr.UInt16(default=7),
)
LEAST = (
    '{"a":false,"b":-128,"c":0,"d":-2147483648,"e":0,"f":-9223372036854775808,"g":0,"h":0.1,'
    '"i":-Infinity,"j":"","k":"","t":-62135596800,"n":null}'
)
MOST = (
    '{"a":true,"b":127,"c":255,"d":2147483647,"e":4294967295,"f":9223372036854775807,'
    '"g":18446744073709551615,"h":3e38,"i":1e308,"j":"\\u00e9\\ud83d\\ude00","k":"\u4e2d",'
    '"t":253402300799,"n":-5,"z":65535}'
)


@pytest.mark.parametrize("line", [LEAST, MOST])
def test_every_type(line: str) -> None:
    source = fr.ndjson()
    record = EVERYTHING.decode(line, source=source)
    columns = Plan(source, EVERYTHING).run(iter([line.encode()])).columns
    assert record == {name: column[0] for name, column in columns.items()}
    assert list(record) == list(EVERYTHING)
    for name, column in columns.items():
        assert type(record[name]) is type(column[0])
    assert record["t"].tzinfo is datetime.UTC


@pytest.mark.parametrize("seconds", [253402300800, -62135596801])
def test_times_that_datetime_does_not_have(seconds: int) -> None:
    schema = fr.Schema(t=fr.Timestamp("epoch_s"))
    with pytest.raises(RecordError, match="t: range"):
        schema.decode(f'{{"t": {seconds}}}', source=fr.ndjson())


def test_what_is_not_one_record() -> None:
    schema, source = fr.Schema(a=fr.Int8()), fr.ndjson()
    for text, count in ((b"", 0), (b"\n\n", 0), (b'{"a":1}\n{"a":2}', 2)):
        with pytest.raises(RecordError, match=f"got {count}"):
            schema.decode(text, source=source)
    packed = gzip.compress(b'{"a":1}')
    assert schema.decode(packed, source=source) == {"a": 1}
    assert schema.decode(b'\xef\xbb\xbf{"a":1}', source=source) == {"a": 1}
    assert schema.decode(b'{"b":"' + b"x" * 100_000 + b'","a":1}', source=source) == {"a": 1}
    with pytest.raises(ArgumentTypeError):
        schema.decode(3, source=source)  # type: ignore[arg-type]
    with pytest.raises(SchemaError, match="header=False"):
        schema.decode(b"1", source=fr.csv())
    assert schema.decode("1", source=fr.csv(header=False)) == {"a": 1}


def test_many_sources_and_a_program_in_use() -> None:
    schema = fr.Schema(a=fr.Int8())
    sources = [fr.ndjson() for _ in range(40)]
    for source in itertools.chain(sources, sources):
        assert schema.decode(b'{"a":1}', source=source) == {"a": 1}
    plan = Plan(fr.ndjson(), schema)

    class Line(bytes):
        pass

    def inside() -> Iterator[Any]:
        yield b'{"a":1}\n'
        assert _core.records_decode(plan.program, Line(b'{"a":2}')) == {"a": 2}
        yield b'{"a":3}\n'

    assert plan.run(inside())["a"].tolist() == [1, 3]


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf", b"\n\r\n"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\n\n"])
def test_small_inputs_are_as_large_ones(start: bytes, end: bytes) -> None:
    grouped = Plan(COMBINED, SCHEMA).group_by("status").aggregate(n=fr.count(), m=fr.mean("bytes"))
    ordered = Plan(fr.ndjson(), EVERYTHING).derive(q="b // c").where("a").select("q", "j")
    table = Plan(fr.csv(header=False), fr.Schema(a=fr.Int8(), b=fr.String()))
    for plan, text in (
        (grouped, LOG[:40_000]),
        (Plan(COMBINED, SCHEMA), LOG[:60_000]),
        (ordered, "\n".join([LEAST, MOST, "{}", MOST]).encode()),
        (table, b'1,"a\nb"\n2,"c\n3,d\n300,""'),
        (table, b""),
    ):
        for _ in range(2):
            small, large = plan.run(start + text + end), plan.run(iter([start + text + end]))
            assert small == large
            assert list(small.errors) == list(large.errors)
            assert small.metrics["bytes"] == large.metrics["bytes"]
