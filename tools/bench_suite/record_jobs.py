"""NDJSON and CSV, once per library: to typed columns, and the whole job.

`columns` gives the number of rows of seven typed columns: ts (int64), user, method, path (texts),
status (int16), bytes (int64), ms (float64). `whole` keeps the rows whose status is 100 to 599,
derives kib, groups by method and status, and gives for each group (count, sum of bytes, mean of
kib). As a program, `python -m bench_suite.record_jobs JOB NAME FILE THREADS`, it prints the peak
memory in MB beyond what the process had when the library was imported.
"""

from __future__ import annotations

import csv
import ctypes
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from bench_suite import peers
from bench_suite.build_modules import CACHE, SOURCES
from bench_suite.file_jobs import peak_megabytes

Groups = dict[tuple[str, int], tuple[int, int, float]]
WANTED = ["ts", "user", "method", "path", "status", "bytes", "ms"]
SQL = {
    "ts": "BIGINT",
    "user": "VARCHAR",
    "host": "VARCHAR",
    "method": "VARCHAR",
    "path": "VARCHAR",
    "status": "SMALLINT",
    "bytes": "BIGINT",
    "ms": "DOUBLE",
    "referrer": "VARCHAR",
    "agent": "VARCHAR",
}


def answer(rows: Any) -> Groups:
    return {(str(m), int(s)): (int(n), int(total), float(mean)) for m, s, n, total, mean in rows}


def is_csv(path: str) -> bool:
    return ".csv" in path


# Plain Python and msgspec: a loop over rows.


def loop_columns(rows: Any) -> int:
    np = peers.module("numpy")
    lists: list[list[Any]] = [[] for _ in WANTED]
    for row in rows:
        for values, value in zip(lists, row, strict=True):
            values.append(value)
    for at, kind in ((0, "i8"), (4, "i2"), (5, "i8"), (6, "f8")):
        np.array(lists[at], kind)
    return len(lists[0])


def loop_whole(rows: Any) -> Groups:
    groups: dict[tuple[str, int], list[Any]] = {}
    for _, _, method, path, status, size, _ in rows:
        if not 100 <= status <= 599 or not path.startswith("/"):
            continue
        group = groups.setdefault((method, status), [0, 0, 0.0])
        group[0] += 1
        group[1] += size
        group[2] += size / 1024
    return {key: (n, total, kib / n) for key, (n, total, kib) in groups.items()}


