"""The sources of records that a plan can read, as values: what each was made from, which columns it
gives and where a field stands in its rows. The log formats are read in log_format.py; the bytes
themselves only by the engine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from . import log_format
from ._errors import close_hint, nearest, schema_error, shown
from .fields import Field, Text
from .log_format import LogLayout

__all__ = [
    "SOURCES",
    "CsvSource",
    "LogSource",
    "NdjsonSource",
    "Source",
    "apache",
    "csv",
    "ndjson",
    "nginx",
    "source_from_spec",
]

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


class Source:
    """Where rows come from. A field of a schema is placed in them by `place`."""

    kind: str

    def to_spec(self) -> dict[str, Any]:
        """The source as a plan file writes it."""
        raise NotImplementedError

    def program(self) -> dict[str, Any]:
        """The source as the engine takes it."""
        raise NotImplementedError

    def place(self, name: str, field: Field) -> dict[str, Any]:
        """Where the engine finds the field. Raises SchemaError for one that is not there."""
        raise NotImplementedError

    def null_text(self, field: Field) -> str | None:
        """The text that stands for null where the field does not say."""
        raise NotImplementedError


@dataclass(frozen=True, repr=False)
class LogSource(Source):
    """A log whose lines follow one format: `kind` is "apache" or "nginx", `format` the text it was
    made from.
    """

    # What servers write for "nothing". A field of a log takes it for null unless it names another
    # text; only for text, where it may be a value like any other, does the field have to take nulls.
    NULL: ClassVar[str] = "-"

    kind: str
    format: str
    layout: LogLayout = field(compare=False)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that a schema can name, in the order of the line."""
        return self.layout.names

    @property
    def readings(self) -> Mapping[str, str]:
        """For each column the token that the engine reads it from."""
        return self.layout.readings

    def to_spec(self) -> dict[str, Any]:
        return {self.kind: self.format}

    def program(self) -> dict[str, Any]:
        return {
            "kind": "log",
            "prefix": self.layout.prefix,
            "tokens": [
                {"name": token.name, "kind": token.kind, "after": token.after}
                for token in self.layout.tokens
            ],
        }

    def place(self, name: str, field: Field) -> dict[str, Any]:
        _refuse_path(name, field, "column= for a log")
        wanted = field.column or name
        if wanted not in self.readings:
            raise schema_error(
                f"Schema({name}=)",
                argument=name,
                expected=f"a column of {self!r}",
                got=repr(wanted),
                hint=nearest(wanted, self.names),
            )
        return {"token": self.readings[wanted]}

    def null_text(self, field: Field) -> str | None:
        return self.NULL if field.takes_null or not isinstance(field, Text) else None

    def __repr__(self) -> str:
        return f"{self.kind}({self.format!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return SOURCES[self.kind], (self.format,)


@dataclass(frozen=True, repr=False)
class CsvSource(Source):
    """CSV as RFC 4180 has it: a delimiter and a quote of one ASCII character (`quote=None`: no cell
    is quoted), with a header that names the columns or, without one, the columns of the schema in
    their order.
    """

    kind: ClassVar[str] = "csv"  # type: ignore[misc]

    delimiter: str = ","
    header: bool = True
    quote: str | None = '"'

    def __post_init__(self) -> None:
        self._check_character("delimiter", self.delimiter, {"\n", "\r"})
        if not isinstance(self.header, bool):
            raise schema_error(
                "csv(header=)",
                argument="header",
                expected="True or False",
                got=shown(self.header),
            )
        if self.quote is not None:
            self._check_character("quote", self.quote, {"\n", "\r", self.delimiter})

    @staticmethod
    def _check_character(option: str, value: Any, refused: set[str]) -> None:
        one = isinstance(value, str) and len(value) == 1 and value.isascii()
        if not one or value in refused:
            raise schema_error(
                f"csv({option}=)",
                argument=option,
                expected="one ASCII character that neither ends a line nor has another meaning",
                got=shown(value),
            )

    def options(self) -> dict[str, Any]:
        """The options that differ from their defaults."""
        given = {"delimiter": self.delimiter, "header": self.header, "quote": self.quote}
        return {name: value for name, value in given.items() if value != getattr(CsvSource, name)}

    def to_spec(self) -> dict[str, Any]:
        return {"csv": self.options()}

    def program(self) -> dict[str, Any]:
        return {
            "kind": "csv",
            "delimiter": self.delimiter.encode(),
            "header": self.header,
            "quote": None if self.quote is None else self.quote.encode(),
        }

    def place(self, name: str, field: Field) -> dict[str, Any]:
        _refuse_path(name, field, "column= for CSV")
        if field.column is not None and not self.header:
            raise schema_error(
                f"Schema({name}=)",
                argument=name,
                expected="header=True for column=",
                got=f"column={field.column!r}",
                hint="without a header, columns stand in the schema's order",
            )
        return {"token": field.column or name}

    def null_text(self, field: Field) -> str | None:
        # An empty cell is a value of a String; nothing else can be made of it.
        if field.type_name == "string" or (isinstance(field, Text) and not field.takes_null):
            return None
        return ""

    def __repr__(self) -> str:
        return f"csv({', '.join(f'{name}={value!r}' for name, value in self.options().items())})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _csv_again, (self.options(),)


