"""derive and where: against plain Python, row by row."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from fastlane import ExpressionError, SchemaError
from fastlane import records as fr
from fastlane.records import Plan

SCHEMA = fr.Schema(
    a=fr.Int64(nullable=True),
    b=fr.Int16(),
    x=fr.Float64(nullable=True),
    s=fr.String(),
    k=fr.Category(nullable=True),
    f=fr.Bool(),
    t=fr.Timestamp("epoch_s"),
)
PLAN = Plan(fr.csv(header=False), SCHEMA)
SOURCES = [
    "a + b", "a - b * 2", "-a", "a // b", "a % b", "a / b", "b ** 2", "abs(b)", "min(a, b)", "max(x, b)",
    "x * 2 - 1", "x // 3", "x % 3", "sqrt(abs(x))", "floor(x)", "round(x)", "floor(b)", "a < b", "a == b",
    "x >= 0 and f", "f or a > 3", "not f", "~f", "b & 3", "b | 1", "s == 'x'", "s != k", "k in ('x', 'y')",
    "b in (1, 2, 5)", "b not in (1, 2)", "startswith(s, 'x')", "endswith(s, k)", "contains(s, 'y')",
    "len(s)", "isnull(a)", "isnull(a + b)", "where(f, a, b)", "where(b != 0, 10 // b, 0)", "where(f, x, b)",
    "where(f, s, k)", "isnan(x)", "isfinite(b)", "t // 1000000", "hypot(x, b)", "a * a", "s < k",
]  # fmt: skip


class Failed(Exception):
    """A row that is bad."""


NAMES: dict[str, Any] = {
    "sqrt": math.sqrt, "floor": lambda v: math.floor(v) if isinstance(v, int) else float(math.floor(v)),
    "round": lambda v: float(round(v)), "startswith": str.startswith, "endswith": str.endswith,
    "contains": lambda s, part: part in s, "isnan": math.isnan, "isfinite": math.isfinite,
    "hypot": math.hypot, "len": len, "min": min, "max": max, "abs": abs,
}  # fmt: skip


def wanted(source: str, row: dict[str, Any]) -> Any:
    """What Python makes of it; None for null."""
    if source.startswith("isnull"):
        if "b" in source and row["a"] is not None and not -(2**63) <= row["a"] + row["b"] < 2**63:
            raise Failed
        return row["a"] is None
    if source.startswith("where"):
        chosen = {
            "where(f, a, b)": lambda: row["a"] if row["f"] else row["b"],
            "where(b != 0, 10 // b, 0)": lambda: 10 // row["b"] if row["b"] else 0,
            "where(f, x, b)": lambda: row["x"] if row["f"] else float(row["b"]),
            "where(f, s, k)": lambda: row["s"] if row["f"] else row["k"],
        }
        return chosen[source]()
    used = [name for name in row if name in compile(source, "", "eval").co_names]
    if any(row[name] is None for name in used):
        return None
    text = source.replace("~f", "not f")
    try:
        value = eval(text, NAMES, row)
    except ZeroDivisionError:
        if "/" in source and "//" not in source:
            return math.nan if row["a"] == 0 else math.copysign(math.inf, row["a"])
        raise Failed from None
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise Failed
    return float(value) if source == "max(x, b)" else value


def rows_of(count: int) -> list[dict[str, Any]]:
    choose = random.Random(7)
    return [
        {
            "a": choose.choice([None, 0, 7, -7, 2**62, -(2**63), choose.randrange(-99, 99)]),
            "b": choose.choice([0, 1, 2, -3, 5, choose.randrange(-99, 99)]),
            "x": choose.choice([None, 0.5, -2.5, 1e10, choose.uniform(-9, 9)]),
            "s": choose.choice(["x", "xy", "\u00e9y", ""]),
            "k": choose.choice([None, "x", "y"]),
            "f": choose.random() < 0.5,
            "t": choose.randrange(10**9) * 10**6,
        }
        for _ in range(count)
    ]


def text_of(rows: list[dict[str, Any]]) -> bytes:
    lines = []
    for row in rows:
        cells = {**row, "t": row["t"] // 10**6, "f": str(row["f"]).lower()}
        lines.append(",".join("" if value is None else str(value) for value in cells.values()))
    return "\n".join(lines).encode()


@pytest.mark.parametrize("source", SOURCES)
def test_against_python(source: str) -> None:
    rows = rows_of(400)
    result = PLAN.derive(r=source).select("r").run(text_of(rows), max_errors=10**6)
    found = iter(result["r"].tolist())
    failed = {error.row for error in result.errors}
    assert {(error.field, error.code) for error in result.errors} <= {("r", "expression")}
    for number, row in enumerate(rows):
        try:
            value = wanted(source, row)
        except Failed:
            assert number in failed
            continue
        assert number not in failed
        got = next(found)
        if isinstance(value, float):
            assert got == pytest.approx(value, rel=1e-13, nan_ok=True), (row, got)
        else:
            assert got == value and type(got) is type(value), (row, got)
    assert next(found, "end") == "end"


def test_where_group_and_counts() -> None:
    rows = rows_of(30_000)
    plan = (
        PLAN.derive(big="b > 2", twice="b * 2", sum="a + 9223372036854775000")
        .where("big and k == 'x'")
        .group_by("f", "twice")
        .aggregate(n=fr.count(), most=fr.max("twice"))
    )
    assert Plan.from_json(plan.to_json()) == plan
    results = [plan.run(text_of(rows), threads=threads) for threads in (1, 2, 7)]
    assert results[0] == results[1] == results[2]
    good = [row for row in rows if row["a"] is None or row["a"] + 9223372036854775000 < 2**63]
    kept = [row for row in good if row["b"] > 2 and row["k"] == "x"]
    assert results[0].rows_ok == len(good)
    assert results[0].rows_kept == len(kept)
    assert results[0].error_counts == {("sum", "expression"): len(rows) - len(good)}
    groups = dict.fromkeys((row["f"], 2 * row["b"]) for row in kept)
    found = results[0].to_dict()
    assert list(zip(found["f"], found["twice"], strict=True)) == list(groups)
    assert sum(found["n"]) == len(kept)
    assert found["most"] == found["twice"]


def test_wrong_expressions() -> None:
    for source in ("a +", "nothing + 1", "a + s", "s and f", "a < s", "f + 1", "1 < a < 3", "len(a)",
                   "where(a, 1, 2)", "where(f, s, 1)", "k in (1, 2)", "99999999999999999999", "f(1)"):  # fmt: skip
        with pytest.raises(ExpressionError):
            PLAN.derive(r=source)
    with pytest.raises(ExpressionError, match="boolean"):
        PLAN.where("a + 1")
    for name in ("a", "len"):
        with pytest.raises(SchemaError):
            PLAN.derive(**{name: "b"})
    with pytest.raises(SchemaError):
        PLAN.where(1)  # type: ignore[arg-type]
    spec = PLAN.to_json().replace('"schema"', '"where": "a + 1", "schema"')
    with pytest.raises(SchemaError, match=r"\$\.where"):
        Plan.from_json(spec)
