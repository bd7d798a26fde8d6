"""One record at a time: a line in, a dict or all of its errors out."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from fastlane import _core

from ._errors import argument_type_error, schema_error
from .plan import Plan
from .sources import CsvSource, Source

if TYPE_CHECKING:
    from .schema import Schema

__all__ = ["decode"]


@functools.lru_cache(maxsize=64)
def _plan_for(schema: Schema, source: Source) -> Plan:
    return Plan(source, schema)


def decode(schema: Schema, line: Any, source: Source) -> dict[str, Any]:
    """The record of one line as a dict. Raises RecordError with every field's error."""
    if isinstance(source, CsvSource) and source.header:
        raise schema_error(
            "Schema.decode(source)",
            argument="source",
            expected="csv(header=False) for a single line",
            got=repr(source),
        )
    if isinstance(line, str):
        line = line.encode()
    try:
        memoryview(line).release()
    except TypeError:
        raise argument_type_error(
            "Schema.decode(line)",
            argument="line",
            expected="bytes-like or str",
            got=type(line).__name__,
        ) from None
    result = _plan_for(schema, source).run(line, threads=1)
    if result.rows_in == 1 and result.rows_bad == 0:
        return {name: column[0] for name, column in result.columns.items()}
    if result.rows_in != 1:
        said = f"expected one record, got {result.rows_in}"
    else:
        said = "; ".join(
            f"{error.field or 'row'}: {error.code}: expected {error.expected}, got {error.got!r}"
            for error in result.errors
        )
    problem = _core.RecordError(f"Schema.decode(): {said}")
    problem.errors = list(result.errors)
    raise problem
