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
    __version__,
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
    "__version__",
]
