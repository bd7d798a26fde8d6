"""Fast lanes between Python and native code: arrays, bytes, text, images and records."""

import atexit

from fastlane import _core
from fastlane._core import (
    Arena,
    ArenaStats,
    ArgumentTypeError,
    ArgumentValueError,
    BorrowError,
    CopyError,
    DecodeError,
    Description,
    ExpressionError,
    FastlaneError,
    ForkedError,
    Overloaded,
    RecordError,
    SchemaError,
    __version__,
    crc32,
    crc32_mv,
    describe,
    get_threads,
    linspace,
    normalize_u8_inplace,
    scale,
    scale_inplace,
    set_threads,
    sum,
    sum64,
    transform_with_scratch,
)
from fastlane._info import info

atexit.register(_core.stop_threads)

__all__ = [
    "Arena",
    "ArenaStats",
    "ArgumentTypeError",
    "ArgumentValueError",
    "BorrowError",
    "CopyError",
    "DecodeError",
    "Description",
    "ExpressionError",
    "FastlaneError",
    "ForkedError",
    "Overloaded",
    "RecordError",
    "SchemaError",
    "__version__",
    "crc32",
    "crc32_mv",
    "describe",
    "get_threads",
    "info",
    "linspace",
    "normalize_u8_inplace",
    "scale",
    "scale_inplace",
    "set_threads",
    "sum",
    "sum64",
    "transform_with_scratch",
]
