"""Where the parts of the installed package lie that compilers and build tools read."""

from __future__ import annotations

from pathlib import Path

__all__ = ["cmake_dir", "get_include", "packed_sources", "pkgconfig_dir"]

_PACKAGE = Path(__file__).parent.absolute()


def get_include() -> str:
    """The folder of fastlane.h, for `include_dirs` of an extension.

    **Memory:** touches none.
    """
    return str(_PACKAGE / "include")


def cmake_dir() -> str:
    """The folder of fastlane-config.cmake."""
    return str(_PACKAGE / "cmake")


def pkgconfig_dir() -> str:
    """The folder of fastlane.pc."""
    return str(_PACKAGE / "pkgconfig")


def packed_sources() -> Path:
    """The file with the kernels' sources that can be written out and compiled elsewhere."""
    return _PACKAGE / "sources.xz"
