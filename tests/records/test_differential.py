"""Against the standard library, which knows nothing of this one: json, csv, re and datetime on
random lines and on the real ones. The quick run takes two thousand lines of each;
FASTLANE_CASES=10000 takes 10^5.
"""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fastlane import records as fr
from fastlane.records import Plan
from records.compare import DATA, access_log

LINES = int(os.environ.get("FASTLANE_CASES", "200")) * 10
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME = "%d/%b/%Y:%H:%M:%S %z"
LETTERS = 'ab,"\\\n\r\t\u00e9\u4e2d\U0001f600 {}[]:0\x00\x7f'


def text_of(draw: random.Random) -> str:
    return "".join(draw.choices(LETTERS, k=draw.randrange(12)))


def number_of(draw: random.Random) -> str:
    """A number in one of many forms, some of which are none."""
    whole = draw.choice(["0", "1", "-0", "-17", "00", "+5", str(draw.randrange(-(10**20), 10**20))])
    part = draw.choice(["", "", ".5", ".", f".{draw.randrange(10**18)}"])
    power = draw.choice(["", "", "e5", "E-300", "e+400", f"e{draw.randrange(-400, 400)}"])
    return draw.choice([whole, whole + part, whole + part + power, "NaN", "Infinity", "1_0", ""])


def json_line(draw: random.Random) -> bytes:
    """An object, by json or by hand, now and then with a byte changed."""
    ensure = draw.random() < 0.5
    name = json.dumps(text_of(draw), ensure_ascii=ensure)
    parts = [f'"x": {number_of(draw)}', f'"s": {name}', f'"skip": [{number_of(draw)}, {name}]']
    if draw.random() < 0.1:
        parts.append(draw.choice(['"x": 1', '"s": null', '"other": {"x": [{}, null, true]}']))
    draw.shuffle(parts)
    line = ("{" + draw.choice([",", " , "]).join(parts) + "}").encode()
    if draw.random() < 0.1:
        at = draw.randrange(len(line))
        line = line[:at] + bytes([draw.randrange(256)]) * draw.randrange(3) + line[at + 1 :]
    return line.replace(b"\n", b" ").replace(b"\r", b" ")


def finite(text: str) -> float | None:
    """Where a text is too large for a float json gives inf, and this an error."""
    value = float(text)
    return None if value in (float("inf"), float("-inf")) else value


def by_json(line: bytes) -> tuple[float, str] | None:
    """What the line says by json, or None where a field is not what the schema wants."""
    try:
        record = json.loads(line.decode(), parse_float=finite)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict):
        return None
    x, s = record.get("x"), record.get("s")
    if isinstance(x, bool) or not isinstance(x, (int, float)) or not isinstance(s, str):
        return None
    try:
        value = float(x)
        s.encode()
    except (OverflowError, UnicodeEncodeError):
        return None
    return value, s


def same(one: float, other: float) -> bool:
    return one == other or one != one and other != other


def test_ndjson_is_what_json_reads() -> None:
    draw = random.Random(LINES)
    schema = fr.Schema(x=fr.Float64(allow_nan=True), s=fr.String())
    lines = [json_line(draw) for _ in range(LINES)]
    lines = [line for line in lines if line.strip()]
    result = Plan(fr.ndjson(), schema).run(b"\n".join(lines), max_errors=LINES)
    bad = {error.row for error in result.errors}
    assert result.rows_in == len(lines)
    good = iter(zip(result["x"].tolist(), result["s"].tolist(), strict=True))
    for row, line in enumerate(lines):
        wanted = by_json(line)
        assert (row in bad) == (wanted is None), line
        if wanted is not None:
            x, s = next(good)
            assert same(x, wanted[0]) and s == wanted[1], line
    assert len(bad) > LINES // 20 < result.rows_ok


def test_csv_is_what_csv_reads() -> None:
    draw = random.Random(LINES + 1)
    rows = [[text_of(draw), number_of(draw), text_of(draw)] for _ in range(LINES)]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL if draw.random() < 0.5 else csv.QUOTE_MINIMAL)
    writer.writerows(rows)
    schema = fr.Schema(a=fr.String(), x=fr.String(), b=fr.String())
    result = Plan(fr.csv(header=False), schema).run(text.getvalue().encode())
    read = list(csv.reader(io.StringIO(text.getvalue(), newline="")))
    assert result.rows_bad == 0
    assert [list(row) for row in zip(*result.to_dict().values(), strict=True)] == read == rows


