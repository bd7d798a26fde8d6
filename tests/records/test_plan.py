"""Plans as values: the builder, its checks, the text forms, and the mistakes of a plan file by
their JSON path.
"""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import fastlane
from fastlane import records as fr
from fastlane.records import *
from records.compare import PLANS

SCHEMA = fr.Schema(
    host=fr.String(max_length=255),
    time=fr.Timestamp("%d/%b/%Y:%H:%M:%S %z"),
    method=fr.Category(one_of=["GET", "HEAD", "POST"]),
    status=fr.Int16(ge=100, le=599),
    bytes=fr.Int64(ge=0, null="-"),
)
PLAIN = fr.Plan(fr.apache("combined"), SCHEMA)
GROUPED = PLAIN.group_by("method", "status").aggregate(
    n=fr.count(),
    total=fr.sum("bytes"),
    worst=fr.max("bytes"),
    least=fr.min("time"),
    mean=fr.mean("bytes"),
)
SELECTED = PLAIN.select("status", "host")
NGINX = fr.Plan(fr.nginx("combined"), fr.Schema(remote_addr=fr.String(), path=fr.String()))


@pytest.mark.parametrize(
    "plan", [PLAIN, GROUPED, SELECTED, NGINX], ids=["plain", "grouped", "selected", "nginx"]
)
def test_a_plan_survives_every_text_form(plan: fr.Plan) -> None:
    assert fr.Plan.from_json(plan.to_json()) == plan
    assert fr.Plan.from_json(plan.to_json().encode()) == plan
    assert eval(repr(plan)) == plan
    assert copy.deepcopy(plan) == plan
    assert hash(copy.copy(plan)) == hash(plan)
    text = pickle.dumps(plan)
    assert pickle.loads(text) == plan
    assert len(text) < 2048


def test_the_text_of_a_plan_is_the_documented_one() -> None:
    text = """
        {"fastlane_plan": 1,
         "source": {"apache": "combined"},
         "schema": {"host": "string", "method": {"category": {"one_of": ["GET", "HEAD", "POST"]}},
                    "status": {"int16": {"ge": 100, "le": 599}},
                    "bytes": {"int64": {"ge": 0, "null": "-"}}},
         "group_by": ["method", "status"],
         "aggregate": {"n": "count()", "total": "sum(bytes)", "mean": " mean ( bytes ) "}}"""
    plan = fr.Plan.from_json(text)
    schema = fr.Schema(
        host=fr.String(),
        method=fr.Category(one_of=["GET", "HEAD", "POST"]),
        status=fr.Int16(ge=100, le=599),
        bytes=fr.Int64(ge=0, null="-"),
    )
    assert plan == fr.Plan(fr.apache("combined"), schema).group_by("method", "status").aggregate(
        n=fr.count(), total=fr.sum("bytes"), mean=fr.mean("bytes")
    )
    spec = json.loads(plan.to_json())
    assert list(spec) == ["fastlane_plan", "source", "schema", "group_by", "aggregate"]
    assert spec["schema"] == json.loads(text)["schema"]
    assert spec["aggregate"] == {"n": "count()", "total": "sum(bytes)", "mean": "mean(bytes)"}


def test_the_plan_of_the_documentation_is_read() -> None:
    plan = fr.Plan.from_json((PLANS / "access.json").read_text())
    assert plan.keys == ("method", "status")
    assert list(plan.aggregates) == ["n", "total", "worst", "mean"]


def test_each_step_leaves_the_plan_before_as_it_was() -> None:
    before = PLAIN.to_json()
    PLAIN.group_by("status").aggregate(n=fr.count())
    PLAIN.select("host")
    assert PLAIN.to_json() == before
    with pytest.raises(AttributeError):
        PLAIN.source = None  # type: ignore[misc, assignment]


def test_a_step_said_again_replaces_what_it_said() -> None:
    twice = GROUPED.group_by("status").aggregate(n=fr.count())
    assert twice.keys == ("status",) and list(twice.aggregates) == ["n"]
    assert SELECTED.select("time").selected == ("time",)


def test_the_order_of_columns_makes_a_difference() -> None:
    assert PLAIN.select("host", "time") != PLAIN.select("time", "host")
    one, other = (
        PLAIN.aggregate(a=fr.count(), b=fr.sum("bytes")),
        PLAIN.aggregate(b=fr.sum("bytes"), a=fr.count()),
    )
    assert one != other
    assert PLAIN != "plan"


