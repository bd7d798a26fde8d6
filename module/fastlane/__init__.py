"""Fast lanes between Python and native code: arrays, bytes, text, images and records."""

from fastlane._core import (
    ArgumentTypeError,
    ArgumentValueError,
    BorrowError,
    CopyError,
    DecodeError,
    ExpressionError,
    FastlaneError,
    ForkedError,
    Overloaded,
    RecordError,
    SchemaError,
    Arena,
    ArenaStats,
    __version__,
    sum,
    sum64,
)

__all__ = [
    "ArgumentTypeError",
    "ArgumentValueError",
    "BorrowError",
    "CopyError",
    "DecodeError",
    "ExpressionError",
    "FastlaneError",
    "ForkedError",
    "Overloaded",
    "RecordError",
    "SchemaError",
    "Arena",
    "ArenaStats",
    "__version__",
    "sum",
    "sum64",
]
