"""The plan: a source, a schema and what is to become of the rows. An immutable value that checks
itself when it is made, is written as a plan file and run by the engine; it holds no file,
thread or compiled code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from fastlane import _core

from . import plan_text
from ._errors import naming_keywords, nearest, schema_error, shown
from .aggregates import Aggregate, check_column
from .expressions import RECORD_LANGUAGE, Expressions
from .fields import Field
from .inputs import chunk_inputs, engine_inputs
from .outcome import outcome_of, pieces_of
from .program import make_program
from .result import Result
from .schema import Schema, check_name
from .sources import Source

__all__ = ["MAX_ROW_BYTES", "PLAN_FORMAT", "Plan"]

PLAN_FORMAT = plan_text.PLAN_FORMAT
MAX_ROW_BYTES = 16 << 20
STREAM_WINDOW = 16 << 20


class Plan:
    """What to do with records: `Plan(apache("combined"),
    schema).group_by("status").aggregate(n=count())`.

    Every step returns a new plan and leaves this one as it is; a step that is said again replaces
    what it said before. Raises SchemaError for a column that is not there, with the names that are
    near it.
    """

    __slots__ = (
        "_aggregates",
        "_derived",
        "_expressions",
        "_group_by",
        "_program",
        "_schema",
        "_select",
        "_source",
        "_where",
    )
    _source: Source
    _schema: Schema
    _derived: Mapping[str, str]
    _where: str | None
    _expressions: Expressions
    _group_by: tuple[str, ...]
    _aggregates: Mapping[str, Aggregate]
    _select: tuple[str, ...] | None
    _program: object

    def __init__(self, source: Source, schema: Schema) -> None:
        if not isinstance(source, Source):
            raise schema_error(
                "Plan(source)",
                argument="source",
                expected='a source such as apache("combined") or csv()',
                got=shown(source),
            )
        if not isinstance(schema, Schema):
            raise schema_error(
                "Plan(schema)", argument="schema", expected="a Schema", got=shown(schema)
            )
        for name, field in schema.fields.items():
            source.place(name, field)
        self._set(source, schema, {}, None, (), {}, None)

    def _set(
        self,
        source: Source,
        schema: Schema,
        derived: Mapping[str, str],
        where: str | None,
        group_by: tuple[str, ...],
        aggregates: Mapping[str, Aggregate],
        select: tuple[str, ...] | None,
    ) -> None:
        object.__setattr__(self, "_source", source)
        object.__setattr__(self, "_schema", schema)
        expressions = Expressions(schema.fields)
        for name, expression in derived.items():
            expressions.derive(name, expression)
        if where is not None:
            expressions.keep(where)
        object.__setattr__(self, "_derived", MappingProxyType(dict(derived)))
        object.__setattr__(self, "_where", where)
        object.__setattr__(self, "_expressions", expressions)
        object.__setattr__(self, "_group_by", group_by)
        object.__setattr__(self, "_aggregates", MappingProxyType(dict(aggregates)))
        object.__setattr__(self, "_select", select)
        object.__setattr__(self, "_program", None)

    def _with(self, **changed: Any) -> Plan:
        parts = {
            "derived": self._derived,
            "where": self._where,
            "group_by": self._group_by,
            "aggregates": self._aggregates,
            "select": self._select,
            **changed,
        }
        plan = object.__new__(type(self))
        plan._set(self._source, self._schema, **parts)
        return plan

    @property
    def source(self) -> Source:
        return self._source

    @property
    def schema(self) -> Schema:
        return self._schema

    @property
    def derived(self) -> Mapping[str, str]:
        """Name to expression of the columns that derive added, read-only, in order."""
        return self._derived

    @property
    def condition(self) -> str | None:
        """The expression of where, or None."""
        return self._where

    @property
    def columns(self) -> Mapping[str, Field]:
        """Name to field type of all columns: the schema's and the derived ones."""
        return MappingProxyType(self._expressions.columns)

    @property
    def expressions(self) -> Expressions:
        """The expressions, typed, for the engine."""
        return self._expressions

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that group_by named."""
        return self._group_by

    @property
    def aggregates(self) -> Mapping[str, Aggregate]:
        """Name to aggregate, read-only, in order."""
        return self._aggregates

    @property
    def selected(self) -> tuple[str, ...] | None:
        """The columns that select named, or None for all."""
        return self._select

    def derive(self, /, **named: str) -> Plan:
        """Adds columns that are computed from others: `derive(kib="bytes / 1024")`. Integers are
        int64, and one that does not fit makes its row a bad one, as does an integer division by
        zero; a null in gives a null. Times are integers, microseconds. Raises ExpressionError for
        an expression that is none, or whose types do not fit.
        """
        for name, expression in named.items():
            where = f"derive({name}=)"
            check_name(name, where)
            _check_expression(expression, where, name)
            if name in self._schema or name in RECORD_LANGUAGE.functions:
                raise schema_error(
                    where,
                    argument=name,
                    expected="a name that neither a column nor a function has",
                    got=repr(name),
                )
        return self._with(derived={**self._derived, **named})

    def where(self, expression: str, /) -> Plan:
        """Keeps the rows for which the expression is true: `where("status != 304")`; a null drops
        the row. Rows that are dropped stay good; `rows_kept` counts the others. Raises
        ExpressionError.
        """
        _check_expression(expression, "where()", "expression")
        return self._with(where=expression)

    def group_by(self, *names: str) -> Plan:
        """One group for each distinct combination of these columns; no names: one group of all
        rows.
        """
        self._check_columns("group_by", names)
        self._check_outputs(names, self._aggregates, "group_by")
        return self._with(group_by=tuple(names))

    def aggregate(self, /, **named: Aggregate) -> Plan:
        """What to compute for each group, by the name of its column: `aggregate(n=count(),
        total=sum("bytes"))`.
        """
        if not named:
            raise schema_error(
                "aggregate()",
                argument="named",
                expected="at least one aggregate such as n=count()",
                got="none",
            )
        for name, aggregate in named.items():
            where = f"aggregate({name}=)"
            check_name(name, where)
            if not isinstance(aggregate, Aggregate):
                raise schema_error(
                    where,
                    argument=name,
                    expected='an aggregate such as count() or sum("bytes")',
                    got=shown(aggregate),
                )
            if aggregate.column is not None:
                self._check_columns(f"aggregate({name}=)", (aggregate.column,))
                check_column(aggregate, self.columns[aggregate.column], where)
        if self._select is not None:
            raise schema_error(
                "aggregate()",
                argument="named",
                expected="a plan without select",
                got="select before it",
                hint="the columns of an aggregated result are its keys and its aggregates",
            )
        self._check_outputs(self._group_by, named, "aggregate")
        return self._with(aggregates=named)

    def select(self, *names: str) -> Plan:
        """The columns that come back from a plan without aggregates, in this order."""
        if not names:
            raise schema_error(
                "select()", argument="names", expected="at least one column", got="none"
            )
        if self._aggregates or self._group_by:
            raise schema_error(
                "select()",
                argument="names",
                expected="a plan without group_by and aggregate",
                got="group_by" if self._group_by else "aggregate",
                hint="the columns of an aggregated result are its keys and its aggregates",
            )
        self._check_columns("select", names)
        return self._with(select=tuple(names))

    def _check_columns(self, step: str, names: Iterable[str]) -> None:
        where = step if step.endswith(")") else f"{step}()"
        seen = set()
        for name in names:
            if not isinstance(name, str) or name not in self.columns:
                hint = nearest(name, self.columns) if isinstance(name, str) else None
                raise schema_error(
                    where,
                    argument=str(name),
                    expected="a column of the schema",
                    got=shown(name),
                    hint=hint,
                )
            if name in seen:
                raise schema_error(
                    where, argument=name, expected="each column once", got=f"{name!r} twice"
                )
            seen.add(name)

    def _check_outputs(self, keys: Iterable[str], named: Iterable[str], step: str) -> None:
        for name in named:
            if name in tuple(keys):
                raise schema_error(
                    f"{step}()",
                    argument=name,
                    expected="each column of the result once",
                    got=f"{name!r} as a key and as an aggregate",
                )

    @naming_keywords
    def run(
        self,
        input: Any,
        *,
        threads: int | None = None,
        max_errors: int = 1000,
        max_row_bytes: int = MAX_ROW_BYTES,
        progress: Callable[[int, int], object] | None = None,
    ) -> Result:
        """Reads `input` and returns the columns, the counts and the errors of its rows.

        `input` is a path (`str` or `os.PathLike`), bytes-like, an open binary file, an iterable of
        bytes-like chunks, or a list of paths and bytes-like objects, which are read one after the
        other; each may be packed with gzip. Or it is a batch of columns: what has
        `__arrow_c_stream__` or `__arrow_c_array__` (a table or record batch of pyarrow, polars,
        DuckDB, pandas), or a dict of arrays; its columns are the fields by their names.
        `max_errors` bounds how many errors are kept in detail, never how many are counted; a row
        longer than `max_row_bytes` is a bad row.
        `progress(bytes_done, bytes_in_all)` is called now and then (0: nobody knows how many there
        are). Raises OSError for a file that cannot be read, SchemaError for a plan that cannot run
        and for a header without the wanted columns, DecodeError for a damaged gzip file, with the
        result so far as `.partial`.

        Memory: borrows bytes-like input and maps files; the columns are moved out. The GIL is
        released; chunks are taken on the calling thread, which then works alone.
        """
        self._check_complete("run()")
        result = _core.records_run(
            engine_inputs(input),
            self.program,
            threads=threads,
            max_errors=max_errors,
            max_row_bytes=max_row_bytes,
            progress=progress,
        )
        return outcome_of(result, self)

    @naming_keywords
    def stream(
        self,
        input: Any,
        *,
        window: int = STREAM_WINDOW,
        max_errors: int = 1000,
        max_row_bytes: int = MAX_ROW_BYTES,
    ) -> Iterator[Result]:
        """Yields the results of `input` piece by piece, each of about `window` bytes of rows;
        `Result.merge` joins them. `input` is what `run` takes, but for batches. Rows are counted
        from 0 in each piece, lines and offsets in their inputs. Raises what `run` raises.

        Memory: a piece is let go before the next one is read; chunks are taken on the calling
        thread, which works alone.
        """
        self._check_complete("stream()")
        stream = _core.records_stream(chunk_inputs(input), self.program, max_errors, max_row_bytes)
        return pieces_of(stream, window, self)

    def _check_complete(self, call: str) -> None:
        if self._group_by and not self._aggregates:
            raise schema_error(
                call,
                argument="plan",
                expected="aggregate() after group_by()",
                got="none",
                hint="add .aggregate(n=count())",
            )

    @property
    def program(self) -> object:
        """The plan as the engine runs it, made when it is first asked for."""
        if self._program is None:
            object.__setattr__(self, "_program", _core.records_program(make_program(self)))
        return self._program

    def to_spec(self) -> dict[str, Any]:
        """The plan as a plan file writes it, before it is text."""
        return plan_text.spec_of(self)

    def to_json(self) -> str:
        """The text of a plan file, which from_json reads back into an equal plan."""
        return plan_text.json_of(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Plan:
        """The plan of a plan file's text. Raises SchemaError with a mistake's JSON path."""
        from .plan_file import read_json, read_plan

        return read_plan(read_json(text))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Plan does not change; {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Plan does not change; {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return (
            self.to_spec() == other.to_spec() and _order(self) == _order(other)
            if isinstance(other, Plan)
            else NotImplemented
        )

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_spec()))

    def __repr__(self) -> str:
        return plan_text.repr_of(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Plan.from_json, (
            json.dumps(self.to_spec(), separators=(",", ":"), ensure_ascii=False),
        )


def _order(plan: Plan) -> tuple[list[str], ...]:
    return list(plan.schema), list(plan.derived), list(plan.aggregates)


def _check_expression(expression: Any, where: str, argument: str) -> None:
    if not isinstance(expression, str):
        raise schema_error(
            where, argument=argument, expected="an expression as text", got=shown(expression)
        )
