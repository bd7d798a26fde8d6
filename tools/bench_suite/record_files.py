"""The inputs of the suite records as NDJSON and CSV: rows grown from an access log, with a user of
250,000 and a duration drawn for each. The same log and seed give the same bytes.

Kinds: `stable` (all lines with the same order of keys), `shuffled`, `csv`; each clean, or with one
row in a thousand whose status is out of range.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from bench_suite.build_modules import CACHE

SEED = 20150517
USERS = 250_000
BAD_EVERY = 1000
LINE = re.compile(
    r'^(\S+) \S+ \S+ \[([^\]]{26})\] "(GET|HEAD|POST|OPTIONS) (/\S*) [^"]*" (\d{3}) (\d+|-) '
    r'"((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"$'
)
NAMES = ["ts", "user", "host", "method", "path", "status", "bytes", "ms", "referrer", "agent"]


def requests(log: Path) -> list[tuple[Any, ...]]:
    """What the readable lines of the log say."""
    found = []
    for line in log.read_bytes().splitlines():
        try:
            match = LINE.match(line.decode())
        except UnicodeDecodeError:
            continue
        if match is not None:
            when = datetime.strptime(match[2], "%d/%b/%Y:%H:%M:%S %z")
            found.append((int(when.timestamp() * 1000), *match.groups()))
    return found


def records(log: Path, count: int, bad: bool) -> Iterator[dict[str, Any]]:
    draw = random.Random(SEED).random
    known = requests(log)
    for row in range(count):
        ts, host, _, method, path, status, size, referrer, agent = known[row % len(known)]
        values = (
            ts + row * 37,
            f"user-{int(draw() * USERS):06d}",
            host,
            method,
            path,
            999 if bad and row % BAD_EVERY == BAD_EVERY // 2 else int(status),
            0 if size == "-" else int(size),
            round(draw() * draw() * 900 + 0.25, 3),
            referrer,
            agent,
        )
        yield dict(zip(NAMES, values, strict=True))


def record_file(log: Path, kind: str, count: int, bad: bool) -> Path:
    """The file of that kind, made once."""
    name = f"{kind}-{count}-{'bad' if bad else 'clean'}-{log.stat().st_size}"
    path = CACHE / (name + (".csv" if kind == "csv" else ".ndjson"))
    if path.exists():
        return path
    partial = path.with_suffix(".partial")
    shuffle = random.Random(SEED + 1)
    with partial.open("w", encoding="utf-8", newline="") as file:
        if kind == "csv":
            file.write(",".join(NAMES) + "\n")
        for record in records(log, count, bad):
            if kind == "csv":
                cells = (str(value) for value in record.values())
                file.write(",".join(quoted(cell) for cell in cells) + "\n")
                continue
            items = list(record.items())
            if kind == "shuffled":
                shuffle.shuffle(items)
            file.write(json.dumps(dict(items), separators=(",", ":"), ensure_ascii=False) + "\n")
    partial.rename(path)
    return path


def quoted(cell: str) -> str:
    if '"' in cell or "," in cell:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def packed(path: Path) -> Path:
    """The file as gzip, made once."""
    made = path.with_name(path.name + ".gz")
    if not made.exists():
        partial = made.with_suffix(".partial")
        with path.open("rb") as source, gzip.open(partial, "wb", 6) as target:
            shutil.copyfileobj(source, target, 1 << 20)
        partial.rename(made)
    return made
