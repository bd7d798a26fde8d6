"""Ten gigabytes under a memory limit: only in the long run (FASTLANE_CASES above 200)."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

GIGABYTES = 10 if int(os.environ.get("FASTLANE_CASES", "200")) > 200 else 0

PROGRAM = """
import resource
import sys
from fastlane import records as fr

def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) << 10

lines = b'{"k": "a", "x": 1}\\n{"k": "b", "x": 2.5}\\n{"k": "a", "x": "bad"}\\n' * 10_000
plan = fr.Plan(fr.ndjson(), fr.Schema(k=fr.Category(), x=fr.Float64())).group_by("k")
plan = plan.aggregate(n=fr.count(), middle=fr.quantile("x", 0.5))
plan.run(lines, threads=1)
before = memory("VmHWM")
limit = memory("VmSize") + (256 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
times = int(sys.argv[1]) * 10**9 // len(lines)
result = plan.run((lines for _ in range(times)), threads=1)
assert result.rows_in == 30_000 * times == result.rows_ok + result.rows_bad
assert result.rows_bad == 10_000 * times
assert result.to_dict() == {"k": ["a", "b"], "n": [10_000 * times] * 2, "middle": [1.0, 2.5]}
print((memory("VmHWM") - before) >> 20)
"""


@pytest.mark.skipif(GIGABYTES == 0, reason="ten gigabytes take minutes: FASTLANE_CASES=10000")
def test_ten_gigabytes_in_forty_megabytes() -> None:
    command = [sys.executable, "-P", "-c", PROGRAM, str(GIGABYTES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) <= 40
