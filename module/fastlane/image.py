"""Pictures: from a file to its pixels, or straight to a tensor for a model."""

from fastlane import _core

ImageInfo = _core.ImageInfo

decode = _core.image.decode
info = _core.image.info
normalize = _core.image.normalize
to_tensor = _core.image.to_tensor

__all__ = [
    "ImageInfo",
    "decode",
    "info",
    "normalize",
    "to_tensor",
]
