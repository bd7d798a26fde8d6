"""Two results joined are the result of both inputs."""

from __future__ import annotations

import pickle

import pytest

from fastlane import SchemaError
from fastlane import records as fr
from fastlane.records import Plan, Result

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


def test_what_cannot_be_merged() -> None:
    mean = PLAN.aggregate(m=fr.mean("x"))
    with pytest.raises(SchemaError, match=r"mean\(\)"):
        Result.merge(mean.run(b""), mean.run(b""))
    with pytest.raises(SchemaError, match="the same plan"):
        Result.merge(PLAN.run(b""), GROUPED.run(b""))
