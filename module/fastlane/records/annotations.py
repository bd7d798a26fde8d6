"""A schema from the annotations of a dataclass."""

from __future__ import annotations

import dataclasses
import datetime
import types
import typing
from typing import Any

from ._errors import schema_error, shown
from .fields import Bool, Category, Field, Float64, Int64, String, Timestamp

__all__ = ["fields_of"]

_TYPES: dict[Any, Field] = {
    bool: Bool(),
    int: Int64(),
    float: Float64(),
    str: String(),
    datetime.datetime: Timestamp("iso8601"),
}


def fields_of(cls: Any) -> dict[str, Field]:
    """The fields that a dataclass's annotations name: a field type in `Annotated[int, Int16(ge=1)]`,
    else what the type stands for; `X | None` is nullable, a default is the default.
    """
    if not (isinstance(cls, type) and dataclasses.is_dataclass(cls)):
        raise schema_error(
            "Schema.from_dataclass(cls)", argument="cls", expected="a dataclass", got=shown(cls)
        )
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = {}
    for each in dataclasses.fields(cls):
        field = _field_of(hints[each.name], each.name)
        if each.default is None:
            field = dataclasses.replace(field, nullable=True)
        elif each.default is not dataclasses.MISSING:
            field = dataclasses.replace(field, default=each.default)
        fields[each.name] = field
    return fields


def _field_of(hint: Any, name: str) -> Field:
    if typing.get_origin(hint) is typing.Annotated:
        inner, *extras = typing.get_args(hint)
        said = [extra for extra in extras if isinstance(extra, Field)]
        if not said:
            return _field_of(inner, name)
        return dataclasses.replace(said[-1], nullable=True) if _takes_none(inner) else said[-1]
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [each for each in typing.get_args(hint) if each is not type(None)]
        if len(inner) == 1 and _takes_none(hint):
            return dataclasses.replace(_field_of(inner[0], name), nullable=True)
    if typing.get_origin(hint) is typing.Literal:
        values = typing.get_args(hint)
        if all(isinstance(value, str) for value in values):
            return Category(one_of=values)
    if hint in _TYPES:
        return _TYPES[hint]
    raise schema_error(
        f"Schema.from_dataclass({name}: ...)",
        argument=name,
        expected="bool, int, float, str, datetime, a Literal of texts, or Annotated with a field type",
        got=shown(hint),
        hint=f"write {name}: Annotated[..., Int16(ge=0)]",
    )


def _takes_none(hint: Any) -> bool:
    return type(None) in typing.get_args(hint)
