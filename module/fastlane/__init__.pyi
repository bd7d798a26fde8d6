from os import PathLike
from types import TracebackType
from typing import Any, Literal, NamedTuple, Protocol, Self, SupportsIndex

import numpy as np
from numpy.typing import DTypeLike, NDArray
from typing_extensions import Buffer

from fastlane import text as text

class _SupportsDLPack(Protocol):
    def __dlpack__(self, *, stream: None = None) -> object: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

_Array = Buffer | _SupportsDLPack

__version__: str

class FastlaneError(Exception):
    argument: str | None
    expected: str | None
    got: str | None
    hint: str | None

class ArgumentTypeError(FastlaneError, TypeError): ...
class ArgumentValueError(FastlaneError, ValueError): ...
class BorrowError(FastlaneError, BufferError): ...
class CopyError(FastlaneError, ValueError, BufferError): ...

class ExpressionError(FastlaneError, ValueError):
    column: int | None
    source: str | None

class SchemaError(FastlaneError, ValueError): ...
class RecordError(FastlaneError, ValueError): ...
class DecodeError(FastlaneError, ValueError): ...
class Overloaded(FastlaneError, RuntimeError): ...
class ForkedError(FastlaneError, RuntimeError): ...

class ArenaStats(NamedTuple):
    hits: int
    misses: int
    hit_rate: float
    bytes_in_use: int
    bytes_held: int
    peak: int

class Arena:
    def __new__(cls, limit: SupportsIndex | None = None) -> Self: ...
    def empty(
        self, shape: SupportsIndex | tuple[SupportsIndex, ...], dtype: DTypeLike = "float64", /
    ) -> NDArray[Any]: ...
    def stats(self, /) -> ArenaStats: ...
    def trim(self, /) -> None: ...
    def close(self, /) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

class Expression:
    source: str
    variables: tuple[str, ...]
    def __new__(cls, expression: str) -> Self: ...
    def __call__(
        self,
        /,
        *,
        out: _Array | None = None,
        arena: Arena | None = None,
        threads: SupportsIndex | None = None,
        **arrays: _Array,
    ) -> NDArray[Any]: ...

class MappedFile:
    def __new__(
        cls, path: str | PathLike[str], *, policy: Literal["share", "snapshot"] = "share"
    ) -> Self: ...
    @property
    def closed(self) -> bool: ...
    @property
    def mapped(self) -> bool: ...
    @property
    def path(self) -> str: ...
    def close(self, /) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __len__(self) -> int: ...
    def __enter__(self, /) -> Self: ...
    def __exit__(
        self,
        error_class: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

class Description(NamedTuple):
    count: int
    min: float | int
    max: float | int
    mean: float
    std: float
    sum: float | int

def compile(expression: str, /) -> Expression: ...
def crc32(data: Buffer | PathLike[str], value: SupportsIndex = 0, /) -> int: ...
def crc32_mv(data: Buffer | PathLike[str], value: SupportsIndex = 0, /) -> int: ...
def describe(x: _Array, /) -> Description: ...
def evaluate(
    expression: str,
    /,
    *,
    out: _Array | None = None,
    arena: Arena | None = None,
    threads: SupportsIndex | None = None,
    **arrays: _Array,
) -> NDArray[Any]: ...
def info() -> dict[str, Any]: ...
def linspace(
    n: SupportsIndex,
    start: float,
    stop: float,
    /,
    *,
    out: _Array | None = None,
    arena: Arena | None = None,
) -> NDArray[np.float64]: ...
def normalize_u8_inplace(x: Buffer, amount: SupportsIndex = 8, /) -> None: ...
def scale(
    x: _Array, factor: float, /, *, out: _Array | None = None, arena: Arena | None = None
) -> NDArray[Any]: ...
def scale_inplace(x: _Array, factor: float, /) -> None: ...
def transform_with_scratch(
    n: SupportsIndex, /, *, arena: Arena | None = None
) -> NDArray[np.float32]: ...
def sum(x: _Array, /) -> float | int: ...
def sum64(x: _Array, /) -> float: ...