def python_rows(path: str) -> Any:
    if is_csv(path):
        with open(path, newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                yield (
                    int(row["ts"]),
                    row["user"],
                    row["method"],
                    row["path"],
                    int(row["status"]),
                    int(row["bytes"]),
                    float(row["ms"]),
                )
        return
    with open(path, "rb") as file:
        for line in file:
            row = json.loads(line)
            yield [row[name] for name in WANTED]


@cache
def msgspec_decoder() -> Any:
    struct = peers.module("msgspec").defstruct(
        "Row",
        [
            ("ts", int),
            ("user", str),
            ("method", str),
            ("path", str),
            ("status", int),
            ("bytes", int),
            ("ms", float),
        ],
    )
    return peers.module("msgspec").json.Decoder(struct)


def msgspec_rows(path: str) -> Any:
    decode = msgspec_decoder().decode
    with open(path, "rb") as file:
        for line in file:
            row = decode(line)
            yield row.ts, row.user, row.method, row.path, row.status, row.bytes, row.ms


# Libraries of columns.


def duckdb_source(path: str) -> str:
    columns = ", ".join(f"{name}: '{kind}'" for name, kind in SQL.items())
    if is_csv(path):
        return f"read_csv('{path}', header = true, columns = {{{columns}}}, auto_detect = false)"
    return f"read_json('{path}', format = 'newline_delimited', columns = {{{columns}}})"


def duckdb_run(path: str, threads: int, query: str) -> Any:
    db = peers.module("duckdb").connect()
    db.execute(f"set threads to {threads}")
    return db.execute(query.format(source=duckdb_source(path)))


def duckdb_columns(path: str, threads: int) -> int:
    table = duckdb_run(path, threads, f"select {', '.join(WANTED)} from {{source}}")
    return int(table.to_arrow_table().num_rows)


def duckdb_whole(path: str, threads: int) -> Groups:
    query = (
        "select method, status, count(*), sum(bytes), avg(bytes / 1024.0) from {source} "
        "where status between 100 and 599 and path[1] = '/' group by all"
    )
    return answer(duckdb_run(path, threads, query).fetchall())


def polars_frame(path: str) -> Any:
    pl = peers.module("polars")
    kinds = {
        "BIGINT": pl.Int64,
        "SMALLINT": pl.Int16 if is_csv(path) else pl.Int64,
        "DOUBLE": pl.Float64,
    }
    schema = {name: kinds.get(kind, pl.String) for name, kind in SQL.items()}
    if is_csv(path):
        return pl.scan_csv(path, schema=schema)
    return pl.scan_ndjson(path, schema=schema)


def polars_columns(path: str, threads: int) -> int:
    return int(polars_frame(path).select(WANTED).collect().height)


def polars_whole(path: str, threads: int) -> Groups:
    pl = peers.module("polars")
    found = (
        polars_frame(path)
        .filter(pl.col("status").is_between(100, 599), pl.col("path").str.starts_with("/"))
        .group_by("method", "status")
        .agg(pl.len(), total=pl.col("bytes").sum(), mean=(pl.col("bytes") / 1024).mean())
        .collect()
    )
    return answer(found.rows())


def pyarrow_table(path: str, threads: int) -> Any:
    pa = peers.module("pyarrow")
    kinds = {"BIGINT": pa.int64(), "SMALLINT": pa.int16(), "DOUBLE": pa.float64()}
    schema = {name: kinds.get(kind, pa.string()) for name, kind in SQL.items()}
    if is_csv(path):
        reader = peers.module("pyarrow.csv")
        return reader.read_csv(
            path,
            reader.ReadOptions(use_threads=threads > 1),
            convert_options=reader.ConvertOptions(column_types=schema, include_columns=WANTED),
        )
    reader = peers.module("pyarrow.json")
    schema = pa.schema([(name, schema[name]) for name in WANTED])
    return reader.read_json(
        path,
        reader.ReadOptions(use_threads=threads > 1),
        reader.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
    )


def pyarrow_columns(path: str, threads: int) -> int:
    return int(pyarrow_table(path, threads).num_rows)


def pyarrow_whole(path: str, threads: int) -> Groups:
    pc = peers.module("pyarrow.compute")
    table = pyarrow_table(path, threads)
    good = pc.and_(
        pc.and_(pc.greater_equal(table["status"], 100), pc.less_equal(table["status"], 599)),
        pc.starts_with(table["path"], "/"),
    )
    table = table.filter(good).select(["method", "status", "bytes"])
    table = table.append_column("kib", pc.divide(table["bytes"].cast("float64"), 1024.0))
    done = table.group_by(["method", "status"], use_threads=threads > 1).aggregate(
        [([], "count_all"), ("bytes", "sum"), ("kib", "mean")]
    )
    names = ["method", "status", "count_all", "bytes_sum", "kib_mean"]
    return answer(zip(*(done[name].to_pylist() for name in names), strict=True))


@cache
def simdjson() -> Any:
    """The program in C++, or None where its library is not installed."""
    made, source = CACHE / "json_columns.so", SOURCES / "json_columns.cpp"
    if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
        command = ["c++", "-std=c++17", "-O3", "-shared", "-fPIC", source, "-lsimdjson", "-o", made]
        if subprocess.run(command, capture_output=True).returncode != 0:
            return None
    return ctypes.CDLL(str(made)).json_columns


def simdjson_columns(path: str, threads: int) -> int:
    return int(simdjson()(path.encode()))


@cache
def fastlane_plans(is_table: bool) -> tuple[Any, Any]:
    fr = peers.module("fastlane.records")
    schema = fr.Schema(
        ts=fr.Int64(),
        user=fr.String(),
        method=fr.Category(),
        path=fr.String(starts_with="/"),
        status=fr.Int16(ge=100, le=599),
        bytes=fr.Int64(),
        ms=fr.Float64(),
    )
    plan = fr.Plan(fr.csv() if is_table else fr.ndjson(), schema)
    whole = (
        plan.derive(kib="bytes / 1024")
        .group_by("method", "status")
        .aggregate(n=fr.count(), total=fr.sum("bytes"), mean=fr.mean("kib"))
    )
    return plan, whole


def fastlane_columns(path: str, threads: int) -> int:
    return int(fastlane_plans(is_csv(path))[0].run(path, threads=threads).rows_in)


def fastlane_whole(path: str, threads: int) -> Groups:
    result = fastlane_plans(is_csv(path))[1].run(path, threads=threads)
    return answer(zip(*result.to_dict().values(), strict=True))


Job = Callable[[str, int], Any]
JOBS: dict[str, dict[str, Job]] = {
    "columns": {
        "Python": lambda path, threads: loop_columns(python_rows(path)),
        "msgspec": lambda path, threads: loop_columns(msgspec_rows(path)),
        "polars": polars_columns,
        "DuckDB": duckdb_columns,
        "pyarrow": pyarrow_columns,
        "C++": simdjson_columns,
        "fastlane": fastlane_columns,
    },
    "whole": {
        "Python": lambda path, threads: loop_whole(python_rows(path)),
        "msgspec": lambda path, threads: loop_whole(msgspec_rows(path)),
        "polars": polars_whole,
        "DuckDB": duckdb_whole,
        "pyarrow": pyarrow_whole,
        "fastlane": fastlane_whole,
    },
}
NEEDS = {
    "msgspec": "msgspec",
    "polars": "polars",
    "DuckDB": "duckdb",
    "pyarrow": "pyarrow",
    "fastlane": "fastlane.records",
}
ONE_THREAD_ONLY = ("Python", "msgspec", "C++")


def is_there(name: str, path: str, threads: int) -> bool:
    """Whether the library can be asked for that file at all."""
    if name in ("msgspec", "C++") and is_csv(path):
        return False
    if name in ("Python", "msgspec", "C++") and path.endswith(".gz"):
        return False
    if threads > 1 and name in ONE_THREAD_ONLY:
        return False
    if name == "C++":
        return simdjson() is not None
    return name not in NEEDS or peers.module(NEEDS[name]) is not None


def main() -> None:
    job, name, path, threads = sys.argv[1:]
    for needed in ("numpy", NEEDS.get(name, "json")):
        peers.module(needed)
    before = peak_megabytes()
    JOBS[job][name](path, int(threads))
    print(peak_megabytes() - before)


if __name__ == "__main__":
    main()
