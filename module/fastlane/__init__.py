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
    crc32,
    crc32_mv,
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
    "crc32",
    "crc32_mv",
]
