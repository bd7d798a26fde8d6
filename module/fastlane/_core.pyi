from collections.abc import Callable, Iterator
from os import PathLike
from typing import Any

from fastlane import (
    ArgumentTypeError as ArgumentTypeError,
    ArgumentValueError as ArgumentValueError,
    BorrowError as BorrowError,
    CopyError as CopyError,
    DecodeError as DecodeError,
    ExpressionError as ExpressionError,
    FastlaneError as FastlaneError,
    ForkedError as ForkedError,
    Overloaded as Overloaded,
    RecordError as RecordError,
    SchemaError as SchemaError,
)
from typing_extensions import Buffer

_Input = PathLike[str] | PathLike[bytes] | Buffer

_C_API: object

def records_run(
    input: _Input | Iterator[Buffer] | tuple[object, ...] | list[_Input | Iterator[Buffer]],
    program: object,
    /,
    *,
    threads: int | None = None,
    max_errors: int = 1000,
    max_row_bytes: int = 16777216,
    progress: Callable[[int, int], object] | None = None,
) -> dict[str, Any]: ...
def records_program(program: dict[str, Any], /) -> object: ...
def records_decode(program: object, line: Buffer, /) -> dict[str, Any] | None: ...
def records_stream(
    inputs: list[Iterator[Buffer]], program: object, max_errors: int, max_row_bytes: int, /
) -> object: ...
def records_next(stream: object, bytes: int, /) -> dict[str, Any] | None: ...
def records_merge(program: object, one: Buffer, other: Buffer, /) -> dict[str, Any]: ...
def arrow_schema(columns: list[tuple[str, dict[str, Any]]], as_table: bool, /) -> object: ...
def arrow_array(column: dict[str, Any], /) -> tuple[object, object]: ...
def arrow_stream(columns: list[tuple[str, dict[str, Any]]], /) -> object: ...
