"""`python -m fastlane info`: what fastlane.info() says, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import fastlane

__all__ = ["info"]


def info() -> int:
    """Prints versions, the CPU row in use, threads and build flags."""
    lines = list(_lines(fastlane.info(), ""))
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        print(f"{name:<{width}}  {value}")
    return 0


def _lines(facts: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if isinstance(value, Mapping):
            yield from _lines(value, f"{prefix}{name}.")
        elif isinstance(value, (list, tuple)):
            yield prefix + name, " ".join(map(str, value))
        else:
            yield prefix + name, str(value)
