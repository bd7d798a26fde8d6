"""The checks that field types share: each looks at one option of a field and raises the
SchemaError that names it.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from typing import Any

from ._errors import schema_error, shown

BOUNDS = ("ge", "gt", "le", "lt")
NAMED_TIME_FORMATS = ("iso8601", "epoch_s", "epoch_ms")
TIME_DIRECTIVES = "YymbBdejaAHMSfz"

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_JSON_PATH = re.compile(r"[^.\[\]]+(\[\d+\])*(\.[^.\[\]]+(\[\d+\])*)*")


def place(field: Any, option: str) -> str:
    return f"{type(field).__name__}({option}=)"


def check(field: Any, option: str, allowed: Callable[[Any], bool], expected: str) -> None:
    value = getattr(field, option)
    if value is not None and not allowed(value):
        raise schema_error(
            place(field, option), argument=option, expected=expected, got=shown(value)
        )


def is_text(value: Any) -> bool:
    """Text that UTF-8 can hold: a lone surrogate can never equal anything in a file."""
    return isinstance(value, str) and not any(
        "\ud800" <= character <= "\udfff" for character in value
    )


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_finite(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)


def is_length(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def text(field: Any, option: str) -> None:
    check(field, option, is_text, "text")


def true_or_false(field: Any, option: str) -> None:
    value = getattr(field, option)
    if not isinstance(value, bool):
        raise schema_error(
            place(field, option), argument=option, expected="True or False", got=shown(value)
        )


def name(field: Any, option: str) -> None:
    check(
        field,
        option,
        lambda value: is_text(value) and value != "",
        "the name of a column of the source",
    )


def json_path(field: Any, option: str) -> None:
    check(
        field,
        option,
        lambda value: is_text(value) and _JSON_PATH.fullmatch(value) is not None,
        'a path such as "a.b[0]"',
    )


def values(field: Any, option: str, allowed: Callable[[Any], bool], each_expected: str) -> None:
    """A list of distinct allowed values, kept as a tuple so that the field is hashable."""
    given = getattr(field, option)
    if given is None:
        return
    if isinstance(given, (str, bytes, dict)) or not hasattr(given, "__iter__"):
        raise schema_error(
            place(field, option), argument=option, expected="a list of values", got=shown(given)
        )
    listed = tuple(sorted(given) if isinstance(given, (set, frozenset)) else given)
    if not listed:
        raise schema_error(
            place(field, option), argument=option, expected="at least one value", got="none"
        )
    for index, value in enumerate(listed):
        if not allowed(value):
            raise schema_error(
                place(field, option),
                argument=f"{option}[{index}]",
                expected=each_expected,
                got=shown(value),
            )
        if value in listed[:index]:
            raise schema_error(
                place(field, option),
                argument=f"{option}[{index}]",
                expected="each value once",
                got=f"{shown(value)} twice",
            )
    object.__setattr__(field, option, listed)


def is_time(value: Any) -> bool:
    try:
        microseconds(value)
    except (TypeError, ValueError):
        return False
    return True


def microseconds(text: str) -> int:
    """An ISO 8601 text as microseconds since 1970 in UTC."""
    time = datetime.datetime.fromisoformat(text)
    if time.tzinfo is None:
        time = time.replace(tzinfo=datetime.UTC)
    return (time - _EPOCH) // datetime.timedelta(microseconds=1)


def bounds(field: Any, number: Callable[[Any], Any] = lambda value: value) -> None:
    """Refuses two lower or two upper bounds, and bounds that leave no value. `number` says what is
    compared.
    """
    for one, other in (("ge", "gt"), ("le", "lt")):
        if getattr(field, one) is not None and getattr(field, other) is not None:
            raise schema_error(
                place(field, other), argument=other, expected=f"{one} or {other}", got="both"
            )
    low_name = "ge" if field.ge is not None else "gt"
    high_name = "le" if field.le is not None else "lt"
    low_given, high_given = getattr(field, low_name), getattr(field, high_name)
    if low_given is None or high_given is None:
        return
    low, high = number(low_given), number(high_given)
    if low > high or (low == high and (low_name, high_name) != ("ge", "le")):
        raise schema_error(
            place(field, high_name),
            argument=high_name,
            expected=f"room above {low_name}, {low_given}",
            got=str(high_given),
        )


def bounds_refusal(field: Any, value: Any) -> str | None:
    """The bound that `value` breaks, in words."""
    if field.ge is not None and not value >= field.ge:
        return f"at least {field.ge}"
    if field.gt is not None and not value > field.gt:
        return f"more than {field.gt}"
    if field.le is not None and not value <= field.le:
        return f"at most {field.le}"
    if field.lt is not None and not value < field.lt:
        return f"less than {field.lt}"
    return None


def time_format(field: Any) -> None:
    """A named format, or a strptime format whose directives make a full date."""
    format = field.format
    hint = 'a strptime format such as "%d/%b/%Y:%H:%M:%S %z", or "iso8601", "epoch_s", "epoch_ms"'
    if not isinstance(format, str) or not format:
        raise schema_error(
            place(field, "format"),
            argument="format",
            expected=hint,
            got=shown(format) if format else "none",
        )
    if format in NAMED_TIME_FORMATS:
        return
    if "%" not in format:
        raise schema_error(
            place(field, "format"), argument="format", expected=hint, got=shown(format)
        )
    seen = set()
    for directive in re.findall(r"%(.?)", format, re.DOTALL):
        if directive != "%" and (directive == "" or directive not in TIME_DIRECTIVES):
            raise schema_error(
                place(field, "format"),
                argument="format",
                expected="the directives "
                + " ".join("%" + each for each in TIME_DIRECTIVES)
                + " %%",
                got=f"%{directive} in {shown(format)}",
            )
        if directive != "%" and directive in seen:
            raise schema_error(
                place(field, "format"),
                argument="format",
                expected="each directive once",
                got=f"%{directive} twice in {shown(format)}",
            )
        seen.add(directive)
    has_year, has_month, has_day = seen & set("Yy"), seen & set("mbB"), seen & set("de")
    if not has_year or not ("j" in seen or (has_month and has_day)):
        raise schema_error(
            place(field, "format"),
            argument="format",
            expected="a full date: %Y, %m or %b, and %d",
            got=shown(format),
        )
