"""Reads the JSON text of plans, schemas and fields.

Such texts are written by hand, so every mistake is answered with one sentence that begins with
the JSON path of the place where it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from fastlane._core import ExpressionError

from ._errors import SchemaError, close_hint, schema_error, shown
from .aggregates import Aggregate, parse_aggregate
from .fields import FIELD_TYPES, Field, Timestamp
from .schema import Schema
from .sources import SOURCES, Source, source_from_spec

if TYPE_CHECKING:
    from .plan import Plan

__all__ = ["PLAN_KEYS", "read_field", "read_json", "read_plan", "read_schema", "read_source"]

T = TypeVar("T")

PLAN_KEYS = (
    "fastlane_plan",
    "comment",
    "source",
    "schema",
    "derive",
    "where",
    "group_by",
    "aggregate",
    "select",
)


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text without duplicate keys and without NaN. Raises SchemaError."""
    if not isinstance(text, (str, bytes, bytearray)):
        raise schema_error(
            "$",
            argument="text",
            expected="a JSON text",
            got=f"a value of type {type(text).__name__}",
        )
    try:
        return json.loads(text, object_pairs_hook=_object_once, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as problem:
        got = str(problem)
        if isinstance(problem, json.JSONDecodeError):
            got = f"{problem.msg} at line {problem.lineno} column {problem.colno}"
        raise schema_error("$", argument="$", expected="a JSON text", got=got) from None


def _object_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise schema_error(
                "$", argument=key, expected="each key of an object once", got=f"{key!r} twice"
            )
        found[key] = value
    return found


def _refuse_constant(name: str) -> float:
    raise schema_error("$", argument=name, expected="a JSON number", got=name)


def read_plan(spec: Any) -> Plan:
    """The plan that a plan file's value describes."""
    from .plan import PLAN_FORMAT, Plan

    _object(spec, "$", 'an object that begins with "fastlane_plan": 1')
    if "fastlane_plan" not in spec:
        raise schema_error(
            "$.fastlane_plan",
            argument="fastlane_plan",
            expected=str(PLAN_FORMAT),
            got="nothing",
            hint='a plan file begins with "fastlane_plan": 1',
        )
    version = spec["fastlane_plan"]
    if version != PLAN_FORMAT or isinstance(version, bool):
        raise schema_error(
            "$.fastlane_plan",
            argument="fastlane_plan",
            expected=str(PLAN_FORMAT),
            got=_json(version),
        )
    for key in spec:
        if key not in PLAN_KEYS:
            raise schema_error(
                _join("$", key),
                argument=key,
                expected="one of the keys " + ", ".join(PLAN_KEYS),
                got=_json(key),
                hint=close_hint(key, PLAN_KEYS),
            )
    for key in ("source", "schema"):
        if key not in spec:
            raise schema_error(_join("$", key), argument=key, expected=f"a {key}", got="nothing")
    source = read_source(spec["source"], "$.source")
    schema = read_schema(spec["schema"], "$.schema")
    for name, field in schema.fields.items():
        _at(_field_path(name, field), Plan, source, Schema(**{name: field}))
    plan = Plan(source, schema)
    if "derive" in spec:
        _object(spec["derive"], "$.derive", 'an object such as {"kib": "bytes / 1024"}')
        for name, text in spec["derive"].items():
            plan = _at_expression(_join("$.derive", name), lambda: plan.derive(**{name: text}))
    if "where" in spec:
        plan = _at_expression("$.where", lambda: plan.where(spec["where"]))
    if "group_by" in spec:
        plan = _read_names(plan.group_by, spec["group_by"], "$.group_by")
    if "select" in spec and spec["select"] is not None:
        plan = _read_names(plan.select, spec["select"], "$.select")
    if "aggregate" in spec:
        plan = _read_aggregates(plan, spec["aggregate"])
    if plan.keys and not plan.aggregates:
        raise schema_error(
            "$.aggregate",
            argument="aggregate",
            expected="an aggregate for the groups",
            got="nothing",
            hint='add "aggregate": {"n": "count()"}',
        )
    return plan


def _read_aggregates(plan: Plan, spec: Any) -> Plan:
    _object(spec, "$.aggregate", 'an object such as {"n": "count()"}')
    named: dict[str, Aggregate] = {}
    for name, text in spec.items():
        path = _join("$.aggregate", name)
        named[name] = parse_aggregate(text, path)
        _at(path, plan.aggregate, **{name: named[name]})
    return _at("$.aggregate", plan.aggregate, **named)


def read_source(spec: Any, path: str) -> Source:
    """The source that `{"apache": "combined"}` and its like describe."""
    known = ", ".join(SOURCES)
    _object(spec, path, 'an object such as {"apache": "combined"}')
    if len(spec) != 1:
        raise schema_error(
            path,
            argument="source",
            expected=f"one source ({known})",
            got=f"{len(spec)} keys" if spec else "none",
        )
    ((kind, options),) = spec.items()
    if kind not in SOURCES:
        raise schema_error(
            _join(path, kind),
            argument=kind,
            expected=f"one of the sources {known}",
            got=_json(kind),
            hint=close_hint(kind, SOURCES),
        )
    return _at(_join(path, kind), source_from_spec, kind, options)


def read_schema(spec: Any, path: str) -> Schema:
    """The schema that an object of field names and types describes."""
    _object(spec, path, 'an object such as {"status": "int16"}')
    fields = {name: read_field(each, _join(path, name)) for name, each in spec.items()}
    for name, field in fields.items():
        _at(_join(path, name), Schema, **{name: field})
    return _at(path, Schema, **fields)


def read_field(spec: Any, path: str) -> Field:
    """The field that `"int16"` or `{"int16": {"ge": 100}}` describes."""
    options: Any = {}
    type_name = spec
    if isinstance(spec, dict):
        if len(spec) != 1:
            raise schema_error(
                path,
                argument="type",
                expected="one type",
                got=f"{len(spec)} keys" if spec else "none",
                hint='write {"int16": {"ge": 100}}',
            )
        ((type_name, options),) = spec.items()
        _object(options, _join(path, type_name), "an object of options")
    elif not isinstance(spec, str):
        raise schema_error(
            path,
            argument="type",
            expected='a type such as "int16" or {"int16": {"ge": 100}}',
            got=_json(spec),
        )
    if type_name not in FIELD_TYPES:
        raise schema_error(
            path,
            argument="type",
            expected="one of the types " + ", ".join(FIELD_TYPES),
            got=_json(type_name),
            hint=close_hint(type_name, FIELD_TYPES),
        )
    cls = FIELD_TYPES[type_name]
    inside = _join(path, type_name)
    for name, value in options.items():
        known = cls.option_names()
        if name not in known:
            raise schema_error(
                _join(inside, name),
                argument=name,
                expected="one of the options " + ", ".join(known),
                got=_json(name),
                hint=close_hint(name, known),
            )
        if value is None:
            raise schema_error(
                _join(inside, name),
                argument=name,
                expected="a value",
                got="null",
                hint="leave the option out",
            )
    if cls is Timestamp and "format" not in options:
        return _at(inside, cls)
    return _at(inside, cls, **options)


def _at(path: str, make: Callable[..., T], /, *args: Any, **named: Any) -> T:
    """Calls `make`; an error of it is said again as an error at `path`, or at the option below it
    that is wrong.
    """
    try:
        return make(*args, **named)
    except SchemaError as error:
        option = str(error.argument).partition("[")
        inside = path
        if isinstance(make, type) and issubclass(make, Field) and option[0] in make.option_names():
            inside = _join(path, option[0]) + "".join(option[1:])
        raise schema_error(
            inside,
            argument=str(error.argument),
            expected=str(error.expected),
            got=str(error.got),
            hint=error.hint,
        ) from None


def _at_expression(path: str, step: Callable[[], Plan]) -> Plan:
    """The plan after a step; what is wrong with an expression is said at its path."""
    try:
        return _at(path, step)
    except ExpressionError as error:
        raise schema_error(
            path, argument="expression", expected="an expression", got=str(error)
        ) from None


def _field_path(name: str, field: Field) -> str:
    path = _join("$.schema", name)
    if field.path is not None or field.column is not None:
        path = _join(path, field.type_name) + (".path" if field.path is not None else ".column")
    return path


def _read_names(step: Callable[..., Plan], value: Any, path: str) -> Plan:
    """The plan after a step that takes column names; an error of one name is at its index."""
    if not isinstance(value, list):
        raise schema_error(path, argument=path, expected="a list of column names", got=_json(value))
    for index, name in enumerate(value):
        if not isinstance(name, str):
            raise schema_error(
                f"{path}[{index}]", argument=path, expected="a column's name", got=_json(name)
            )
    try:
        return step(*value)
    except SchemaError as error:
        place = path
        if error.argument in value:
            last = len(value) - 1 - value[::-1].index(error.argument)
            place = f"{path}[{last}]"
        raise schema_error(
            place,
            argument=str(error.argument),
            expected=str(error.expected),
            got=str(error.got),
            hint=error.hint,
        ) from None


def _object(value: Any, path: str, expected: str) -> None:
    if not isinstance(value, dict):
        raise schema_error(path, argument=path, expected=expected, got=_json(value))


def _join(path: str, key: object) -> str:
    """`$.a` and `b` make `$.a.b`; a key that is no identifier stands in brackets."""
    text = str(key)
    return f"{path}.{text}" if text.isidentifier() else f"{path}[{json.dumps(text)}]"


def _json(value: Any) -> str:
    """A value as the file's author wrote it, cut to fit a sentence."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else shown(text)
