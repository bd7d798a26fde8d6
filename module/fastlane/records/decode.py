"""One record at a time: a line in, a dict or all of its errors out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastlane import _core

from ._errors import argument_type_error, schema_error
from .plan import Plan
from .sources import CsvSource, Source

if TYPE_CHECKING:
    from .schema import Schema

__all__ = ["Decoder"]


class Decoder:
    """Gives the records of one source, a line at a time: the engine makes the dict of a good line,
    a run of the plan explains a bad one.
    """

    __slots__ = ("_plan", "_program", "_source")

    def __init__(self, schema: Schema, source: Source) -> None:
        if isinstance(source, CsvSource) and source.header:
            raise schema_error(
                "Schema.decode(source)",
                argument="source",
                expected="csv(header=False) for a single line",
                got=repr(source),
            )
        self._source = source  # held, so that nothing else has its identity
        self._plan = Plan(source, schema)
        self._program = self._plan.program

    def __call__(self, line: Any) -> dict[str, Any]:
        """The record of one line. Raises RecordError with every field's error."""
        if isinstance(line, str):
            line = line.encode()
        elif type(line) is not bytes:
            _check_line(line)
        return _core.records_decode(self._program, line) or self._explain(line)

    def _explain(self, line: Any) -> dict[str, Any]:
        result = self._plan.run(line, threads=1)
        if result.rows_in == 1 and result.rows_bad == 0:
            return {name: column[0] for name, column in result.columns.items()}
        if result.rows_in != 1:
            said = f"expected one record, got {result.rows_in}"
        else:
            said = "; ".join(
                f"{error.field or 'row'}: {error.code}: expected {error.expected}, "
                f"got {error.got!r}"
                for error in result.errors
            )
        problem = _core.RecordError(f"Schema.decode(): {said}")
        problem.errors = list(result.errors)
        raise problem


def _check_line(line: Any) -> None:
    try:
        memoryview(line).release()
    except TypeError:
        raise argument_type_error(
            "Schema.decode(line)",
            argument="line",
            expected="bytes-like or str",
            got=type(line).__name__,
        ) from None
