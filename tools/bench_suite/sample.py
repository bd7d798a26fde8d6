"""The access log of the suite records: a real or generated one, repeated to a size."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench_suite.build_modules import CACHE, ROOT

REAL = ROOT.parent / "shared" / "data" / "logs" / "access.log"
GENERATOR = ROOT / "tools" / "sample_log.py"
BROKEN_EVERY = 1000


def source_log(given: str) -> Path | None:
    """The file that was given, or a real log, or what the project's generator writes."""
    if given:
        return Path(given)
    if REAL.is_file():
        return REAL
    if not GENERATOR.is_file():
        return None
    made = CACHE / "generated.log"
    if not made.exists():
        subprocess.run([sys.executable, GENERATOR, made], check=True)
    return made


def is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def repeated(source: Path, megabytes: int) -> Path:
    """`source` over and over, one line in a thousand cut in half, so that some rows are bad.

    Lines that are not UTF-8 are left out: several peers refuse the whole file for one of them.
    """
    stat = source.stat()
    path = CACHE / f"log-{megabytes}-{stat.st_size}-{stat.st_mtime_ns}.log"
    if path.exists():
        return path
    lines = [line for line in source.read_bytes().splitlines(keepends=True) if is_utf8(line)]
    partial = path.with_suffix(".partial")
    written = row = 0
    with partial.open("wb") as file:
        while written < megabytes * 1_000_000:
            for line in lines:
                row += 1
                if row % BROKEN_EVERY == 0:
                    line = line[: len(line) // 2].rstrip(b"\n") + b"\n"
                written += file.write(line)
    partial.rename(path)
    return path
