from typing import SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

__all__ = [
    "count",
    "encode_into",
    "find",
    "find_all",
    "line_offsets",
    "rfind",
    "utf8_length",
]

@overload
def count(s: str, sub: str, /) -> int: ...
@overload
def count(s: Buffer, sub: Buffer, /) -> int: ...
@overload
def find(
    s: str, sub: str, start: SupportsIndex | None = 0, end: SupportsIndex | None = None, /
) -> int: ...
@overload
def find(
    s: Buffer, sub: Buffer, start: SupportsIndex | None = 0, end: SupportsIndex | None = None, /
) -> int: ...
@overload
def rfind(
    s: str, sub: str, start: SupportsIndex | None = 0, end: SupportsIndex | None = None, /
) -> int: ...
@overload
def rfind(
    s: Buffer, sub: Buffer, start: SupportsIndex | None = 0, end: SupportsIndex | None = None, /
) -> int: ...
@overload
def find_all(s: str, sub: str, /) -> NDArray[np.int64]: ...
@overload
def find_all(s: Buffer, sub: Buffer, /) -> NDArray[np.int64]: ...
def line_offsets(s: str | Buffer, /) -> NDArray[np.int64]: ...
def utf8_length(s: str, /) -> int: ...
def encode_into(s: str, out: Buffer, /) -> int: ...
