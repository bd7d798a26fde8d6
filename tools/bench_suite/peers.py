"""Finds the peers and fastlane: a module that is missing is None, and so is a missing name."""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

DISTRIBUTIONS = (
    "numpy pybind11 nanobind Cython numba numexpr Bottleneck numkong opencv-python-headless "
    "polars pyarrow duckdb pandas msgspec zlib-ng isal stringzilla "
    "pillow imagecodecs uvicorn"
).split()


@cache
def module(name: str) -> Any | None:
    """The module, or None. fastlane counts only from the build that tools/bench names."""
    if name == "fastlane" and not Path(os.environ.get("FASTLANE_PACKAGE", "")).is_dir():
        return None
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def function(module_name: str, path: str) -> Callable[..., Any] | None:
    """`function("fastlane", "testing.noop")`: the callable, or None where any part is missing."""
    found = module(module_name)
    for name in path.split("."):
        if found is not None and not hasattr(found, name):
            with contextlib.suppress(ImportError):
                importlib.import_module(f"{found.__name__}.{name}")
        found = getattr(found, name, None)
    return found


def versions() -> dict[str, str]:
    found: dict[str, str] = {}
    for name in DISTRIBUTIONS:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
