"""Turns a plan into the plain dict that the engine runs.

Nothing is checked here: a plan has checked itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._options import microseconds
from .fields import Field, Timestamp
from .sources import Source

if TYPE_CHECKING:
    from .plan import Plan

__all__ = ["make_program"]


def make_program(plan: Plan) -> dict[str, Any]:
    """The program of `plan` for the engine."""
    return {
        "source": plan.source.program(),
        "fields": [
            _field_program(name, field, plan.source)
            for name, field in plan.schema.fields.items()
        ],
        **plan.expressions.program(),
        "group_by": list(plan.keys),
        "aggregates": [
            {
                "name": name,
                "function": aggregate.function,
                "column": aggregate.column,
                "parameter": aggregate.parameter,
            }
            for name, aggregate in plan.aggregates.items()
        ],
        "select": None if plan.selected is None else list(plan.selected),
    }


def _field_program(name: str, field: Field, source: Source) -> dict[str, Any]:
    null = field.null
    if null is None:
        null = source.null_text(field)
    return {
        "name": name,
        **source.place(name, field),
        "type": field.type_name,
        "nullable": field.takes_null,
        "null": None if null is None else null.encode(),
        "default": None if field.default is None else field.default_text().encode(),
        "ge": _bound(field, "ge"),
        "gt": _bound(field, "gt"),
        "le": _bound(field, "le"),
        "lt": _bound(field, "lt"),
        "one_of": _values(getattr(field, "one_of", None)),
        "max_length": getattr(field, "max_length", None),
        "min_length": getattr(field, "min_length", None),
        "starts_with": _encoded(getattr(field, "starts_with", None)),
        "format": getattr(field, "format", None),
        "allow_nan": getattr(field, "allow_nan", False),
    }


def _bound(field: Field, name: str) -> int | float | None:
    value = getattr(field, name, None)
    return microseconds(value) if isinstance(field, Timestamp) and value is not None else value


def _encoded(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _values(values: tuple[Any, ...] | None) -> list[Any] | None:
    if values is None:
        return None
    return [value.encode() if isinstance(value, str) else value for value in values]
