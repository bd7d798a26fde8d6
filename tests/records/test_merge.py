"""Two results joined are the result of both inputs."""

from __future__ import annotations

import contextlib
import os
import pickle
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlane import ArgumentValueError, SchemaError, _core
from fastlane import records as fr
from fastlane.records import Plan, Result

CASES = int(os.environ.get("FASTLANE_CASES", "30"))
ROWS = [b"a,1,2.5,x\nb,,1.5,\nb,-3,,y\nbad\n", b"c,7,0.5,z\na,5,,y\nb,2,1e9,x\n", b"", b"a,,,\n"]
SCHEMA = fr.Schema(
    s=fr.String(),
    i=fr.Int32(nullable=True),
    x=fr.Float64(nullable=True),
    k=fr.Category(nullable=True),
)
PLAN = Plan(fr.csv(header=False), SCHEMA)
GROUPED = PLAN.group_by("s").aggregate(
    n=fr.count(),
    total=fr.sum("i"),
    reals=fr.sum("x"),
    least=fr.min("x"),
    most=fr.max("i"),
    some=fr.any("i"),
    every=fr.all("i"),
    start=fr.first("k"),
    end=fr.last("s"),
)


@pytest.mark.parametrize("plan", [PLAN, GROUPED, GROUPED.group_by("k"), GROUPED.group_by()])
def test_merge_is_one_run(plan: Plan) -> None:
    parts = [plan.run(rows) for rows in ROWS]
    whole = plan.run(ROWS)
    left = Result.merge(Result.merge(Result.merge(parts[0], parts[1]), parts[2]), parts[3])
    right = Result.merge(parts[0], Result.merge(parts[1], Result.merge(parts[2], parts[3])))
    for result in (left, right, pickle.loads(pickle.dumps(left))):
        assert result.to_dict() == whole.to_dict()
        assert list(result.columns.items()) == list(whole.columns.items())
        assert result.error_counts == whole.error_counts
        assert (result.rows_in, result.rows_bad) == (whole.rows_in, whole.rows_bad)
        assert [error.row for error in result.errors] == [error.row for error in whole.errors]


EXACT = PLAN.group_by("s").aggregate(
    mean=fr.mean("i"),
    median=fr.quantile("x", 0.5),
    tail=fr.quantile("i", 0.99),
    kinds=fr.count_distinct("k"),
    numbers=fr.count_distinct("i"),
    first=fr.first("x"),
)
ROUNDED = PLAN.group_by("k").aggregate(
    mean=fr.mean("x"), spread=fr.std("x"), whole=fr.std("i", 0), total=fr.sum("x")
)


def rows(count: int, seed: int) -> bytes:
    """Rows of few groups and many values: enough for the sketches to leave their exact part."""
    random = np.random.default_rng(seed)
    columns = zip(
        random.integers(0, 3, count),
        random.integers(-(2**31), 2**31, count),
        random.normal(0, 1e9, count),
        random.integers(0, 5000, count),
        strict=True,
    )
    return "".join(f"s{s},{i},{float(x)!r},k{k % 4}\n" for s, i, x, k in columns).encode()


@settings(max_examples=10)
@given(st.lists(st.integers(0, 3000), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_merge_of_what_values_cannot_tell(sizes: list[int], random: Random) -> None:
    pieces = [rows(size, seed) for seed, size in enumerate(sizes)]
    for plan in (EXACT, EXACT.group_by(), ROUNDED):
        whole = plan.run(pieces)
        parts = [plan.run(piece) for piece in pieces]
        while len(parts) > 1:
            at = random.randrange(len(parts) - 1)
            pair = [pickle.loads(pickle.dumps(part, 5)) for part in parts[at : at + 2]]
            parts[at : at + 2] = [Result.merge(*pair)]
        if plan is not ROUNDED:
            assert parts[0].to_dict() == whole.to_dict()
            continue
        assert parts[0]["k"].tolist() == whole["k"].tolist()
        for name in plan.aggregates:
            found, wanted = np.asarray(parts[0][name]), np.asarray(whole[name])
            np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_pickle_keeps_the_state_out_of_band() -> None:
    result = EXACT.run(rows(100, 1))
    assert result.rows_bad == 0
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps(result, 5, buffer_callback=buffers.append)
    assert len(text) < 6000
    assert result.parts["state"].tobytes() in [bytes(buffer) for buffer in buffers]
    assert pickle.loads(text, buffers=buffers) == result


def test_a_sum_that_overflows_when_joined() -> None:
    plan = Plan(fr.ndjson(), fr.Schema(x=fr.Int64())).aggregate(total=fr.sum("x"))
    half = plan.run(b'{"x": 9000000000000000000}')
    with pytest.raises(OverflowError, match=r"sum\(x\)"):
        Result.merge(half, half)


def test_what_cannot_be_merged() -> None:
    with pytest.raises(SchemaError, match="the same plan"):
        Result.merge(PLAN.run(b""), GROUPED.run(b""))
    with pytest.raises(SchemaError, match="the same plan"):
        Result.merge(EXACT.run(b""), EXACT.aggregate(tail=fr.quantile("i", 0.98)).run(b""))


def test_states_that_are_none() -> None:
    """What is no state, cut short, or changed is refused or read as another state; never more."""
    state = GROUPED.group_by("k", "x").run(rows(30, 2)).parts["state"].tobytes()
    program, merge = GROUPED.group_by("k", "x").program, _core.records_merge
    for size in range(len(state)):
        with pytest.raises(ArgumentValueError):
            merge(program, state, state[:size])
    for plan in (GROUPED, EXACT, ROUNDED):
        with pytest.raises(ArgumentValueError, match="of this program"):
            merge(plan.program, state, state)
    random = np.random.default_rng(3)
    for plan in (EXACT, ROUNDED, GROUPED.group_by("k", "x")):
        state = plan.run(rows(3000, 2)).parts["state"]
        for _ in range(CASES):
            changed = state.copy()
            changed[random.integers(0, len(state), 3)] = random.integers(0, 256, 3)
            with contextlib.suppress(ArgumentValueError, OverflowError):
                merge(plan.program, changed, state)
