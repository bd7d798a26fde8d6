"""The sources of records that a plan can read, as values: what text each was made from, and which
columns it gives. The log formats are read in log_format.py; the bytes of the log itself only
by the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import log_format
from .log_format import LogLayout

__all__ = ["SOURCES", "LogSource", "apache", "nginx"]


@dataclass(frozen=True, repr=False)
class LogSource:
    """A log whose lines follow one format: `kind` is "apache" or "nginx", `format` the text it was
    made from.
    """

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

    def to_spec(self) -> dict[str, str]:
        """The source as a plan file writes it."""
        return {self.kind: self.format}

    def program(self) -> dict[str, Any]:
        """The source as the engine takes it."""
        return {
            "kind": "log",
            "prefix": self.layout.prefix,
            "tokens": [
                {"name": token.name, "kind": token.kind, "after": token.after}
                for token in self.layout.tokens
            ],
        }

    def __repr__(self) -> str:
        return f"{self.kind}({self.format!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return SOURCES[self.kind], (self.format,)


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


SOURCES = {"apache": apache, "nginx": nginx}
