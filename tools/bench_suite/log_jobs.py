"""The whole job on an access log, once per library: validate the lines, group by method and status.

Each function takes (path, threads) and gives the number of rows that are right and, for each
(method, status), (count, sum, max, mean). All demand the same of a line: the combined format with
its escapes, a time that exists, a method of four, a path that starts with "/", a status of 100 to
599 and bytes that are digits or "-".
As a program, `python -m bench_suite.log_jobs NAME FILE THREADS`, it prints the peak
memory in MB beyond what the process had when the library was imported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from bench_suite import peers

Groups = dict[tuple[str, int], tuple[int, int, int, float]]
Answer = tuple[int, Groups]

METHODS = ["GET", "HEAD", "POST", "OPTIONS"]
TIME = "%d/%b/%Y:%H:%M:%S %z"
# Anchored, unambiguous, no counted words: what engines with a one-pass matcher run fastest.
QUOTED = r'"(?:[^"\\]|\\.)*"'
WORD = r'(?:[^"\\ ]|\\.)'
LINE = (
    rf'^[^ ]+ [^ ]+ [^ ]+ \[([^\]]{{26}})\] "({"|".join(METHODS)}) /{WORD}* {WORD}+" '
    rf"([1-5][0-9][0-9]) ([0-9]{{1,18}}|-) {QUOTED} {QUOTED}$"
)
NAMED = LINE
for name in ("time", "method", "status", "bytes"):
    NAMED = re.sub(r"\((?!\?)", f"(?P<{name}>", NAMED, count=1)
MONTHS = {
    name: i + 1 for i, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
}


def answer(columns: dict[str, list[Any]]) -> Answer:
    groups: Groups = {}
    for method, status, n, total, most, mean in zip(
        *(columns[name] for name in ("method", "status", "n", "total", "most", "mean"))
    ):
        groups[str(method), int(status)] = (n, total or 0, most or 0, mean or 0.0)
    return sum(group[0] for group in groups.values()), groups


def plain_python(path: str, threads: int) -> Answer:
    match = re.compile(LINE.encode()).match
    groups: dict[tuple[bytes, bytes], list[int]] = {}
    with open(path, "rb") as file:
        for line in file:
            found = match(line)
            if found is None:
                continue
            stamp, method, status, size = found.groups()
            try:
                zone = timezone(
                    timedelta(minutes=int(stamp[21:24]) * 60 + int(stamp[21:22] + stamp[24:26]))
                )
                datetime(
                    int(stamp[7:11]),
                    MONTHS[stamp[3:6]],
                    int(stamp[:2]),
                    int(stamp[12:14]),
                    int(stamp[15:17]),
                    int(stamp[18:20]),
                    tzinfo=zone,
                )
            except (ValueError, KeyError):
                continue
            group = groups.setdefault((method, status), [0, 0, 0, 0])
            group[0] += 1
            if size != b"-":
                value = int(size)
                group[1] += value
                group[2] += 1
                group[3] = max(group[3], value)
    done: Groups = {}
    for (method, status), (n, total, known, most) in groups.items():
        done[method.decode(), int(status)] = (n, total, most, total / known if known else 0.0)
    return sum(group[0] for group in done.values()), done


def polars(path: str, threads: int) -> Answer:
    pl = peers.module("polars")
    number = pl.col("status").cast(pl.Int16)
    size = pl.col("bytes")
    frame = (
        pl.scan_lines(path)
        .select(pl.col("line").str.extract_groups(NAMED))
        .unnest("line")
        .filter(pl.col("time").str.to_datetime(TIME, strict=False).is_not_null())
        .with_columns(number, size.cast(pl.Int64, strict=False))
        .group_by("method", "status")
        .agg(n=pl.len(), total=size.sum(), most=size.max(), mean=size.mean())
        .collect(engine="streaming")
    )
    return answer(frame.to_dict(as_series=False))


def duckdb(path: str, threads: int) -> Answer:
    db = peers.module("duckdb").connect()
    db.execute(f"set threads to {threads}")
    rows = db.execute(
        """
        with lines as (
            select regexp_extract(line, $pattern, ['time', 'method', 'status', 'bytes']) as f
            from read_csv($path, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '',
                          escape = '', header = false, auto_detect = false)
        )
        select f.method, f.status::smallint, count(*), sum(try_cast(f.bytes as bigint))::bigint,
               max(try_cast(f.bytes as bigint)), avg(try_cast(f.bytes as bigint))
        from lines where f.method <> '' and try_strptime(f.time, $time) is not null group by all
        """,
        {"pattern": NAMED, "path": path, "time": TIME},
    ).fetchall()
    names = ("method", "status", "n", "total", "most", "mean")
    return answer({name: [row[i] for row in rows] for i, name in enumerate(names)})


def pyarrow(path: str, threads: int) -> Answer:
    pa, csv, pc = (peers.module(f"pyarrow{part}") for part in ("", ".csv", ".compute"))
    lines = csv.read_csv(
        path,
        csv.ReadOptions(column_names=["line"], use_threads=threads > 1),
        csv.ParseOptions(delimiter="\x01", quote_char=False),
        csv.ConvertOptions(column_types={"line": pa.string()}),
    )["line"]
    found = pc.extract_regex(lines, NAMED).combine_chunks()
    table = pa.table(dict(zip((f.name for f in found.type), found.flatten())))
    local = pc.strptime(
        pc.utf8_slice_codeunits(table["time"], 0, 20), TIME[:-3], "s", error_is_null=True
    )
    zoned = pc.match_substring_regex(table["time"], r" [+-]\d{4}$")
    day = pc.if_else(pc.is_valid(local), pc.utf8_slice_codeunits(table["time"], 0, 2), None)
    same_day = pc.equal(pc.day(local), day.cast(pa.int64()))  # its strptime takes 31 February
    table = table.filter(pc.and_(same_day, zoned))
    known = pc.if_else(pc.equal(table["bytes"], "-"), None, table["bytes"])
    table = pa.table(
        {
            "method": table["method"],
            "status": table["status"].cast(pa.int16()),
            "bytes": known.cast(pa.int64()),
        }
    )
    done = table.group_by(["method", "status"], use_threads=threads > 1).aggregate(
        [([], "count_all"), ("bytes", "sum"), ("bytes", "max"), ("bytes", "mean")]
    )
    columns = done.to_pydict()
    names = {"n": "count_all", "total": "bytes_sum", "most": "bytes_max", "mean": "bytes_mean"}
    return answer(columns | {ours: columns[theirs] for ours, theirs in names.items()})


def pandas(path: str, threads: int) -> Answer:
    pd = peers.module("pandas")
    lines = pd.read_csv(
        path,
        sep="\x01",
        header=None,
        names=["line"],
        quoting=3,
        dtype="str",
        encoding_errors="replace",
    )["line"]
    table = lines.str.extract(NAMED)
    when = pd.to_datetime(table["time"], format=TIME, errors="coerce", utc=True)
    table = table[when.notna()]
    table = pd.DataFrame(
        {
            "method": table["method"],
            "status": table["status"].astype("int16"),
            "bytes": pd.to_numeric(table["bytes"], errors="coerce").astype("Int64"),
        }
    )
    done = (
        table.groupby(["method", "status"])["bytes"]
        .agg(["size", "sum", "max", "mean"])
        .reset_index()
    )
    done = done.rename(columns={"size": "n", "sum": "total", "max": "most"}).fillna(0)
    return answer({name: done[name].tolist() for name in done.columns})


@cache
def fastlane_plan() -> Any:
    fr = peers.module("fastlane.records")
    schema = fr.Schema(
        host=fr.String(),
        time=fr.Timestamp(TIME),
        method=fr.Category(one_of=METHODS),
        path=fr.String(starts_with="/"),
        status=fr.Int16(ge=100, le=599),
        bytes=fr.Int64(ge=0, null="-"),
    )
    return (
        fr.Plan(fr.apache("combined"), schema)
        .group_by("method", "status")
        .aggregate(n=fr.count(), total=fr.sum("bytes"), most=fr.max("bytes"), mean=fr.mean("bytes"))
    )


def fastlane(path: str, threads: int) -> Answer:
    result = fastlane_plan().run(path, threads=threads)
    return answer({name: column.tolist() for name, column in result.columns.items()})


JOBS: dict[str, tuple[str | None, Callable[[str, int], Answer]]] = {
    "Python": (None, plain_python),
    "polars": ("polars", polars),
    "DuckDB": ("duckdb", duckdb),
    "pyarrow": ("pyarrow", pyarrow),
    "pandas": ("pandas", pandas),
    "fastlane": ("fastlane.records", fastlane),
}


def peak_memory_mb() -> float:
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1000


if __name__ == "__main__":
    peers.module(JOBS[sys.argv[1]][0] or "json")
    before = peak_memory_mb()
    JOBS[sys.argv[1]][1](sys.argv[2], int(sys.argv[3]))
    print(peak_memory_mb() - before)
