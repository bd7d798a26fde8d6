from collections.abc import Callable, Iterable, Sequence
from os import PathLike
from typing import Any, Literal, NamedTuple, SupportsFloat, overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from fastlane import Arena

__all__ = [
    "Batch",
    "Failure",
    "ImageInfo",
    "decode",
    "info",
    "load_batch",
    "normalize",
    "to_tensor",
]

_Picture = Buffer | str | PathLike[str] | PathLike[bytes]
_PerChannel = SupportsFloat | Sequence[SupportsFloat] | NDArray[Any]
_DType = (
    Literal["float32", "float16", "uint8"]
    | np.dtype[Any]
    | type[np.float32]
    | type[np.float16]
    | type[np.uint8]
)

class ImageInfo(NamedTuple):
    width: int
    height: int
    channels: int
    bit_depth: int
    interlaced: bool
    colour_type: int
    gamma: float | None
    format: str

class Failure(NamedTuple):
    index: int
    source: Any
    error: Exception

class Batch(NamedTuple):
    tensor: NDArray[Any]
    indices: NDArray[np.intp]
    failures: list[Failure]

def info(data: _Picture, /) -> ImageInfo: ...
def decode(
    data: _Picture,
    /,
    *,
    out: Buffer | None = None,
    arena: Arena | None = None,
    threads: int | None = None,
    max_pixels: int = 268435456,
) -> NDArray[np.uint8] | NDArray[np.uint16]: ...
def to_tensor(
    data: _Picture,
    /,
    *,
    mean: _PerChannel = 0.0,
    std: _PerChannel = 1.0,
    scale: SupportsFloat | None = None,
    layout: Literal["CHW", "HWC"] = "CHW",
    channels: Literal["RGB", "RGBA", "L"] | None = "RGB",
    dtype: _DType = "float32",
    out: Buffer | None = None,
    arena: Arena | None = None,
    threads: int | None = None,
    max_pixels: int = 268435456,
) -> NDArray[Any]: ...
def normalize(
    hwc: Buffer,
    /,
    *,
    mean: _PerChannel = 0.0,
    std: _PerChannel = 1.0,
    scale: SupportsFloat | None = None,
    layout: Literal["CHW", "HWC"] = "CHW",
    channels: Literal["RGB", "RGBA", "L"] | None = "RGB",
    dtype: _DType = "float32",
    out: Buffer | None = None,
    arena: Arena | None = None,
    threads: int | None = None,
) -> NDArray[Any]: ...
@overload
def load_batch(
    sources: Iterable[_Picture],
    /,
    *,
    mean: _PerChannel = 0.0,
    std: _PerChannel = 1.0,
    scale: SupportsFloat | None = None,
    layout: Literal["CHW", "HWC"] = "CHW",
    channels: Literal["RGB", "RGBA", "L"] | None = "RGB",
    dtype: _DType = "float32",
    out: NDArray[Any] | None = None,
    arena: Arena | None = None,
    threads: int | None = None,
    max_pixels: int = 268435456,
    on_error: Literal["raise"] = "raise",
    progress: Callable[[int, int], object] | None = None,
) -> NDArray[Any]: ...
@overload
def load_batch(
    sources: Iterable[_Picture],
    /,
    *,
    mean: _PerChannel = 0.0,
    std: _PerChannel = 1.0,
    scale: SupportsFloat | None = None,
    layout: Literal["CHW", "HWC"] = "CHW",
    channels: Literal["RGB", "RGBA", "L"] | None = "RGB",
    dtype: _DType = "float32",
    out: NDArray[Any] | None = None,
    arena: Arena | None = None,
    threads: int | None = None,
    max_pixels: int = 268435456,
    on_error: Literal["collect"],
    progress: Callable[[int, int], object] | None = None,
) -> Batch: ...
