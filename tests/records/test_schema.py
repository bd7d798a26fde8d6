"""Field types and schemas as values: options, equality, text forms, and the sentence for every
wrong option.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

import fastlane
from fastlane import records as fr
from fastlane.records import *

GOOD = [
    fr.Bool(),
    fr.Bool(nullable=True, default=False),
    fr.Int8(ge=-1, le=1),
    fr.Int16(gt=1, lt=3),
    fr.Int32(one_of=[3, 1]),
    fr.Int64(ge=0, null="-"),
    fr.UInt8(default=0),
    fr.UInt16(),
    fr.UInt32(ge=0),
    fr.UInt64(le=2**64 - 1),
    fr.Float32(ge=0.5),
    fr.Float64(allow_nan=True, lt=1),
    fr.String(max_length=255, min_length=1),
    fr.String(one_of=("a", "b"), default="a"),
    fr.Category(starts_with="/", column="user"),
    fr.String(path="a.b[0]"),
    fr.Timestamp("iso8601"),
    fr.Timestamp("%d/%b/%Y:%H:%M:%S %z", ge="2015-01-01", default="17/May/2015:10:05:03 +0000"),
    fr.Timestamp("epoch_ms", default=5),
    fr.Timestamp("%Y-%j"),
    fr.Float64(default=0.1),
]


@pytest.mark.parametrize("field", GOOD, ids=repr)
def test_a_field_survives_every_text_form(field: fr.Field) -> None:
    assert eval(repr(field)) == field
    assert pickle.loads(pickle.dumps(field)) == field
    assert copy.deepcopy(field) == field
    assert hash(copy.copy(field)) == hash(field)
    schema = fr.Schema(column=field)
    assert fr.Schema.from_json(schema.to_json()) == schema
    assert eval(repr(schema)) == schema
    assert pickle.loads(pickle.dumps(schema)) == schema


def test_fields_of_different_types_or_options_differ() -> None:
    assert fr.Int8() != fr.Int16()
    assert fr.Int8(ge=0) != fr.Int8()
    assert fr.String() != fr.Category()
    assert len({fr.Int8(), fr.Int8(), fr.Int16()}) == 2


def test_a_set_of_values_becomes_a_sorted_tuple() -> None:
    assert fr.Category(one_of={"b", "a"}) == fr.Category(one_of=["a", "b"])
    assert fr.Category(one_of=["b", "a"]).one_of == ("b", "a")


def test_a_field_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        fr.Int8().ge = 3  # type: ignore[misc]


def test_a_field_shows_its_options_to_inspect() -> None:
    assert {"ge", "null", "one_of"} <= set(inspect.signature(fr.Int16).parameters)


WRONG: list[tuple[Any, dict[str, Any], str, str]] = [
    (fr.Int16, {"max_length": 3}, "max_length", "one of the options"),
    (fr.Int16, {"gee": 3}, "gee", "did you mean ge?"),
    (fr.Int16, {"ge": "100"}, "ge", "a whole number in -32768..32767"),
    (fr.Int16, {"ge": True}, "ge", "a whole number"),
    (fr.Int16, {"ge": 1.0}, "ge", "a whole number"),
    (fr.Int8, {"le": 300}, "le", "-128..127"),
    (fr.UInt8, {"ge": -1}, "ge", "0..255"),
    (fr.Int8, {"ge": 3, "gt": 3}, "gt", "ge or gt"),
    (fr.Int8, {"ge": 3, "le": 2}, "le", "room above ge, 3"),
    (fr.Int8, {"ge": 3, "lt": 3}, "lt", "room above ge, 3"),
    (fr.Int8, {"one_of": []}, "one_of", "at least one value"),
    (fr.Int8, {"one_of": [1, 1]}, "one_of[1]", "each value once"),
    (fr.Int8, {"one_of": [1, "2"]}, "one_of[1]", "a whole number"),
    (fr.Int8, {"one_of": "12"}, "one_of", "a list of values"),
    (fr.Int8, {"default": 300}, "default", "a whole number in -128..127"),
    (fr.Int8, {"default": 5, "le": 4}, "default", "at most 4"),
    (fr.Float64, {"ge": float("nan")}, "ge", "a finite number"),
    (fr.Float64, {"default": float("inf")}, "default", "a finite number"),
    (fr.Float64, {"one_of": [1.5]}, "one_of", "one of the options"),
    (fr.Float64, {"allow_nan": 1}, "allow_nan", "True or False"),
    (fr.String, {"max_length": -1}, "max_length", "0 or more"),
    (fr.String, {"max_length": 3, "min_length": 4}, "min_length", "at most max_length, 3"),
    (fr.String, {"starts_with": b"/"}, "starts_with", "text"),
    (fr.String, {"null": 3}, "null", "text"),
    (fr.String, {"null": "\ud800"}, "null", "text"),
    (fr.String, {"nullable": None}, "nullable", "True or False"),
    (fr.String, {"column": ""}, "column", "the name of a column"),
    (fr.String, {"path": "a..b"}, "path", 'a path such as "a.b[0]"'),
    (fr.String, {"default": "abc", "max_length": 2}, "default", "at most 2 characters"),
    (fr.Category, {"one_of": ["a"], "default": "b"}, "default", "one of ['a']"),
    (fr.Bool, {"default": 1}, "default", "True or False"),
    (fr.Timestamp, {}, "format", "a strptime format such as"),
    (fr.Timestamp, {"format": "iso"}, "format", "a strptime format such as"),
    (fr.Timestamp, {"format": "%Q"}, "format", "the directives"),
    (fr.Timestamp, {"format": "%d/%b/%Y %"}, "format", "the directives"),
    (fr.Timestamp, {"format": "%H:%M"}, "format", "a full date"),
    (fr.Timestamp, {"format": "%Y%m%d%d"}, "format", "each directive once"),
    (fr.Timestamp, {"format": "iso8601", "ge": "yesterday"}, "ge", "an ISO 8601 time"),
    (
        fr.Timestamp,
        {"format": "iso8601", "ge": "2016-01-01", "lt": "2015-01-01"},
        "lt",
        "room above ge, 2016-01-01",
    ),
]


@pytest.mark.parametrize(("cls", "options", "argument", "said"), WRONG)
def test_a_wrong_option_is_named_in_one_sentence(
    cls: Any, options: dict[str, Any], argument: str, said: str
) -> None:
    with pytest.raises(fastlane.SchemaError) as caught:
        cls(**options)
    error = caught.value
    assert isinstance(error, fastlane.FastlaneError) and isinstance(error, ValueError)
    assert error.argument == argument
    assert said in str(error)
    assert error.expected and error.expected in str(error)
    assert error.got and error.got in str(error)
    assert str(error).startswith(cls.__name__)
    assert "\n" not in str(error)


def test_options_are_given_by_name() -> None:
    with pytest.raises(fastlane.SchemaError, match="write the option's name"):
        fr.Int16(3)  # type: ignore[misc]


def test_a_schema_keeps_order_and_is_a_mapping_of_names() -> None:
    schema = fr.Schema(b=fr.Int8(), a=fr.String())
    assert (
        list(schema) == ["b", "a"]
        and len(schema) == 2
        and "a" in schema
        and schema["b"] == fr.Int8()
    )
    assert schema != fr.Schema(a=fr.String(), b=fr.Int8())
    assert schema == fr.Schema(b=fr.Int8(), a=fr.String())
    assert schema != "schema"
    with pytest.raises(AttributeError):
        schema.names = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        schema.fields["c"] = fr.Int8()  # type: ignore[index]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "at least one field"),
        ({"a": fr.String}, "write String()"),
        ({"a": "string"}, "a field type such as String()"),
        ({"a b": fr.String()}, "a name that is an identifier"),
        ({"class": fr.String()}, "a name that is an identifier"),
    ],
)
def test_a_wrong_schema_is_named(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(fastlane.SchemaError, match="expected") as caught:
        fr.Schema(**fields)
    assert said in str(caught.value)


def test_a_field_may_be_called_self_or_fields() -> None:
    assert fr.Schema(self=fr.Int8(), fields=fr.Int8(), cls=fr.Int8()).names == (
        "self",
        "fields",
        "cls",
    )
