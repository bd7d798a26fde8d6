"""What the tests of fastlane.aio share: a bridge around a test, and processes of their own."""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
from test_threads import run_alone

from fastlane import aio

MANY = int(os.environ.get("FASTLANE_CASES", "200")) > 200

needs_threads_after_a_fork = pytest.mark.skipif(
    os.environ.get("FASTLANE_SANITIZE") == "thread",
    reason="the thread sanitizer supports no threads after a fork",
)

PRELUDE = """
import asyncio, os, sys, threading, time
import numpy as np
import fastlane as fl
from fastlane import aio
endless = np.broadcast_to(1.0, 1 << 40)
def large(): return np.ones(100_000)
"""


def large() -> np.ndarray:
    """Worth a worker: a smaller one is summed at once."""
    return np.ones(100_000)


def run_with_bridge(script: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    return run_alone(PRELUDE + script, timeout=timeout)


def with_bridge(body: Callable[[aio.Bridge], Coroutine[Any, Any, Any]], **options: Any) -> Any:
    async def main() -> Any:
        async with aio.Bridge(**options) as bridge:
            return await body(bridge)

    return asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.001)
