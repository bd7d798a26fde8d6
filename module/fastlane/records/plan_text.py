"""A plan as text: as a plan file writes it, and as Python source."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .plan import Plan

__all__ = ["PLAN_FORMAT", "json_of", "repr_of", "spec_of"]

PLAN_FORMAT = 1


def spec_of(plan: Plan) -> dict[str, Any]:
    """The value of the plan's file."""
    spec: dict[str, Any] = {
        "fastlane_plan": PLAN_FORMAT,
        "source": plan.source.to_spec(),
        "schema": plan.schema.to_spec(),
    }
    if plan.derived:
        spec["derive"] = dict(plan.derived)
    if plan.condition is not None:
        spec["where"] = plan.condition
    if plan.keys:
        spec["group_by"] = list(plan.keys)
    if plan.aggregates:
        spec["aggregate"] = {name: str(aggregate) for name, aggregate in plan.aggregates.items()}
    if plan.selected is not None:
        spec["select"] = list(plan.selected)
    return spec


def json_of(plan: Plan) -> str:
    """The text of the plan's file, a field a line."""
    entries = []
    for key, value in spec_of(plan).items():
        if key == "schema":
            fields = [
                f"    {json.dumps(name)}: {json.dumps(field, ensure_ascii=False)}"
                for name, field in value.items()
            ]
            entries.append('  "schema": {\n' + ",\n".join(fields) + "\n  }")
        else:
            entries.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(entries) + "\n}\n"


def repr_of(plan: Plan) -> str:
    """Python source that makes the plan."""
    text = f"Plan({plan.source!r}, {plan.schema!r})"
    if plan.derived:
        text += f".derive({_named(plan.derived)})"
    if plan.condition is not None:
        text += f".where({plan.condition!r})"
    if plan.keys:
        text += f".group_by({', '.join(map(repr, plan.keys))})"
    if plan.aggregates:
        text += f".aggregate({_named(plan.aggregates)})"
    if plan.selected is not None:
        text += f".select({', '.join(map(repr, plan.selected))})"
    return text


def _named(values: Any) -> str:
    return ", ".join(f"{name}={each!r}" for name, each in values.items())