@pytest.mark.parametrize(
    ("make", "argument", "said"),
    [
        (lambda: fr.Plan("combined", SCHEMA), "source", 'a source such as apache("combined")'),
        (lambda: fr.Plan(fr.apache("combined"), {}), "schema", "a Schema"),
        (
            lambda: fr.Plan(fr.apache("common"), fr.Schema(referer=fr.String())),
            "referer",
            "there is host, ident",
        ),
        (
            lambda: fr.Plan(fr.apache("combined"), fr.Schema(referrer=fr.String())),
            "referrer",
            "did you mean referer?",
        ),
        (
            lambda: fr.Plan(fr.apache("common"), fr.Schema(a=fr.String(column="hots"))),
            "a",
            "did you mean host?",
        ),
        (
            lambda: fr.Plan(fr.apache("common"), fr.Schema(host=fr.String(path="a.b"))),
            "host",
            "belongs to nested JSON",
        ),
        (lambda: PLAIN.group_by("stauts"), "stauts", "did you mean status?"),
        (lambda: PLAIN.group_by("status", "status"), "status", "each column once"),
        (lambda: PLAIN.group_by(["status"]), "['status']", "a column of the schema"),
        (lambda: PLAIN.select("referer"), "referer", "there is host, time, method, status, bytes"),
        (lambda: PLAIN.select(), "names", "at least one column"),
        (lambda: GROUPED.select("host"), "names", "a plan without group_by and aggregate"),
        (lambda: SELECTED.aggregate(n=fr.count()), "named", "a plan without select"),
        (lambda: PLAIN.aggregate(), "named", "at least one aggregate"),
        (lambda: PLAIN.aggregate(n=fr.count), "n", "an aggregate such as count()"),
        (lambda: PLAIN.aggregate(n="count()"), "n", "an aggregate such as count()"),
        (lambda: PLAIN.aggregate(x=fr.sum("byte")), "byte", "did you mean bytes?"),
        (lambda: PLAIN.aggregate(x=fr.sum("host")), "host", "a numeric column in sum()"),
        (lambda: PLAIN.aggregate(x=fr.mean("time")), "time", "a numeric column in mean()"),
        (
            lambda: PLAIN.aggregate(x=fr.max("method")),
            "method",
            "a numeric or Timestamp column in max()",
        ),
        (lambda: GROUPED.aggregate(status=fr.count()), "status", "as a key and as an aggregate"),
        (
            lambda: PLAIN.aggregate(status=fr.count()).group_by("status"),
            "status",
            "as a key and as an aggregate",
        ),
        (lambda: PLAIN.aggregate(**{"a b": fr.count()}), "a b", "a name that is an identifier"),
        (lambda: fr.sum(3), "column", "the name of a column"),
        (lambda: PLAIN.group_by("status").run(b""), "plan", "add .aggregate(n=count())"),
    ],
)
def test_a_wrong_step_is_named(make: Callable[[], Any], argument: str, said: str) -> None:
    with pytest.raises(fastlane.SchemaError) as caught:
        make()
    assert caught.value.argument == argument
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def changed(change: Callable[[dict[str, Any]], Any]) -> str:
    spec = json.loads(GROUPED.to_json())
    change(spec)
    return json.dumps(spec)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda spec: spec["schema"]["status"]["int16"].update(ge="100"),
            "$.schema.status.int16.ge: expected a whole number in -32768..32767, got '100'",
        ),
        (
            lambda spec: spec["schema"]["status"]["int16"].update(gee=100),
            "$.schema.status.int16.gee: expected one of the options",
        ),
        (
            lambda spec: spec["schema"]["status"]["int16"].update(ge=None),
            "$.schema.status.int16.ge: expected a value, got null",
        ),
        (
            lambda spec: spec["schema"]["status"]["int16"].update(le=50),
            "$.schema.status.int16.le: expected room above ge, 100",
        ),
        (
            lambda spec: spec["schema"].update(status="int17"),
            "$.schema.status: expected one of the types",
        ),
        (
            lambda spec: spec["schema"].update(status={"int16": {}, "a": 1}),
            "$.schema.status: expected one type, got 2 keys",
        ),
        (
            lambda spec: spec["schema"].update(status={"int16": 5}),
            "$.schema.status.int16: expected an object of options, got 5",
        ),
        (lambda spec: spec["schema"].update(status=16), "$.schema.status: expected a type"),
        (
            lambda spec: spec["schema"].update({"a b": "string"}),
            '$.schema["a b"]: expected a name that is an identifier',
        ),
        (
            lambda spec: spec["schema"].update(refer="string"),
            "$.schema.refer: expected a column of apache('combined')",
        ),
        (
            lambda spec: spec["schema"].update(a={"string": {"column": "hots"}}),
            "$.schema.a.string.column: expected a column",
        ),
        (
            lambda spec: spec["schema"].update(time="timestamp"),
            "$.schema.time.timestamp.format: expected a strptime format",
        ),
        (
            lambda spec: spec["schema"]["method"]["category"].update(one_of=["GET", 3]),
            "$.schema.method.category.one_of[1]: expected text, got 3",
        ),
        (lambda spec: spec.update(schema=[]), "$.schema: expected an object"),
        (lambda spec: spec.update(schema={}), "$.schema: expected at least one field"),
        (lambda spec: spec.pop("schema"), "$.schema: expected a schema, got nothing"),
        (
            lambda spec: spec.update(source={"ndjsn": {}}),
            "$.source.ndjsn: expected one of the sources apache, nginx, ndjson, csv",
        ),
        (
            lambda spec: spec.update(source={"apache": "%h %Q"}),
            "$.source.apache: expected the tokens of an Apache LogFormat",
        ),
        (
            lambda spec: spec.update(source={"apache": 3}),
            "$.source.apache: expected 'common' or 'combined'",
        ),
        (lambda spec: spec.update(source={}), "$.source: expected one source"),
        (lambda spec: spec.update(source="combined"), "$.source: expected an object"),
        (
            lambda spec: spec.update(group_by=["method", "stat"]),
            "$.group_by[1]: expected a column of the schema, got 'stat'",
        ),
        (
            lambda spec: spec.update(group_by="method"),
            "$.group_by: expected a list of column names",
        ),
        (lambda spec: spec.update(group_by=[3]), "$.group_by[0]: expected a column's name"),
        (
            lambda spec: spec.update(select=["host"]),
            "$.select: expected a plan without group_by and aggregate",
        ),
        (
            lambda spec: spec["aggregate"].update(x="medan(bytes)"),
            "$.aggregate.x: expected one of the aggregates",
        ),
        (
            lambda spec: spec["aggregate"].update(x="sum(byts)"),
            "$.aggregate.x: expected a column of the schema, got 'byts'",
        ),
        (
            lambda spec: spec["aggregate"].update(x="sum(host)"),
            "$.aggregate.x: expected a numeric column",
        ),
        (
            lambda spec: spec["aggregate"].update(x="sum()"),
            "$.aggregate.x: expected a column in sum(...)",
        ),
        (
            lambda spec: spec["aggregate"].update(x="count(bytes)"),
            "$.aggregate.x: expected count() without a column",
        ),
        (
            lambda spec: spec["aggregate"].update(x=3),
            '$.aggregate.x: expected a call such as "count()"',
        ),
        (
            lambda spec: spec["aggregate"].update(status="count()"),
            "$.aggregate.status: expected each column of the result once",
        ),
        (lambda spec: spec.pop("aggregate"), "$.aggregate: expected an aggregate for the groups"),
        (lambda spec: spec.update(wher="status != 304"), "$.wher: expected one of the keys"),
        (lambda spec: spec.pop("fastlane_plan"), "$.fastlane_plan: expected 1, got nothing"),
        (lambda spec: spec.update(fastlane_plan=2), "$.fastlane_plan: expected 1, got 2"),
        (lambda spec: spec.update(fastlane_plan=True), "$.fastlane_plan: expected 1, got true"),
    ],
)
def test_a_mistake_in_a_plan_file_is_named_by_its_path(
    change: Callable[[dict[str, Any]], Any], sentence: str
) -> None:
    with pytest.raises(fastlane.SchemaError) as caught:
        fr.Plan.from_json(changed(change))
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "at line 1 column 2"),
        ("", "a JSON text"),
        ("[]", '"fastlane_plan": 1'),
        ("[" * 100_000, "a JSON text"),
        ('{"fastlane_plan": 1, "fastlane_plan": 1}', "each key of an object once"),
        ('{"a": NaN}', "a JSON number, got NaN"),
        (b"\xff", "a JSON text"),
        (b'\xff\xfe{"a"', "a JSON text"),
        (3, "a value of type int"),
    ],
)
def test_what_is_no_plan_at_all(text: Any, said: str) -> None:
    with pytest.raises(fastlane.SchemaError) as caught:
        fr.Plan.from_json(text)
    assert str(caught.value).startswith("$: expected") and said in str(caught.value)


def test_a_keyword_that_does_not_exist_is_named() -> None:
    with pytest.raises(fastlane.ArgumentTypeError, match="did you mean threads"):
        PLAIN.run(b"", thread=2)  # type: ignore[call-arg]
    with pytest.raises(
        fastlane.ArgumentTypeError, match="a path, bytes-like, .* or a list of paths, got int"
    ):
        PLAIN.run(3)
