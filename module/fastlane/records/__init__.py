"""Records: validate and aggregate the lines of a log, with every bad row kept as data.

from fastlane import records as fr

schema = fr.Schema(status=fr.Int16(ge=100, le=599), bytes=fr.Int64(ge=0, null="-")) plan =
fr.Plan(fr.apache("combined"), schema).group_by("status").aggregate(n=fr.count(),
total=fr.sum("bytes")) result = plan.run("access.log")
"""

from .aggregates import (
    Aggregate,
    all,
    any,
    count,
    count_distinct,
    first,
    last,
    max,
    mean,
    min,
    quantile,
    std,
    sum,
)
from .column import Column
from .fields import (
    Bool,
    Category,
    Field,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    String,
    Timestamp,
    UInt8,
    UInt16,
    UInt32,
    UInt64,
)
from .infer import infer
from .plan import Plan
from .result import Result
from .row_errors import Errors, RowError
from .schema import Schema
from .sources import CsvSource, LogSource, NdjsonSource, apache, csv, ndjson, nginx

__all__ = [
    "Aggregate",
    "Bool",
    "Category",
    "Column",
    "CsvSource",
    "Errors",
    "Field",
    "Float32",
    "Float64",
    "Int16",
    "Int32",
    "Int64",
    "Int8",
    "LogSource",
    "NdjsonSource",
    "Plan",
    "Result",
    "RowError",
    "Schema",
    "String",
    "Timestamp",
    "UInt16",
    "UInt32",
    "UInt64",
    "UInt8",
    "all",
    "any",
    "apache",
    "count",
    "count_distinct",
    "csv",
    "first",
    "infer",
    "last",
    "max",
    "mean",
    "min",
    "ndjson",
    "nginx",
    "quantile",
    "std",
    "sum",
]
