"""NDJSON: a line is good exactly when json.loads takes it, and the values are what it gives."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlane import records as fr
from fastlane.records import Plan, Result
from fastlane.records.program import make_program
from records import source_reference
from records.compare import DATA, assert_same

SCHEMA = fr.Schema(
    host=fr.String(max_length=20),
    kind=fr.Category(nullable=True),
    whole=fr.Int64(),
    size=fr.UInt8(nullable=True, null="-"),
    share=fr.Float64(allow_nan=True, default=0.5),
    flag=fr.Bool(nullable=True),
    at=fr.Timestamp("iso8601", nullable=True),
    seconds=fr.Timestamp("epoch_s", nullable=True),
    deep=fr.Int32(path="up.stream[1].n", nullable=True),
    other=fr.String(path="up.name", default="none"),
)
PLAN = Plan(fr.ndjson(), SCHEMA)

# Texts at the edges of the grammar, each as a whole line; what they are worth is for json.loads.
CORNERS = [
    "{}", "{ }", " {} ", "\t{}\t", "[]", "1", '"s"', "null", "true", "", " ", "{", "}", "{]", "[}",
    '{"a"}', '{"a":}', '{"a":1,}', '{"a":1 "b":2}', '{,}', "{'a':1}", '{a:1}', '{"a":1}}', '{"a":1}{}',
    '{"a":1}x', '{"a":01}', '{"a":-01}', '{"a":-}', '{"a":+1}', '{"a":1.}', '{"a":.5}', '{"a":1.5e}',
    '{"a":1e5}', '{"a":1E+5}', '{"a":1e-}', '{"a":-0}', '{"a":-0.0}', '{"a":0x10}', '{"a":1_0}',
    '{"a":NaN}', '{"a":Infinity}', '{"a":-Infinity}', '{"a":nan}', '{"a":-NaN}', '{"a":Inf}',
    '{"a":True}', '{"a":tru}', '{"a":nul}', '{"a":nullx}', '{"a":truefalse}',
    '{"a":"\\u00e9"}', '{"a":"\\u00E9"}', '{"a":"\\u00g0"}', '{"a":"\\u12"}', '{"a":"\\ud83d\\ude00"}',
    '{"a":"\\ud83d"}', '{"a":"\\ude00\\ud83d"}', '{"a":"\\ud83dx"}', '{"a":"\\ud83d\\u0041"}',
    '{"a":"\\x41"}', '{"a":"\\a"}', '{"a":"\\"}', '{"a":"\\\\"}', '{"a":"\\/\\b\\f\\n\\r\\t"}',
    '{"a":"\x7f"}', '{"a":"\x01"}', '{"a":"\t"}', '{"a":"unclosed', '{"a":"x" "y"}', '{"a":[1,2,]}',
    '{"a":[,1]}', '{"a":[1 2]}', '{"a":[1}', '{"a":{"b":1]}', '{"a":[[[[]]]]}', '{"a":{"b":{"c":{}}}}',
    '{"\\u0061":1}', '{"a":1,"a":2}', '{"a":1,"\\u0061":"x"}', '{"a":{"b":1},"a":{}}', '{"":1}',
    '{"a\\u0000b":1}', '{"a":1, "b":2 , "c" : 3}', '{"a":123456789012345678901234567890}',
    '{"a":1e400}', '{"a":-1e400}', '{"a":1e-400}', '{"a":"\xe9"}', '{"\xe9":1}', '{"a":"\u2028"}',
    '{"a":' + "[" * 500 + "]" * 500 + "}", '{"a":' + '{"b":' * 300 + "1" + "}" * 300 + "}",
    '{"a":1}\x00', '{"a":\x0b1}', '{"a":\u00a01}', '{"a":1}\r', '{"a":1\r}', '\ufeff{"a":1}',
    '{"a":"' + "x" * 100 + '"}', '{"a":"' + "\\\\" * 50 + '"}', '{"' + "k" * 70 + '":1}',
]  # fmt: skip


def check(plan: Plan, data: bytes, **options: Any) -> Result:
    """Runs the plan with the engine and with the reference; the result, once the two agree."""
    result = plan.run(data, max_errors=10**6, **options)
    wanted = source_reference.run(data, make_program(plan), **options)
    wanted["rows_blank"] = result.rows_blank
    assert_same(result, wanted)
    return result


def judged(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("field", [fr.Int64(), fr.Float64(allow_nan=True), fr.String(), fr.Bool()])
def test_corners(field: fr.Field) -> None:
    plan = Plan(fr.ndjson(), fr.Schema(a=field))
    lines = [each for each in CORNERS if each]
    for line in lines:
        # A byte-order mark at the start of an input is no part of it.
        result = check(plan, b"\n" + line.encode())
        syntax = result.error_counts.get((None, "syntax"), 0)
        assert (syntax == 0) == judged(line), line
    check(plan, b"".join(line.encode() + b"\n" for line in ["{}", *lines]))


def test_a_shape_that_was_learned_takes_nothing_more() -> None:
    plan = Plan(fr.ndjson(), fr.Schema(a=fr.Int64(nullable=True), s=fr.String(nullable=True)))
    for line in CORNERS:
        if line.startswith('{"a":1') and judged(line):
            for other in CORNERS:
                check(plan, "\n".join([line, line, line, other, line]).encode())


def value_of(choose: random.Random, name: str) -> Any:
    good: dict[str, list[Any]] = {
        "host": ["a", "a-longer-host.net", 'q"uote', "back\\slash", "na\xefve\n"],
        "kind": ["GET", "PUT", None],
        "whole": [0, -1, 2**63 - 1, 17],
        "size": [0, 255, None, "-"],
        "share": [0.1, 1e22, -3.5e-7, 1, float("nan"), float("-inf"), None],
        "flag": [True, False, None],
        "at": ["2024-02-29T12:00:00Z", None],
        "seconds": [0, 1431857103.25, None],
        "up": [{"stream": [0, {"n": 5}], "name": "x"}, {"name": "y", "more": [1, {"z": []}]}, None, 3],
        "unused": [1, "text", [1, 2, {"a": None}], {"whole": 5}],
    }
    bad = ["", "32768", 1.5, 2**70, -1, [], {}, "z" * 21, True, "2023-02-30"]
    return choose.choice(bad if choose.random() < 0.02 else good[name])


def random_lines(seed: int, count: int, shuffled: bool) -> list[bytes]:
    choose = random.Random(seed)
    names = ["host", "kind", "whole", "size", "share", "flag", "at", "seconds", "up", "unused"]
    lines = []
    for _ in range(count):
        if shuffled:
            choose.shuffle(names)
        kept = [name for name in names if choose.random() > 0.02]
        line = json.dumps(
            {name: value_of(choose, name) for name in kept},
            ensure_ascii=choose.random() < 0.5,
            separators=(", ", ": ") if shuffled and choose.random() < 0.5 else (",", ":"),
        ).encode()
        if choose.random() < 0.03:
            place = choose.randrange(len(line))
            new = choose.choice([b"", b'"', b"\\", b",", b"{", b"\xff", b"0", b" ", b"\t"])
            line = line[:place] + new + line[place + choose.randrange(2) :]
        lines.append(line + choose.choice([b"", b"", b"\r", b" "]))
    return lines


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("shuffled", [False, True])
def test_random_lines(seed: int, shuffled: bool) -> None:
    data = b"\n".join(random_lines(seed, 1500, shuffled))
    result = check(PLAN, data)
    assert result.rows_bad > 20
    assert result.rows_ok > 500


@given(st.lists(st.sampled_from(list(b'{}[]",:\\u0a1e.- tn\r') + [0xC3, 0xA9]), max_size=24))
@settings(max_examples=1000, deadline=None)
def test_any_bytes(content: list[int]) -> None:
    plan = Plan(fr.ndjson(), fr.Schema(a=fr.Int64(nullable=True)))
    line = bytes(content)
    check(plan, line)
    check(plan, b'{"a":1}\n{"a":' + line + b"}\n")


def test_the_same_from_every_kind_of_input(tmp_path: Path) -> None:
    lines = random_lines(3, 9000, False) + random_lines(4, 9000, True)
    data = b"\n".join(lines)
    whole = PLAN.run(data, threads=1)
    path = tmp_path / "lines.gz"
    path.write_bytes(gzip.compress(data, 1))
    for threads in (1, 2, 7):
        assert PLAN.run(path, threads=threads) == whole
        assert PLAN.run(data, threads=threads) == whole
    assert PLAN.run(data[at : at + 997] for at in range(0, len(data), 997)) == whole


def test_the_real_log() -> None:
    path = DATA / "logs" / "nginx_plus.ndjson"
    if not path.exists():
        pytest.skip(f"there is no {path}")
    first = json.loads(path.open("rb").readline())
    types = {str: fr.String(nullable=True), int: fr.Int64(nullable=True), float: fr.Float64(nullable=True)}
    fields = {
        f"f{index}": type(types[type(value)])(nullable=True, column=key)
        for index, (key, value) in enumerate(first.items())
        if type(value) in types
    }
    check(Plan(fr.ndjson(), fr.Schema(**fields)), path.read_bytes())
