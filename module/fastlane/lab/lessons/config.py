"""A dict becomes a struct with types, and everything that is wrong with it is said at once.

Compared: connect and parse_config with code that stops at the first mistake.
"""

from __future__ import annotations

from typing import Any

from fastlane import DecodeError, RecordError, lab

from .measuring import Cell, Shown

WRONG: dict[str, Any] = {"host": "", "port": 70_000, "timeout": 3000}
_TOML = '[server]\nhost = "localhost"\nport = \n'


def _one_by_one(config: dict[str, Any]) -> str:
    """What is written first, and finds one mistake a run."""
    host, port = str(config["host"]), int(config["port"])
    return f"Connecting to {host}:{port} within {int(config['timeout_ms'])} ms"


def show(share: float) -> Shown:
    """A configuration with four mistakes, read in both ways; a TOML document with one."""
    del share
    rows: list[dict[str, Cell]] = []
    try:
        _one_by_one(WRONG)
    except KeyError as error:
        rows.append({"form": "dict access", "path": "-", "said": f"KeyError: {error}"})
    try:
        lab.connect(WRONG)
    except RecordError as error:
        for path, expected, got in error.errors:
            said = f"expected {expected}, got {got}"
            rows.append({"form": "connect", "path": path, "said": said})
    try:
        lab.parse_config(_TOML)
    except DecodeError as error:
        place = f"{error.line}:{error.column}"
        rows.append({"form": "parse_config", "path": place, "said": str(error).partition(": ")[2]})
    right = {"host": "localhost", "port": 5432, "timeout_ms": 3000}
    rows.append({"form": "connect", "path": "-", "said": lab.connect(right)})
    return Shown(
        rows,
        "The usual code took an empty host and a port that does not exist, and told of one mistake."
        " connect told of four, each with its path.",
    )
