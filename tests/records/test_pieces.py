"""A small file of every source: every prefix of it, and every split into two chunks; and any number
of threads gives the same bytes.
"""

from __future__ import annotations

import gzip
import pickle
import random
from typing import Any

import pytest

from fastlane import DecodeError, SchemaError
from fastlane import records as fr
from fastlane.records import Plan
from records import logs
from records.compare import assert_invariants

LOG = logs.access_log(3, seed=2)[:500]
JSON = (
    b'\xef\xbb\xbf{"a": 1, "b": "x\\u00e9"}\r\n\n{"a": 2, "b": "\xc3\xa9"}\n'
    b'{"b": 3}\n{"a": 4, "b": "'
)
TABLE = b'b,a\n"x,\n""y""",1\r\n\n"open,2\n\xe4,3\n"z",4'
PLANS: dict[str, tuple[Plan, bytes]] = {
    "log": (
        Plan(
            fr.apache("combined"),
            fr.Schema(host=fr.String(), status=fr.Int16(), path=fr.String()),
        ),
        LOG,
    ),
    "ndjson": (Plan(fr.ndjson(), fr.Schema(a=fr.Int8(), b=fr.String())), JSON),
    "csv": (Plan(fr.csv(header=False), fr.Schema(b=fr.String(), a=fr.String())), TABLE),
    "csv with a header": (Plan(fr.csv(), fr.Schema(a=fr.Int8(), b=fr.String())), TABLE),
}


@pytest.mark.parametrize("name", PLANS)
def test_every_prefix(name: str) -> None:
    """No prefix loses a row: those that are whole in it are those of the whole text."""
    plan, text = PLANS[name]
    for size in range(3 if plan.source == fr.csv() else 0, len(text) + 1):
        result = plan.run(text[:size])
        assert_invariants(result)
        lines = text[:size].replace(b"\xef\xbb\xbf", b"").splitlines()
        assert result.rows_in + result.rows_blank <= len(lines)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", PLANS)
def test_every_split(name: str, packed: bool) -> None:
    plan, text = PLANS[name]
    whole = plan.run([text])
    given = gzip.compress(text) if packed else text
    for at in range(len(given) + 1):
        result = plan.run(iter([given[:at], given[at:]]))
        assert result == whole
        assert list(result.errors) == list(whole.errors)
    assert plan.run(iter([given[at : at + 1] for at in range(len(given))])) == whole


def test_every_prefix_of_a_packed_file() -> None:
    plan, text = PLANS["ndjson"]
    packed = gzip.compress(text)
    whole = plan.run(text)
    for size in range(3, len(packed)):
        with pytest.raises(DecodeError) as caught:
            plan.run(packed[:size])
        partial = caught.value.partial
        assert_invariants(partial)
        assert partial.rows_in <= whole.rows_in


def outcome_of(plan: Plan, given: Any) -> tuple[str, bytes, list[Any]]:
    """What is wrong with the input, and all that was made of the rows before."""
    try:
        result, said = plan.run(given), ""
    except DecodeError as error:
        result, said = error.partial, str(error)
    except SchemaError as error:  # the damage is in the header
        return str(error), b"", []
    assert_invariants(result)
    return said, bytes_of(result), list(result.errors)


@pytest.mark.parametrize("name", PLANS)
def test_damage_anywhere_whatever_the_pieces(name: str) -> None:
    """How many rows count does not depend on the pieces in which a damaged file comes."""
    plan, text = PLANS[name]
    head = text.partition(b"\n")[0] + b"\n" if plan.source == fr.csv() else b""
    draw = random.Random(name)
    rows = b"".join(b"%s\n" % text.replace(b"1", b"%d" % draw.randrange(10**6)) for _ in range(300))
    packed = gzip.compress(head + rows, 6)
    for at in sorted({*range(10, 60), *draw.sample(range(len(packed)), 60)}):
        flipped = bytearray(packed)
        flipped[at] ^= 1 << draw.randrange(8)
        damaged = bytes(flipped[: draw.choice([len(packed), at + 1])])
        whole = outcome_of(plan, damaged)
        for size in (1, 7, 100, 4096):
            chunks = [damaged[i : i + size] for i in range(0, len(damaged), size)]
            assert outcome_of(plan, iter(chunks)) == whole, (at, size)


def bytes_of(result: fr.Result) -> bytes:
    """All arrays and counts, without the times that it took."""
    parts: dict[str, Any] = {**result.parts, "metrics": None}
    return pickle.dumps(parts, 5)


@pytest.mark.parametrize("name", PLANS)
def test_threads_change_no_byte(name: str) -> None:
    plan, text = PLANS[name]
    head, body = b"", text.rpartition(b"\n")[0] + b"\n"
    if plan.source == fr.csv():
        head, _, body = text.partition(b"\n")
        head += b"\n"
    large = head + (body + b"\n") * (6_000_000 // len(body))
    grouped = plan.group_by(list(plan.schema)[0]).aggregate(
        n=fr.count(), last=fr.last(list(plan.schema)[1])
    )
    for each in (plan, grouped):
        one = bytes_of(each.run(large, threads=1))
        assert bytes_of(each.run(large, threads=2)) == one
        assert bytes_of(each.run(large, threads=7)) == one
