"""Output files.

A file is written under another name beside its place and renamed when it is complete, so that
nobody ever sees half of it; where that cannot be (a pipe, a device), it is written in place.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import datetime
import importlib.util
import json
import math
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from fastlane.records import Errors, Result

from .arguments import CallError

__all__ = ["Output", "opened", "write_csv", "write_errors", "write_ndjson", "writer_for"]

_ROWS_AT_ONCE = 8192


class Output:
    """One file that is to be. Made before the work begins, so that an output that cannot be written
    is known at once.

    Use it as a context manager: the file appears when `commit` was called; else nothing stays
    behind.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._place = Path(os.path.realpath(path))
        if self._place.is_dir():
            raise CallError(f"{path}: is a directory; give the name of a file in it")
        self._in_place = self._place.exists() and not stat.S_ISREG(self._place.stat().st_mode)
        self._written = self._place
        if not self._in_place:
            self._written = self._place.with_name(
                f".{self._place.name}.{secrets.token_hex(4)}.part"
            )
        self._file: IO[str] | None = None

    def open(self) -> None:
        """Makes the file. Whoever calls this has arranged for `__exit__`: an interrupt may come now."""
        try:
            if self._place.exists() and not os.access(self._place, os.W_OK):
                raise PermissionError(13, "Permission denied")
            self._file = open(self._written, "w", encoding="utf-8", newline="")
        except OSError as problem:
            raise CallError(f"{self.path}: cannot be written: {problem.strerror}") from None

    @property
    def file(self) -> IO[str]:
        assert self._file is not None, "open() comes first"
        return self._file

    def commit(self) -> None:
        """Gives the file its name."""
        try:
            self.file.flush()
            self.file.close()
            if not self._in_place:
                if self._place.exists():
                    os.chmod(self._written, stat.S_IMODE(self._place.stat().st_mode))
                os.replace(self._written, self._place)
        except OSError as problem:
            raise CallError(f"{self.path}: cannot be written: {problem.strerror}") from None

    def __exit__(self, *_: object) -> None:
        try:
            if self._file is not None:
                self._file.close()
        except OSError:
            pass
        if not self._in_place and self._written.exists():
            self._written.unlink()


def opened(stack: contextlib.ExitStack, path: str | None) -> Output | None:
    """The output of that name, if one is asked for. The stack knows how to end it before there is a
    file, so that an interrupt leaves none behind.
    """
    if path is None:
        return None
    output = Output(path)
    stack.push(output.__exit__)
    output.open()
    return output


def writer_for(path: str) -> Callable[[Result, IO[str]], None]:
    """The writer for a name's ending. Raises CallError that says which endings there are."""
    suffix = Path(path).suffix.lower()
    if suffix not in _WRITERS:
        got = f"{suffix!r}" if suffix else "a name without an ending"
        raise CallError(f"{path}: expected a name that ends in {' or '.join(_WRITERS)}, got {got}")
    if suffix == ".arrow" and importlib.util.find_spec("pyarrow") is None:
        raise CallError(f"{path}: expected pyarrow to be installed, which writes Arrow files")
    return _WRITERS[suffix]


def _rows(result: Result) -> Iterator[tuple[Any, ...]]:
    columns = list(result.columns.values())
    for start in range(0, len(result), _ROWS_AT_ONCE):
        yield from zip(*(column[start : start + _ROWS_AT_ONCE] for column in columns), strict=True)


def write_csv(result: Result, file: IO[str]) -> None:
    """RFC 4180 with a header; a null is an empty cell, times are ISO 8601 in UTC."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(result.columns)
    for row in _rows(result):
        writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _time(value) if isinstance(value, datetime.datetime) else value


def write_ndjson(result: Result, file: IO[str]) -> None:
    """One JSON object a line; nan and inf, which JSON does not have, are null."""
    names = list(result.columns)
    for row in _rows(result):
        file.write(
            json.dumps(
                {name: _json_value(value) for name, value in zip(names, row, strict=True)},
                ensure_ascii=False,
            )
            + "\n"
        )


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return _time(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _time(value: datetime.datetime) -> str:
    return value.replace(tzinfo=None).isoformat() + "Z"


def write_errors(errors: Errors, names: list[str], file: IO[str]) -> None:
    """One JSON object for each error, with the input's name and the raw row; a row that is no UTF-8
    also in base64.
    """
    for error in errors:
        entry = error._asdict()
        entry["input"] = names[error.source]
        try:
            entry["raw"] = error.raw.decode("utf-8")
        except UnicodeDecodeError:
            entry["raw"] = error.raw.decode("utf-8", "backslashreplace")
            entry["raw_base64"] = base64.b64encode(error.raw).decode("ascii")
        file.write(json.dumps(entry, ensure_ascii=False) + "\n")


def write_arrow(result: Result, file: IO[str]) -> None:
    """An Arrow file, by pyarrow."""
    import pyarrow

    table = pyarrow.table(result)
    with pyarrow.ipc.new_file(file.buffer, table.schema) as writer:  # type: ignore[attr-defined]
        writer.write_table(table)


def write_html(result: Result, file: IO[str]) -> None:
    """One page that needs nothing else."""
    from .page import write_page

    write_page(result, file)


_WRITERS: dict[str, Callable[[Result, IO[str]], None]] = {
    ".csv": write_csv,
    ".ndjson": write_ndjson,
    ".arrow": write_arrow,
    ".html": write_html,
}
