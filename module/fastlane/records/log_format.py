"""Reads Apache LogFormat and nginx log_format texts into a layout: literals and named tokens in
the order of a line. It decides where each token ends; it never sees a line of a log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ._errors import schema_error, shown

__all__ = [
    "APACHE_NAMED",
    "NGINX_NAMED",
    "REQUEST_PARTS",
    "LogLayout",
    "LogToken",
    "apache_layout",
    "nginx_layout",
]

APACHE_NAMED = {
    "common": '%h %l %u %t "%r" %>s %b',
    "combined": '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"',
}
NGINX_NAMED = {
    "combined": '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent"',
}
REQUEST_PARTS = ("method", "path", "protocol")

_APACHE_NAMES = {
    "h": "host",
    "l": "ident",
    "u": "user",
    "t": "time",
    "r": "request",
    "s": "status",
    "b": "bytes",
    "B": "bytes",
    "D": "duration_us",
    "T": "duration_s",
    "v": "vhost",
    "V": "server_name",
    "p": "port",
    "m": "method",
    "U": "path",
    "q": "query",
    "H": "protocol",
    "a": "client",
    "A": "local_address",
    "f": "filename",
    "I": "bytes_in",
    "O": "bytes_out",
    "S": "bytes_total",
    "k": "keepalive",
    "L": "log_id",
    "P": "pid",
    "R": "handler",
    "X": "connection",
}
_APACHE_OF_NAME = {"i": "", "o": "out_", "C": "cookie_", "e": "env_", "n": "note_"}
_APACHE_DURATION = {"s": "duration_s", "ms": "duration_ms", "us": "duration_us"}

_APACHE_TOKEN = re.compile(
    r"%(?:!?\d+(?:,\d+)*)?[<>]?(?:\{(?P<name>[^}]*)\})?(?P<letter>\^?[A-Za-z]{1,2}|%)?"
)
_APACHE_ESCAPES = {"n": "\n", "t": "\t", "\\": "\\", '"': '"'}
_NGINX_TOKEN = re.compile(r"\$(?:\{(?P<braced>[A-Za-z0-9_]+)\}|(?P<bare>[A-Za-z0-9_]+))?")


@dataclass(frozen=True)
class LogToken:
    """One value in a line: `kind` is "plain", "quoted" or "request"; `after` is the literal that
    ends it.
    """

    name: str
    kind: str
    after: bytes


@dataclass(frozen=True)
class LogLayout:
    """A line: the literal before the first token, then each token with the literal after it."""

    prefix: bytes
    tokens: tuple[LogToken, ...]
    readings: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.readings)


def apache_layout(format: str) -> LogLayout:
    """The layout of a LogFormat text or of a named format. Raises SchemaError."""
    text = _checked_text("apache", format, APACHE_NAMED)
    parts: list[str | tuple[str]] = []
    position = 0
    while position < len(text):
        character = text[position]
        if character == "\\" and text[position + 1 : position + 2] in _APACHE_ESCAPES:
            parts.append(_APACHE_ESCAPES[text[position + 1]])
            position += 2
        elif character == "%":
            token, length = _apache_token(text, position)
            parts.extend(token)
            position += length
        else:
            parts.append(character)
            position += 1
    return _layout("apache", format, parts)


def _apache_token(text: str, position: int) -> tuple[list[str | tuple[str]], int]:
    """The token at `position` as literals and a name, and how long its spelling is."""
    match = _APACHE_TOKEN.match(text, position)
    assert match is not None
    letter, argument = match["letter"], match["name"]
    spelled = match[0]
    if letter is not None and len(letter) == 2 and letter[0] != "^":
        letter, spelled = letter[0], spelled[:-1]
    if letter == "%":
        return ["%"], len(spelled)
    if letter == "t" and not argument:
        return ["[", ("time",), "]"], len(spelled)
    name = _apache_name(letter, argument)
    if name is None:
        raise schema_error(
            "apache(format=)",
            argument="format",
            expected="the tokens of an Apache LogFormat",
            got=f"{shown(text[position:][: max(len(spelled), 2)])} at character {position}",
            hint="%% stands for a percent sign",
        )
    return [(name,)], len(spelled)


def _apache_name(letter: str | None, argument: str | None) -> str | None:
    if letter is None or letter.startswith("^"):
        return None
    if argument is None:
        return _APACHE_NAMES.get(letter)
    if letter in _APACHE_OF_NAME:
        word = re.sub(r"[^0-9a-z_]", "_", argument.lower())
        name = _APACHE_OF_NAME[letter] + word
        return name if name.isidentifier() else "_" + name if name else None
    if letter == "T":
        return _APACHE_DURATION.get(argument)
    return _APACHE_NAMES.get(letter) if letter in "tpaPh" else None


def nginx_layout(format: str) -> LogLayout:
    """The layout of a log_format text or of a named format. Raises SchemaError."""
    text = _checked_text("nginx", format, NGINX_NAMED)
    if text.lstrip().startswith("log_format"):
        raise schema_error(
            "nginx(format=)",
            argument="format",
            expected="the format's text alone",
            got=shown(text),
            hint="leave out the word log_format, the name and the outer quotes",
        )
    parts: list[str | tuple[str]] = []
    position = 0
    for match in _NGINX_TOKEN.finditer(text):
        parts.extend(text[position : match.start()])
        name = match["braced"] or match["bare"]
        if name is None:
            raise schema_error(
                "nginx(format=)",
                argument="format",
                expected="a variable's name after each $",
                got=f"{shown(text[match.start() :][:10])} at character {match.start()}",
            )
        parts.append((name,))
        position = match.end()
    parts.extend(text[position:])
    return _layout("nginx", format, parts)


def _checked_text(kind: str, format: object, named: Mapping[str, str]) -> str:
    expected = " or ".join(repr(name) for name in named) + ", or a format's text"
    where = f"{kind}(format=)"
    if not isinstance(format, str) or not format:
        raise schema_error(where, argument="format", expected=expected, got=shown(format))
    if format in named:
        return named[format]
    mark = "%" if kind == "apache" else "$"
    if mark not in format:
        raise schema_error(where, argument="format", expected=expected, got=shown(format))
    return format


def _layout(kind: str, format: str, parts: list[str | tuple[str]]) -> LogLayout:
    """Joins the literals and gives every token its kind, its end and its name."""
    where = f"{kind}(format=)"
    literals: list[str] = [""]
    names: list[str] = []
    for part in parts:
        if isinstance(part, tuple):
            names.append(part[0])
            literals.append("")
        else:
            literals[-1] += part
    if not names:
        raise schema_error(
            where, argument="format", expected="at least one token", got=shown(format)
        )
    if any("\n" in literal for literal in literals):
        raise schema_error(where, argument="format", expected="one line", got="a line break in it")
    unique = _distinct(names)
    tokens = []
    quotes = 0
    for index, name in enumerate(names):
        before, after = literals[index], literals[index + 1]
        quotes += before.count('"')
        if after == "" and index + 1 < len(names):
            raise schema_error(
                where,
                argument="format",
                expected="a character between two tokens",
                got=f"{unique[index]} directly followed by {unique[index + 1]}",
                hint="their values could not be told apart",
            )
        quoted = before.endswith('"') and after.startswith('"') and quotes % 2 == 1
        token_kind = ("request" if name == "request" else "quoted") if quoted else "plain"
        tokens.append(LogToken(unique[index], token_kind, after.encode()))
    return LogLayout(literals[0].encode(), tuple(tokens), MappingProxyType(_readings(tokens)))


def _distinct(names: list[str]) -> list[str]:
    """A name that comes again gets its number, so that each token can be named."""
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique


def _readings(tokens: list[LogToken]) -> dict[str, str]:
    """Column name to token name; a token of its own goes before the part of a request with the same
    name.
    """
    own = {token.name for token in tokens}
    readings: dict[str, str] = {}
    for token in tokens:
        readings[token.name] = token.name
        if token.kind == "request" and token.name == "request":
            readings.update({part: part for part in REQUEST_PARTS if part not in own})
    return readings