def test_integers_and_floats_are_those_of_python() -> None:
    draw = random.Random(LINES + 2)
    texts = [number_of(draw) for _ in range(LINES)]
    lines = "\n".join(f"{text or ' '},{text or ' '}" for text in texts).encode()
    plan = Plan(fr.csv(header=False), fr.Schema(i=fr.Int64(), x=fr.Float64(allow_nan=True)))
    result = plan.run(lines, max_errors=2 * LINES)
    wrong = {(error.row, error.field) for error in result.errors}
    good = iter(zip(result["i"].tolist(), result["x"].tolist(), strict=True))
    for row, text in enumerate(texts):
        is_whole = re.fullmatch(r"[+-]?\d+", text) is not None and -(2**63) <= int(text) < 2**63
        try:
            x = float(text.replace("_", "no"))
        except ValueError:
            x = None
        if x is not None and abs(x) == float("inf") and "Inf" not in text:
            x = None
        assert ((row, "i") not in wrong) == is_whole, text
        assert ((row, "x") not in wrong) == (x is not None), text
        if is_whole and x is not None:
            assert next(good) == (int(text), x)


def test_times_are_those_of_strptime() -> None:
    draw = random.Random(LINES + 3)
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Foo".split()
    years = [1, 1900, 2000, 2015, 9999]
    texts = [
        f"{draw.randrange(33):02d}/{draw.choice(months)}/{draw.choice(years):04d}:"
        f"{draw.randrange(25):02d}:{draw.randrange(61):02d}:{draw.randrange(60):02d} "
        f"{draw.choice('+-')}{draw.randrange(24):02d}{draw.randrange(60):02d}"
        for _ in range(LINES)
    ]
    plan = Plan(fr.csv(header=False), fr.Schema(t=fr.Timestamp(TIME)))
    result = plan.run("\n".join(texts).encode(), max_errors=LINES)
    bad = {error.row for error in result.errors}
    good = iter(result["t"].values.tolist())
    for row, text in enumerate(texts):
        try:
            when = (datetime.strptime(text, TIME) - EPOCH) // timedelta(microseconds=1)
        except (ValueError, OverflowError):
            when = None
        if row in bad:
            assert when is None or not -62135596800 * 10**6 <= when < 253402300800 * 10**6, text
        else:
            assert next(good) == when, text


def test_the_real_log_is_what_re_reads() -> None:
    pattern = re.compile(
        rb'(\S+) (\S+) (\S+) \[([^\]]*)\] "(\S+) (\S+) ([^" ]+)" (\d{1,4}) (\d+|-) '
        rb'"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"'
    )
    lines = access_log().read_bytes().split(b"\n")[:LINES]
    schema = fr.Schema(
        host=fr.String(), path=fr.String(), status=fr.Int16(), bytes=fr.Int64(null="-")
    )
    result = Plan(fr.apache("combined"), schema).run(b"\n".join(lines), max_errors=LINES)
    bad = {error.row for error in result.errors}
    good = iter(zip(*result.to_dict().values(), strict=True))
    for row, line in enumerate(line for line in lines if line):
        if row in bad:
            continue
        found = pattern.fullmatch(line)
        assert found is not None, line
        size = None if found[9] == b"-" else int(found[9])
        if b"\\" not in line:
            assert next(good) == (found[1].decode(), found[6].decode(), int(found[8]), size)
        else:
            next(good)
    assert len(bad) < len(lines) // 100


def test_the_real_ndjson_is_what_json_reads() -> None:
    path = DATA / "logs" / "nginx_plus.ndjson"
    if not path.exists():
        pytest.skip(f"there is no {path}")
    lines = path.read_bytes().splitlines()[:LINES]
    fields: dict[str, Any] = {
        "timestamp": fr.Int64(),
        "address": fr.String(),
        "total": fr.Int64(path="requests.total"),
        "accepted": fr.Int64(path="connections.accepted"),
    }
    result = Plan(fr.ndjson(), fr.Schema(**fields)).run(b"\n".join(lines))
    records = [json.loads(line) for line in lines]
    assert result.rows_bad == 0
    assert result["timestamp"].tolist() == [record["timestamp"] for record in records]
    assert result["address"].tolist() == [record["address"] for record in records]
    assert result["total"].tolist() == [record["requests"]["total"] for record in records]
    assert result["accepted"].tolist() == [record["connections"]["accepted"] for record in records]
