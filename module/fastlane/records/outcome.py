"""What the engine gave, as results, or as the error of a run that ended early."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastlane import _core

from .result import Result

if TYPE_CHECKING:
    from .plan import Plan

__all__ = ["outcome_of", "pieces_of"]


def outcome_of(parts: dict[str, Any], plan: Plan) -> Result:
    """The result of a run. Raises DecodeError when the input was damaged."""
    damage = parts.pop("damage")
    made = Result(parts, plan)
    if damage is not None:
        raise _damaged(damage, made)
    return made


def pieces_of(stream: object, window: int, plan: Plan) -> Iterator[Result]:
    """The results of a stream, piece by piece."""
    while (piece := _core.records_next(stream, window)) is not None:
        yield outcome_of(piece, plan)


def _damaged(damage: dict[str, Any], partial: Result) -> _core.DecodeError:
    """The error of a run that ended early, with what it had until then."""
    error = _core.DecodeError(
        f"Plan.run(): input {damage['source']}: {damage['what']}; "
        f".partial has the {partial.rows_in:,} rows before it"
    )
    error.argument, error.got = "input", damage["what"]
    error.partial = partial
    return error