@dataclass(frozen=True, repr=False)
class NdjsonSource(Source):
    """One JSON object a line, strict as `json.loads`."""

    kind: ClassVar[str] = "ndjson"  # type: ignore[misc]

    def to_spec(self) -> dict[str, Any]:
        return {"ndjson": {}}

    def program(self) -> dict[str, Any]:
        return {"kind": "ndjson"}

    def place(self, name: str, field: Field) -> dict[str, Any]:
        if field.column is not None and field.path is not None:
            raise schema_error(
                f"Schema({name}=)",
                argument=name,
                expected="column= or path=",
                got="both",
            )
        if field.path is None:
            return {"path": [field.column or name]}
        return {
            "path": [
                step[1] if step[1] is not None else int(step[2])
                for step in _STEP.finditer(field.path)
            ]
        }

    def null_text(self, field: Field) -> str | None:
        return None

    def __repr__(self) -> str:
        return "ndjson()"

    def __reduce__(self) -> tuple[Any, ...]:
        return ndjson, ()


def _refuse_path(name: str, field: Field, expected: str) -> None:
    if field.path is not None:
        raise schema_error(
            f"Schema({name}=)",
            argument=name,
            expected=expected,
            got=f"path={field.path!r}",
            hint="path= belongs to nested JSON",
        )


def _csv_again(options: dict[str, Any]) -> CsvSource:
    return CsvSource(**options)


def apache(format: str) -> LogSource:
    """A log of the Apache server: `format` is "common", "combined" or the text of a LogFormat line.

    Columns: `%h` host, `%l` ident, `%u` user, `%t` time, `%r` request, method, path and protocol,
    `%s` status, `%b` bytes, `%{User-Agent}i` user_agent, `%{X}o` out_x and so on; `.names` lists
    them. Raises SchemaError for a format that cannot be read back.
    """
    return LogSource("apache", format, log_format.apache_layout(format))


def nginx(format: str) -> LogSource:
    """A log of the nginx server: `format` is the text of a log_format directive, or "combined".

    Columns are the variables without the `$`; `$request` also gives method, path and protocol.
    Raises SchemaError for a format that cannot be read back."""
    return LogSource("nginx", format, log_format.nginx_layout(format))


def ndjson() -> NdjsonSource:
    """One JSON object a line. A field is read from the key of its name, from that of `column=`, or
    from `path="a.b[0]"`. What `json.loads` refuses is a bad row, also in values that no field names;
    of equal keys the last one counts.
    """
    return NdjsonSource()


def csv(delimiter: str = ",", header: bool = True, quote: str | None = '"') -> CsvSource:
    """CSV as RFC 4180 has it. With a header the columns are found by name (`column=` where the field
    has another one), without one they are the schema's fields in their order.

    Raises SchemaError for a delimiter or a quote that is not one ASCII character. A header that
    lacks a column or has one twice is a SchemaError of the run.
    """
    return CsvSource(delimiter, header, quote)


def source_from_spec(kind: str, options: Any) -> Source:
    """The source that a plan file's `{kind: options}` describes. Raises SchemaError."""
    if kind in ("apache", "nginx"):
        return SOURCES[kind](options)
    if not isinstance(options, dict):
        raise schema_error(
            kind, argument=kind, expected="an object of options such as {}", got=shown(options)
        )
    known = ("delimiter", "header", "quote") if kind == "csv" else ()
    for name in options:
        if name not in known:
            raise schema_error(
                kind,
                argument=name,
                expected="one of the options " + ", ".join(known) if known else "no options: {}",
                got=repr(name),
                hint=close_hint(name, known),
            )
    return SOURCES[kind](**options)


SOURCES: dict[str, Any] = {"apache": apache, "nginx": nginx, "ndjson": ndjson, "csv": csv}
