from collections.abc import Sequence
from os import PathLike
from typing import Any, Literal, NamedTuple, SupportsFloat

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from fastlane import Arena

__all__ = [
    "ImageInfo",
    "decode",
    "info",
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
