"""What a plan's run gives back: columns, counts, errors, and the ways out to NumPy, Arrow, pickle
and notebooks.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fastlane import _core

from . import table
from .column import Column
from .row_errors import Errors

if TYPE_CHECKING:
    from .plan import Plan

__all__ = ["Result"]


class Result:
    """The outcome of `Plan.run`. `rows_in == rows_ok + rows_bad` always; blank lines are counted in
    `rows_blank` only.

    `result["name"]` is a Column; `.error_counts` maps (field, code) to how many; `.metrics` has the
    seconds of each phase, the bytes and the rows per second. Arrow consumers read it without a
    copy: `pyarrow.table(result)`, `polars.DataFrame(result)`.
    """

    def __init__(self, parts: Mapping[str, Any], plan: Plan) -> None:
        self._parts = parts
        self._plan = plan
        self.error_counts: dict[tuple[str | None, str], int] = parts["error_counts"]
        self.rows_in: int = parts["rows_in"]
        self.rows_ok: int = parts["rows_ok"]
        self.rows_bad: int = parts["rows_bad"]
        self.rows_blank: int = parts["rows_blank"]
        self.rows_kept: int = parts["rows_kept"]
        self.metrics: dict[str, Any] = parts["metrics"]
        if "rows_per_second" not in self.metrics:
            seconds = self.metrics["seconds_total"]
            self.metrics["rows_per_second"] = self.rows_in / seconds if seconds > 0 else 0.0

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Name to column, in order: the keys and then the aggregates, or the selected fields."""
        columns = self._parts["columns"].items()
        return MappingProxyType({name: Column(each) for name, each in columns})

    @cached_property
    def errors(self) -> Errors:
        """The errors in detail, a sequence of RowError and an Arrow table."""
        return Errors(self._parts["errors"], sum(self.error_counts.values()))

    @property
    def plan(self) -> Plan:
        """The plan that made it."""
        return self._plan

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the columns that the rows are grouped by."""
        return self._plan.keys

    @property
    def parts(self) -> Mapping[str, Any]:
        """The engine's arrays and counts, by name, without a copy."""
        return MappingProxyType(self._parts)

    @staticmethod
    def merge(one: Result, other: Result) -> Result:
        """Both results of one plan as one, `other` behind `one`: columns end to end, groups joined
        by their keys, all aggregates included. Joining is associative; sums, means and deviations
        of floats may differ in their last bit from those of one run. Places of errors stay those
        of their inputs. Raises SchemaError for results of different plans, OverflowError for a
        sum that int64 cannot hold.
        """
        from .merge import merged_parts

        return Result(merged_parts(one, other), one.plan)

    def __getitem__(self, name: str) -> Column:
        try:
            return self.columns[name]
        except KeyError:
            raise KeyError(f"{name!r}; there is " + ", ".join(self.columns)) from None

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        """How many rows the columns have."""
        return next((len(column) for column in self.columns.values()), 0)

    def to_dict(self) -> dict[str, list[Any]]:
        """Name to list of Python values, in the order of the columns."""
        return {name: column.tolist() for name, column in self.columns.items()}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        counts = (
            "rows_in",
            "rows_ok",
            "rows_bad",
            "rows_blank",
            "rows_kept",
            "error_counts",
            "errors",
            "keys",
        )
        return list(self.columns.items()) == list(other.columns.items()) and all(
            getattr(self, name) == getattr(other, name) for name in counts
        )

    __hash__ = None  # type: ignore[assignment]

    def __arrow_c_schema__(self) -> object:
        """The table's schema as a capsule "arrow_schema"."""
        return _core.arrow_schema(self._arrow_columns(), True)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """All rows as one record batch in a capsule "arrow_array_stream". Memory: shares the
        columns' memory until the consumer releases it; a bool column is packed.
        """
        return _core.arrow_stream(self._arrow_columns())

    def _arrow_columns(self) -> list[tuple[str, Any]]:
        return list(self._parts["columns"].items())

    def summary(self) -> str:
        """The counts in one line."""
        parts = [f"{self.rows_in:,} rows in", f"{self.rows_ok:,} ok", f"{self.rows_bad:,} bad"]
        if self.rows_blank:
            parts.append(f"{self.rows_blank:,} blank")
        if self.rows_kept != self.rows_ok:
            parts.append(f"{self.rows_kept:,} kept")
        return ", ".join(parts)

    def __repr__(self) -> str:
        shape = f"{len(self):,} {'groups' if self.keys else 'rows'} x {len(self.columns)} columns"
        return f"<Result: {shape}; {self.summary()}>"

    def __str__(self) -> str:
        width = shutil.get_terminal_size((100, 24)).columns
        return (
            table.as_text(self.columns, keys=self.keys, width=width, rows=20)
            + "\n"
            + self.summary()
        )

    def _repr_html_(self) -> str:
        return table.as_html(self.columns, keys=self.keys, rows=50, caption=self.summary())

    def __reduce__(self) -> tuple[Any, ...]:
        return Result, (self._parts, self._plan)
