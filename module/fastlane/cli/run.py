"""`python -m fastlane run`: reads the plan, runs it, shows the table, the counts and the kinds of
errors.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import stat
import sys
from pathlib import Path
from typing import Any

from fastlane import DecodeError
from fastlane.records import Plan, Result
from fastlane.records._errors import SchemaError
from fastlane.records.table import as_text, cut, printable

from . import outputs
from .arguments import CallError
from .dispatch import BAD_INPUT, DONE, _reader_gone, complain
from .progress import Progress

__all__ = ["error_kinds", "read_plan", "report", "run", "summary"]

_ERROR_KINDS = 8


def run(arguments: argparse.Namespace) -> int:
    """The exit status of one run. Raises CallError, OSError and FastlaneError for what cannot be
    run.
    """
    plan = read_plan(arguments.plan)
    write_table = outputs.writer_for(arguments.output) if arguments.output else None
    inputs = [_input(name) for name in arguments.inputs]
    _check_names(arguments)
    with contextlib.ExitStack() as stack:
        table_output = outputs.opened(stack, arguments.output)
        error_output = outputs.opened(stack, arguments.errors)
        progress = Progress(sys.stderr) if arguments.progress else None
        damage: DecodeError | None = None
        try:
            result = plan.run(
                inputs,
                threads=arguments.threads,
                max_errors=sys.maxsize if error_output else 1000,
                progress=progress,
            )
        except DecodeError as problem:
            # What came before the damage is shown and written, and the status tells of it.
            damage, result = problem, problem.partial
        finally:
            if progress is not None:
                progress.close()
        if table_output is not None and write_table is not None:
            _written(table_output, lambda: write_table(result, table_output.file))
        if error_output is not None:
            _written(
                error_output,
                lambda: outputs.write_errors(result.errors, arguments.inputs, error_output.file),
            )
    status = DONE if damage is None else BAD_INPUT
    if arguments.max_bad is not None and result.rows_bad > arguments.max_bad:
        status = BAD_INPUT
    try:
        print(report(result, arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        _reader_gone(status)
    if damage is not None:
        complain(str(damage))
    elif status == BAD_INPUT:
        complain(f"{result.rows_bad:,} bad rows, more than --max-bad {arguments.max_bad}")
    return status


def read_plan(path: str) -> Plan:
    """The plan of a plan file; a mistake in it is said with the file's name in front."""
    try:
        text = Path(path).read_bytes()
    except IsADirectoryError:
        raise CallError(f"{path}: is a directory, expected a plan file") from None
    except OSError as problem:
        raise CallError(f"{path}: {problem.strerror}; expected a plan file") from None
    try:
        return Plan.from_json(text)
    except SchemaError as problem:
        raise CallError(f"{path}: {problem}") from None


def _input(name: str) -> Any:
    """A path for what the engine maps; an open file for what can only be read once."""
    if name == "-":
        return sys.stdin.buffer
    path = Path(name)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise CallError(f"{name}: is a directory, expected a file; give the files in it")
        if not stat.S_ISREG(status.st_mode):
            return open(path, "rb")
        with path.open("rb"):
            pass
    except (OSError, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) else str(problem)
        raise CallError(f"{name}: {reason}; expected a file that can be read") from None
    return path


def _check_names(arguments: argparse.Namespace) -> None:
    """An output may be neither an input, nor the plan, nor the other output."""
    taken = {
        os.path.realpath(name): name for name in [arguments.plan, *arguments.inputs] if name != "-"
    }
    for name in (arguments.output, arguments.errors):
        if name is None:
            continue
        place = os.path.realpath(name)
        if place in taken and not stat.S_ISCHR(
            os.stat(place).st_mode if os.path.exists(place) else 0
        ):
            raise CallError(
                f"{name}: expected an output of its own, got {taken[place]}, which the run needs"
            )
        taken[place] = name


def _written(output: outputs.Output, write: Any) -> None:
    try:
        write()
    except OSError as problem:
        raise CallError(f"{output.path}: cannot be written: {problem.strerror}") from None
    output.commit()


def report(result: Result, arguments: argparse.Namespace) -> str:
    """What the terminal shows: table, counts, kinds of errors with an example of each."""
    width = shutil.get_terminal_size((100, 24)).columns
    parts = []
    if arguments.rows:
        parts.append(as_text(result.columns, keys=result.keys, width=width, rows=arguments.rows))
    parts.append(summary(result))
    kinds = error_kinds(result, arguments.inputs, width)
    if kinds:
        parts.append(kinds)
    return "\n\n".join(parts)


def summary(result: Result) -> str:
    """Counts, time and rate in one line."""
    seconds = result.metrics.get("seconds_total", 0.0)
    size = result.metrics.get("bytes", 0)
    text = result.summary() if result.rows_blank else result.summary() + ", 0 blank"
    text += f"; {_seconds(seconds)}"
    if seconds > 0:
        text += f", {size / seconds / 1e6:,.0f} MB/s"
    return text


def _seconds(seconds: float) -> str:
    return f"{seconds:,.2f} s" if seconds >= 0.1 else f"{seconds * 1e3:,.1f} ms"


def error_kinds(result: Result, names: list[str], width: int) -> str:
    """The most frequent kinds of errors, each with how often it came and the first row that shows
    it.
    """
    if not result.error_counts:
        return ""
    kinds = sorted(result.error_counts.items(), key=lambda item: -item[1])
    examples: dict[tuple[str | None, str], Any] = {}
    for error in result.errors:
        examples.setdefault((error.field, error.code), error)
    count_width = max(len(f"{count:,}") for _, count in kinds[:_ERROR_KINDS])
    title_width = max(len(_title(kind)) for kind, _ in kinds[:_ERROR_KINDS])
    lines = ["errors"]
    for kind, count in kinds[:_ERROR_KINDS]:
        line = f"  {count:>{count_width},}  {_title(kind):<{title_width}}"
        example = examples.get(kind)
        if example is not None:
            place = (
                f"{names[example.source]}:{example.line}"
                if len(names) > 1
                else f"line {example.line}"
            )
            line += f"  {place}: expected {example.expected}, got {example.got!r}"
        lines.append(cut(printable(line), width))
    if len(kinds) > _ERROR_KINDS:
        rest = sum(count for _, count in kinds[_ERROR_KINDS:])
        lines.append(f"  {rest:,} more of {len(kinds) - _ERROR_KINDS} other kinds")
    return "\n".join(lines)


def _title(kind: tuple[str | None, str]) -> str:
    field, code = kind
    return f"{field or 'row'} {code}"
