"""The lessons' functions: each is a thin use of fastlane's families, or a lesson in native code.

`python -m fastlane lab` lists the lessons, `python -m fastlane lab NAME` runs one.
"""

from fastlane import _core
from fastlane import sum as sum_buffer
from fastlane import sum64 as fast_sum
from fastlane._core import (
    ConnectionTimeout,
    Counter,
    DatabaseError,
    LeakingProcessor,
    SafeProcessor,
)
from fastlane.lab.arrays import (
    batch_process,
    compute_heavy,
    parallel_task,
    parallel_transform,
    process_batch,
    process_data,
)
from fastlane.lab.config import parse_config
from fastlane.lab.loop import fetch_url, heavy_compute_async, heavy_compute_sync
from fastlane.lab.strings import TextFacts, analyze_str, process_bytes, process_text

connect = _core.lab.connect
multiply_matrices = _core.lab.multiply_matrices
process_one = _core.lab.process_one
slow_sum = _core.lab.slow_sum

__all__ = [
    "ConnectionTimeout",
    "Counter",
    "DatabaseError",
    "LeakingProcessor",
    "SafeProcessor",
    "TextFacts",
    "analyze_str",
    "batch_process",
    "compute_heavy",
    "connect",
    "fast_sum",
    "fetch_url",
    "heavy_compute_async",
    "heavy_compute_sync",
    "multiply_matrices",
    "parallel_task",
    "parallel_transform",
    "parse_config",
    "process_batch",
    "process_bytes",
    "process_data",
    "process_one",
    "process_text",
    "slow_sum",
    "sum_buffer",
]
