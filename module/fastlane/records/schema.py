"""The schema: named fields in order. It knows its own JSON form and nothing of sources or plans."""

from __future__ import annotations

import json
import keyword
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ._errors import schema_error, shown
from .fields import Field

if TYPE_CHECKING:
    from .decode import Decoder
    from .sources import Source

__all__ = ["Schema", "check_name"]


class Schema:
    """The columns that a plan reads: `Schema(status=Int16(ge=100, le=599), ...)`. Immutable;
    columns keep this order.

    Raises SchemaError for a name that is no identifier and for a value that is no field type."""

    __slots__ = ("_decoders", "_fields")
    _fields: Mapping[str, Field]
    _decoders: dict[int, Decoder]

    def __init__(self, /, **fields: Field) -> None:
        for name, field in fields.items():
            check_name(name, f"Schema({name}=)")
            if not isinstance(field, Field):
                is_class = isinstance(field, type) and issubclass(field, Field)
                raise schema_error(
                    f"Schema({name}=)",
                    argument=name,
                    expected="a field type such as String()",
                    got=f"the class {field.__name__}" if is_class else shown(field),
                    hint=f"write {field.__name__}()" if is_class else None,
                )
        if not fields:
            raise schema_error(
                "Schema()", argument="fields", expected="at least one field", got="none"
            )
        object.__setattr__(self, "_fields", MappingProxyType(dict(fields)))
        object.__setattr__(self, "_decoders", {})

    @classmethod
    def from_dataclass(cls, dataclass: type, /) -> Schema:
        """The schema that a dataclass's annotations spell: `status: Annotated[int, Int16(ge=100)]`
        says the field, plain `int`, `float`, `str`, `bool` and `datetime` stand for Int64, Float64,
        String, Bool and Timestamp("iso8601"), a Literal of texts for a Category; `X | None` is
        nullable. Raises SchemaError for any other annotation.
        """
        from .annotations import fields_of

        return cls(**fields_of(dataclass))

    def decode(self, line: bytes | str, *, source: Source) -> dict[str, Any]:
        """One record as a dict of Python values: `schema.decode(line, source=ndjson())`. Raises
        RecordError, whose `.errors` has one entry for each field that is wrong.
        """
        try:
            decoder = self._decoders[id(source)]
        except KeyError:
            decoder = self._decoder_of(source)
        return decoder(line)

    def _decoder_of(self, source: Source) -> Decoder:
        """Made once for a source; a few are kept."""
        from .decode import Decoder

        if len(self._decoders) >= 16:
            self._decoders.clear()
        return self._decoders.setdefault(id(source), Decoder(self, source))

    @property
    def fields(self) -> Mapping[str, Field]:
        """Name to field, read-only, in order."""
        return self._fields

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._fields)

    def to_spec(self) -> dict[str, Any]:
        """The schema as a plan file writes it, before it is text."""
        return {name: field.to_spec() for name, field in self._fields.items()}

    def to_json(self) -> str:
        """The schema as a plan file writes it."""
        return json.dumps(self.to_spec(), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Schema:
        """The schema of that text; a mistake is named by its JSON path."""
        from .plan_file import read_json, read_schema

        return read_schema(read_json(text), "$")

    def __getitem__(self, name: str) -> Field:
        return self._fields[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Schema does not change; {name} cannot be set")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Schema does not change; {name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schema):
            return NotImplemented
        return list(self._fields.items()) == list(other._fields.items())

    def __hash__(self) -> int:
        return hash(tuple(self._fields.items()))

    def __repr__(self) -> str:
        return (
            "Schema(" + ", ".join(f"{name}={field!r}" for name, field in self._fields.items()) + ")"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return Schema.from_json, (self.to_json(),)


def check_name(name: str, where: str) -> None:
    """A column's name is an identifier, so that expressions and keywords can say it."""
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        hint = None
        if isinstance(name, str) and name:
            hint = (
                "name the column by an identifier and give the source's name with column= or path="
            )
        raise schema_error(
            where,
            argument=str(name),
            expected="a name that is an identifier",
            got=shown(name),
            hint=hint,
        )
