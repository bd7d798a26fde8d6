"""What all field types share: frozen values whose constructor names a wrong option."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, dataclass_transform

from . import _options as options
from ._errors import close_hint, schema_error, shown

F = TypeVar("F", bound="type[Field]")


@dataclass_transform(kw_only_default=True, frozen_default=True)
def field_type(cls: F) -> F:
    """A frozen keyword-only dataclass whose constructor names a wrong option in one sentence."""
    made = dataclasses.dataclass(frozen=True, kw_only=True, repr=False)(cls)
    made.__init__ = _naming_wrong_options(made.__init__)  # type: ignore[method-assign]
    return made  # type: ignore[return-value]


def _naming_wrong_options(init: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(init)
    def checked(self: Field, *args: Any, **given: Any) -> None:
        known = self.option_names()
        for name in given:
            if name not in known:
                raise _unknown_option(type(self), name)
        if len(args) > len(self.positional):
            takes = (
                "only options by name"
                if not self.positional
                else f"one value ({self.positional[0]})"
            )
            raise schema_error(
                type(self).__name__,
                argument="args",
                expected=takes,
                got=shown(args[-1]),
                hint="write the option's name, as in ge=0",
            )
        init(self, *args, **given)

    return checked


def _unknown_option(cls: type[Field], name: str) -> Exception:
    known = cls.option_names()
    return schema_error(
        cls.__name__,
        argument=name,
        expected="one of the options " + ", ".join(known),
        got=repr(name),
        hint=close_hint(name, known),
    )


@field_type
class Field:
    """What every field type takes: `null` (the text that stands for null), `nullable`, `default`
    (for a null or missing value), `column` (the source's name for it) and `path` (where it is in
    nested JSON).
    """

    type_name: ClassVar[str] = ""
    positional: ClassVar[tuple[str, ...]] = ()

    null: str | None = None
    nullable: bool = False
    default: Any = None
    column: str | None = None
    path: str | None = None

    def __post_init__(self) -> None:
        options.text(self, "null")
        options.true_or_false(self, "nullable")
        options.name(self, "column")
        options.json_path(self, "path")
        self._check_options()
        if self.default is not None:
            expected = self._refusal(self.default)
            if expected is not None:
                raise schema_error(
                    options.place(self, "default"),
                    argument="default",
                    expected=expected,
                    got=shown(self.default),
                )

    def _check_options(self) -> None:
        """Checks of one type's own options."""

    def _refusal(self, value: Any) -> str | None:
        """What was expected instead of `value` as a value of this field, or None when it is
        allowed.
        """
        raise NotImplementedError

    def default_text(self) -> str:
        """The default as it would stand in a log."""
        return str(self.default)

    @classmethod
    def option_names(cls) -> tuple[str, ...]:
        return tuple(each.name for each in dataclasses.fields(cls))

    @property
    def takes_null(self) -> bool:
        """Whether a null value is no error: it is kept as null or replaced by the default."""
        return self.nullable or self.null is not None or self.default is not None

    def given_options(self) -> dict[str, Any]:
        """The options that differ from their defaults, by name."""
        given = {}
        for each in dataclasses.fields(self):
            value = getattr(self, each.name)
            if value != each.default or type(value) is not type(each.default):
                given[each.name] = value
        return given

    def to_spec(self) -> str | dict[str, Any]:
        """The field as a plan file writes it."""
        given = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.given_options().items()
        }
        return {self.type_name: given} if given else self.type_name

    def __repr__(self) -> str:
        given = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.given_options().items()
        }
        parts = [repr(given.pop(name)) for name in self.positional if name in given]
        parts += [f"{name}={value!r}" for name, value in given.items()]
        return f"{type(self).__name__}({', '.join(parts)})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _field_from_text, (json.dumps(self.to_spec(), separators=(",", ":")),)


def _field_from_text(text: str) -> Field:
    from .plan_file import read_field

    return read_field(json.loads(text), "$")
