"""The aggregates against NumPy and plain Python, whatever the threads and the windows."""

from __future__ import annotations

import random
import statistics
from typing import Any

import numpy as np
import pytest

from fastlane import SchemaError
from fastlane import records as fr
from fastlane.records import Plan

SCHEMA = fr.Schema(
    key=fr.Category(),
    whole=fr.Int32(nullable=True),
    share=fr.Float64(nullable=True),
    flag=fr.Bool(nullable=True),
    text=fr.String(),
    kind=fr.Category(nullable=True),
    at=fr.Timestamp("epoch_s"),
)
PLAN = Plan(fr.csv(header=False), SCHEMA).group_by("key").aggregate(
    deviation=fr.std("share"),
    of_all=fr.std("whole", ddof=0),
    some=fr.any("flag"),
    every=fr.all("flag"),
    nonzero=fr.any("whole"),
    one=fr.first("whole"),
    other=fr.last("share"),
    start=fr.first("text"),
    end=fr.last("kind"),
    when=fr.last("at"),
    wholes=fr.count_distinct("whole"),
    texts=fr.count_distinct("text"),
    kinds=fr.count_distinct("kind"),
    median=fr.quantile("share", 0.5),
    high=fr.quantile("whole", 0.99),
)


def rows_of(count: int, keys: int, seed: int = 1) -> list[tuple[Any, ...]]:
    choose = random.Random(seed)
    return [
        (
            f"k{choose.randrange(keys)}",
            choose.choice([None, choose.randrange(-500, 500)]),
            choose.choice([None, choose.lognormvariate(3, 2)]),
            choose.choice([None, True, False, False]),
            f"t{choose.randrange(300)}",
            choose.choice([None, "x", "y"]),
            choose.randrange(10**9),
        )
        for _ in range(count)
    ]


def text_of(rows: list[tuple[Any, ...]]) -> bytes:
    def cell(value: Any) -> str:
        return "" if value is None else str(value).lower() if isinstance(value, bool) else repr(value).strip("'")

    return "".join(",".join(map(cell, row)) + "\n" for row in rows).encode()


def test_against_plain_python() -> None:
    rows = rows_of(6000, 9)
    rows.append(("lonely", 3, None, None, "t", None, 0))
    result = PLAN.run(text_of(rows))
    got = [dict(zip(result.columns, values, strict=True)) for values in zip(*result.to_dict().values(), strict=True)]
    assert [each["key"] for each in got] == list(dict.fromkeys(row[0] for row in rows))
    for each in got:
        mine = [row for row in rows if row[0] == each["key"]]
        column = [[row[at] for row in mine if row[at] is not None] for at in range(7)]
        _, wholes, shares, flags, texts, kinds, times = column
        if len(shares) > 1:
            assert each["deviation"] == pytest.approx(statistics.stdev(shares), rel=1e-12)
            assert each["median"] == pytest.approx(np.quantile(shares, 0.5), rel=1e-12)
        else:
            assert each["deviation"] is None and each["median"] is None
        assert each["of_all"] == pytest.approx(np.std(wholes), rel=1e-12)
        assert (each["some"], each["every"]) == (any(flags), all(flags))
        assert each["nonzero"] == any(wholes)
        assert each["one"] == wholes[0]
        assert each["other"] == (shares[-1] if shares else None)
        assert each["start"] == texts[0]
        assert each["end"] == (kinds[-1] if kinds else None)
        assert each["when"].timestamp() == times[-1]
        assert each["wholes"] == len(set(wholes))
        assert each["texts"] == len(set(texts))
        assert each["kinds"] == len(set(kinds))
        assert each["high"] == pytest.approx(np.quantile(wholes, 0.99), rel=1e-12)


def test_sketches_keep_their_promise_and_do_not_depend_on_threads() -> None:
    rows = rows_of(60_000, 1)
    data = text_of([(*row[:4], f"t{index}", *row[5:]) for index, row in enumerate(rows)])
    results = [PLAN.run(data, threads=threads) for threads in (1, 2, 7)]
    assert results[0] == results[1] == results[2]
    shares = [row[2] for row in rows if row[2] is not None]
    median = results[0]["median"][0]
    assert median == pytest.approx(np.quantile(shares, 0.5), rel=0.0051)
    assert results[0]["texts"][0] == pytest.approx(60_000, rel=0.04)


def test_nothing_to_aggregate() -> None:
    result = PLAN.group_by().run(b"")
    assert result.to_dict() == {
        "deviation": [None], "of_all": [None], "some": [False], "every": [True], "nonzero": [False],
        "one": [None], "other": [None], "start": [None], "end": [None], "when": [None], "wholes": [0],
        "texts": [0], "kinds": [0], "median": [None], "high": [None],
    }  # fmt: skip


def test_plans_with_parameters_are_written_and_read() -> None:
    assert Plan.from_json(PLAN.to_json()) == PLAN
    assert str(fr.quantile("a", 0.5)) == "quantile(a, 0.5)"
    for wrong in ("quantile(share)", "quantile(share, 2)", "std(share, x)", "sum(share, 1)"):
        spec = PLAN.to_json().replace("std(share, 1)", wrong)
        with pytest.raises(SchemaError, match=r"\$\.aggregate\.deviation"):
            Plan.from_json(spec)
    with pytest.raises(SchemaError):
        Plan(fr.csv(), SCHEMA).aggregate(a=fr.quantile("text", 0.5))
    with pytest.raises(SchemaError):
        fr.std("share", ddof=-1)
