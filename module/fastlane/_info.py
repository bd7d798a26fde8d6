"""What is running: versions, the CPU row in use, memory pages, how the module was built."""

from __future__ import annotations

import mmap
import os
import platform
from typing import Any

import numpy

from fastlane import _core


def info() -> dict[str, Any]:
    """Versions of fastlane, Python and NumPy, the CPU row in use, CPUs, page size and build.

    **Memory:** touches none.
    """
    return {
        "fastlane": _core.__version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "cpu": _core.cpu_row,
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "page_size": mmap.PAGESIZE,
        "build": _core.build,
    }
