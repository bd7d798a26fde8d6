"""One record at a time and a hundred: what a request handler pays, once per library.

The record is checked (lengths, a prefix, ranges) and comes back as Python values, its time as a
datetime.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from bench_suite import peers

RECORD = {
    "ts": 1431857103000,
    "user": "user-012345",
    "host": "83.149.9.216",
    "path": "/presentations/logstash-monitorama-2013/images/kibana-search.png",
    "status": 200,
    "bytes": 203023,
    "ms": 12.25,
}
LINE = json.dumps(RECORD, separators=(",", ":")).encode()
BATCH = (LINE + b"\n") * 100
LOG_LINE = (
    b'83.149.9.216 - - [17/May/2015:10:05:03 +0000] '
    b'"GET /presentations/kibana-search.png HTTP/1.1" 200 203023 '
    b'"http://semicomplete.com/presentations/" "Mozilla/5.0 (Macintosh; Intel Mac OS X)"'
)
LOG_PATTERN = re.compile(
    rb'^(\S+) \S+ \S+ \[([^\]]+)\] "(\S+) (\S+) \S+" (\d{3}) (\d+|-) "[^"]*" "[^"]*"$'
)
TIME = "%d/%b/%Y:%H:%M:%S %z"


def when(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def check(row: dict[str, Any]) -> dict[str, Any]:
    good = len(row["user"]) <= 40 and row["path"].startswith("/") and 100 <= row["status"] <= 599
    if not good or row["bytes"] < 0 or row["ms"] < 0:
        raise ValueError
    row["ts"] = when(row["ts"])
    return row


@cache
def msgspec_decode() -> Callable[[bytes], Any]:
    msgspec = peers.module("msgspec")
    meta = msgspec.Meta
    decode = msgspec.json.Decoder(
        msgspec.defstruct(
            "Row",
            [
                ("ts", int),
                ("user", Annotated[str, meta(max_length=40)]),
                ("host", str),
                ("path", Annotated[str, meta(pattern="^/")]),
                ("status", Annotated[int, meta(ge=100, le=599)]),
                ("bytes", Annotated[int, meta(ge=0)]),
                ("ms", Annotated[float, meta(ge=0)]),
            ],
        )
    ).decode

    def one(line: bytes) -> Any:
        row = decode(line)
        row.ts = when(row.ts)
        return row

    return one


def by_json(line: bytes) -> Any:
    return check(json.loads(line))


def by_re(line: bytes) -> Any:
    found = LOG_PATTERN.match(line)
    if found is None:
        raise ValueError
    host, stamp, method, path, status, size = found.groups()
    code = int(status)
    if not path.startswith(b"/") or not 100 <= code <= 599:
        raise ValueError
    return {
        "host": host.decode(),
        "time": datetime.strptime(stamp.decode(), TIME),
        "method": method.decode(),
        "path": path.decode(),
        "status": code,
        "bytes": None if size == b"-" else int(size),
    }


@cache
def fastlane_schemas() -> tuple[Any, Any, Any, Any]:
    fr = peers.module("fastlane.records")
    schema = fr.Schema(
        ts=fr.Timestamp("epoch_ms"),
        user=fr.String(max_length=40),
        host=fr.String(),
        path=fr.String(starts_with="/"),
        status=fr.Int16(ge=100, le=599),
        bytes=fr.Int64(ge=0),
        ms=fr.Float64(ge=0),
    )
    log = fr.Schema(
        host=fr.String(),
        time=fr.Timestamp(TIME),
        method=fr.Category(),
        path=fr.String(starts_with="/"),
        status=fr.Int16(ge=100, le=599),
        bytes=fr.Int64(ge=0, null="-"),
    )
    return schema, fr.ndjson(), log, fr.apache("combined")


def fastlane_one(line: bytes) -> Any:
    schema, source, _, _ = fastlane_schemas()
    return schema.decode(line, source=source)


def fastlane_log(line: bytes) -> Any:
    _, _, schema, source = fastlane_schemas()
    return schema.decode(line, source=source)


@cache
def fastlane_plan() -> Any:
    schema, source, _, _ = fastlane_schemas()
    return peers.module("fastlane.records").Plan(source, schema)


def batch_of(one: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    return lambda lines: [one(line) for line in lines.splitlines()]
