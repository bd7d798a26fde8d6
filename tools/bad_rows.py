"""bad_rows.py: what libraries make of one bad row among ten good ones, as a Markdown table.

Each library reads the same eleven rows into the same columns (n: int16, s: text), with whatever
option it has to go on behind a bad row. Runs those that are installed.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

GOOD = 10
JSON = {
    "70000 for an int16": b'{"n": 70000, "s": "bad"}',
    "200.5 for an integer": b'{"n": 200.5, "s": "bad"}',
    "a text for an integer": b'{"n": "x", "s": "bad"}',
    "a line that is cut off": b'{"n": 7, "s": "ba',
    "a key that comes twice": b'{"n": 7, "s": "bad", "n": 8}',
    "text that is not UTF-8": b'{"n": 7, "s": "b\xffd"}',
}
CSV = {
    "70000 for an int16": b"70000,bad",
    "200.5 for an integer": b"200.5,bad",
    "a text for an integer": b"x,bad",
    "a row that is too short": b"7",
    "a quote that is never closed": b'7,"bad',
    "text that is not UTF-8": b"7,b\xffd",
}

Read = Callable[[Path], list[tuple[Any, Any]]]


def rows(columns: Any) -> list[tuple[Any, Any]]:
    return list(zip(columns["n"], columns["s"], strict=True))


def pandas_json(path: Path) -> Any:
    pd = importlib.import_module("pandas")
    return rows(pd.read_json(path, lines=True, dtype={"n": "int16"}).to_dict("list"))


def pandas_csv(path: Path) -> Any:
    pd = importlib.import_module("pandas")
    return rows(pd.read_csv(path, dtype={"n": "int16"}, on_bad_lines="skip").to_dict("list"))


def polars_json(path: Path) -> Any:
    pl = importlib.import_module("polars")
    schema = {"n": pl.Int64, "s": pl.String}  # an Int16 ends in a panic, whatever the rows
    return rows(pl.read_ndjson(path, schema=schema, ignore_errors=True).to_dict(as_series=False))


def polars_csv(path: Path) -> Any:
    pl = importlib.import_module("polars")
    schema = {"n": pl.Int16, "s": pl.String}
    return rows(pl.read_csv(path, schema=schema, ignore_errors=True).to_dict(as_series=False))


def duckdb(path: Path, call: str) -> Any:
    db = importlib.import_module("duckdb").connect()
    columns = "columns = {'n': 'SMALLINT', 's': 'VARCHAR'}, ignore_errors = true"
    return db.execute(f"select n, s from {call}('{path}', {columns})").fetchall()


def pyarrow_json(path: Path) -> Any:
    pa, reader = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.json")
    schema = pa.schema([("n", pa.int16()), ("s", pa.string())])
    table = reader.read_json(path, parse_options=reader.ParseOptions(explicit_schema=schema))
    return rows({name: table[name].combine_chunks().to_pylist() for name in "ns"})


def pyarrow_csv(path: Path) -> Any:
    pa, reader = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.csv")
    table = reader.read_csv(
        path,
        parse_options=reader.ParseOptions(invalid_row_handler=lambda row: "skip"),
        convert_options=reader.ConvertOptions(
            column_types={"n": pa.int16(), "s": pa.string()}, check_utf8=False
        ),
    )
    return rows({name: table[name].to_pylist() for name in "ns"})


def msgspec_json(path: Path) -> Any:
    msgspec = importlib.import_module("msgspec")
    meta = msgspec.Meta(ge=-32768, le=32767)
    row = msgspec.defstruct("Row", [("n", Annotated[int, meta]), ("s", str)])
    decode, found = msgspec.json.Decoder(row).decode, []
    for line in path.read_bytes().splitlines():
        try:
            value = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        found.append((value.n, value.s))
    return found


def csv_module(path: Path) -> Any:
    text = path.read_bytes().decode("utf-8", "replace")
    found = []
    for row in csv.DictReader(io.StringIO(text, newline="")):
        try:
            found.append((int(row["n"]), row["s"]))
        except ValueError:
            continue
    return found


def json_module(path: Path) -> Any:
    found = []
    for line in path.read_bytes().splitlines():
        try:
            record = json.loads(line)
            found.append((record["n"], record["s"]))
        except ValueError:
            continue
    return found


def fastlane(path: Path, source: str) -> Any:
    fr = importlib.import_module("fastlane.records")
    plan = fr.Plan(getattr(fr, source)(), fr.Schema(n=fr.Int16(), s=fr.String()))
    result = plan.run(path)
    codes = [f"`{code}` of {field or 'the row'}" for field, code in result.error_counts]
    return rows(result.to_dict()), ", ".join(codes)


LIBRARIES: dict[str, tuple[Read | None, Read | None]] = {
    "Python's json, csv": (json_module, csv_module),
    "pandas": (pandas_json, pandas_csv),
    "polars": (polars_json, polars_csv),
    "pyarrow": (pyarrow_json, pyarrow_csv),
    "DuckDB": (lambda path: duckdb(path, "read_json"), lambda path: duckdb(path, "read_csv")),
    "msgspec": (msgspec_json, None),
    "fastlane": (lambda path: fastlane(path, "ndjson"), lambda path: fastlane(path, "csv")),
}


def verdict(read: Read | None, path: Path) -> str:
    """In a few words what became of the good rows and of the bad one."""
    if read is None:
        return ""
    try:
        found: Any = read(path)
    except ImportError:
        return "not installed"
    except BaseException as problem:  # some end in a panic
        return f"no row at all: {type(problem).__name__}"
    said = ""
    if isinstance(found, tuple):
        found, said = found
    wanted = [(row, f"good {row}") for row in range(GOOD)]
    good = [row for row in wanted if row in found]
    others = [row for row in found if row not in wanted]
    parts = [] if len(good) == GOOD else [f"{GOOD - len(good)} good rows lost"]
    parts += [f"gives {shown(row)}" for row in others]
    if not others:
        parts.append(said or "leaves it out")
    elif said:
        parts.append(said)
    return "; ".join(parts)


def shown(row: tuple[Any, Any]) -> str:
    text = ascii(row)
    return "`" + (text if len(text) < 36 else text[:32] + "...") + "`"


def table(title: str, cases: dict[str, bytes], which: int, folder: Path) -> list[str]:
    names = [name for name, reads in LIBRARIES.items() if reads[which] is not None]
    lines = [f"| {title} | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for number, (case, bad) in enumerate(cases.items()):
        path = folder / f"{title}-{number}"
        form = '{"n": %d, "s": "good %d"}' if which == 0 else "%d,good %d"
        text = [(form % (row, row)).encode() for row in range(GOOD)]
        text.insert(5, bad)
        path.write_bytes(b"\n".join(([] if which == 0 else [b"n,s"]) + text) + b"\n")
        verdicts = [verdict(LIBRARIES[name][which], path) for name in names]
        lines.append(f"| {case} | " + " | ".join(verdicts) + " |")
    return lines


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = table("NDJSON", JSON, 0, Path(folder)) + [""] + table("CSV", CSV, 1, Path(folder))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
