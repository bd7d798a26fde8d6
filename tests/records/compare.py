"""Holds a result of the engine against the reference: every count, every value, every error with
its place.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from fastlane.records import Plan, Result
from fastlane.records.program import make_program
from records import reference

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
PLANS = Path(__file__).resolve().parents[2] / "docs" / "plans"


def access_log() -> Path:
    """The real log beside the repository, or a skip that says so."""
    path = DATA / "logs" / "access.log"
    if not path.exists():
        pytest.skip(f"there is no {path}")
    return path


def access_plan() -> Plan:
    return Plan.from_json((PLANS / "access.json").read_text())


def python_values(column: Any) -> list[Any]:
    """The values as the reference has them: times are microseconds."""
    if column.type != "timestamp":
        return list(column.tolist())
    values = column.values.tolist()
    if column.validity is None:
        return list(values)
    return [
        value if valid else None
        for value, valid in zip(values, column.validity.tolist(), strict=True)
    ]


def same_value(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float) and isinstance(found, float):
        if math.isnan(wanted):
            return math.isnan(found)
        return math.isclose(found, wanted, rel_tol=1e-12, abs_tol=1e-300)
    return type(found) is type(wanted) and bool(found == wanted)


def assert_same(result: Result, wanted: dict[str, Any]) -> None:
    counts = ("rows_in", "rows_ok", "rows_bad", "rows_blank", "rows_kept")
    assert {name: getattr(result, name) for name in counts} == {
        name: wanted[name] for name in counts
    }
    assert result.error_counts == wanted["error_counts"]
    assert list(result.columns) == list(wanted["columns"])
    for name, values in wanted["columns"].items():
        found = python_values(result[name])
        assert len(found) == len(values), name
        for index, (one, other) in enumerate(zip(found, values, strict=True)):
            assert same_value(one, other), f"{name}[{index}]: {one!r} instead of {other!r}"
    found_errors = [
        (each.row, each.line, each.byte_offset, each.source, each.field, each.code, each.raw)
        for each in result.errors
    ]
    assert sorted(found_errors, key=repr) == sorted(wanted["errors"][: len(found_errors)], key=repr)
    assert_invariants(result)


def assert_invariants(result: Result) -> None:
    """What holds for every result, whatever the input."""
    assert result.rows_in == result.rows_ok + result.rows_bad
    assert result.rows_kept <= result.rows_ok
    assert result.errors.total == sum(result.error_counts.values()) >= result.rows_bad
    assert len({each.row for each in result.errors}) <= result.rows_bad
    assert all(count > 0 for count in result.error_counts.values())
    assert len({len(column) for column in result.columns.values()}) == 1
    for error in result.errors:
        assert 0 <= error.row < result.rows_in
        assert error.line > 0
        assert (error.field, error.code) in result.error_counts
        assert error.expected
    rows = [error.row for error in result.errors]
    assert rows == sorted(rows)


def check(plan: Plan, input: Any, **options: Any) -> Result:
    """Runs the plan with the engine and with the reference; the result, once the two agree."""
    result = plan.run(input, max_errors=10**6, **options)
    given = input if isinstance(input, list) else [input]
    assert_same(result, reference.run(given, make_program(plan), **options))
    return result
