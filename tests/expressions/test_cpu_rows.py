"""Every CPU row of the expression kernels: it runs, and it gives the same values as the others."""

import os
import subprocess
import sys

import numpy as np
import pytest
from expressions.numpy_model import FLOAT_FUNCTIONS, ulps_apart

import fastlane

ROWS = ("baseline", "avx2", "avx512")
EXACT = (
    "a*b + 1", "a - a*b", "a*b - b", "a / b", "a // b", "a % b", "a*a*a", "min(a, b)", "max(a, b)",
    "where(a > b, a, -b)", "abs(a)", "floor(a)", "round(a)", "sqrt(abs(a))", "(a < b) & ~(a == b)",
    "isnan(a) or not isfinite(b)", "i*j + 1", "i // j", "i % j", "i & j | 3", "~i", "i**3", "abs(i)",
    "min(i, j)", "i + a", "i < j", "f*f + f", "f / 3", "max(f, i)", "f // 0.3", "where(i > 0, f, 1)",
)  # fmt: skip
CLOSE = (
    *(f"{name}(a)" for name in FLOAT_FUNCTIONS),
    *(f"{name}(f)" for name in FLOAT_FUNCTIONS),
    "a ** b", "atan2(a, b)", "hypot(a, b)", "a**3 + sin(a)",
)  # fmt: skip

SCRIPT = """
import sys
import numpy as np
import fastlane
from expressions import test_cpu_rows as rows
assert fastlane.info()["cpu"] == sys.argv[1], fastlane.info()["cpu"]
np.savez(sys.stdout.buffer, **{str(i): value for i, value in enumerate(rows.values())})
"""


def arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(7)
    a = random.normal(size=5_000) * 10.0 ** random.integers(-8, 9, 5_000)
    a[::97] = np.resize([0.0, -0.0, np.nan, np.inf, -np.inf, 1e300, -5e-324], len(a[::97]))
    return {
        "a": a,
        "b": np.roll(a, 1_234),
        "f": random.normal(size=5_000).astype("f4"),
        "i": random.integers(-(10**9), 10**9, 5_000, "i8"),
        "j": random.integers(-9, 9, 5_000, "i4"),
    }


def values() -> list[np.ndarray]:
    known = arrays()
    found = []
    for source in (*EXACT, *CLOSE):
        expression = fastlane.compile(source)
        found.append(expression(**{name: known[name] for name in expression.variables}))
    return found


def values_of_row(row: str, folder: os.PathLike) -> list[np.ndarray]:
    environment = {
        **os.environ,
        "FASTLANE_CPU": row,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    ended = subprocess.run(
        [sys.executable, "-P", "-c", SCRIPT, row], env=environment, capture_output=True
    )
    if ended.returncode != 0:
        assert b"ImportError" in ended.stderr, ended.stderr.decode()
        pytest.skip(f"this CPU does not run {row}")
    path = os.path.join(folder, f"{row}.npz")
    with open(path, "wb") as file:
        file.write(ended.stdout)
    with np.load(path) as stored:
        return [stored[str(index)] for index in range(len(EXACT) + len(CLOSE))]


@pytest.mark.parametrize("row", ROWS)
def test_row_runs_and_gives_the_same_values(row: str, tmp_path):
    expected = values()
    found = values_of_row(row, tmp_path)
    for source, left, right in zip((*EXACT, *CLOSE), found, expected, strict=True):
        assert left.dtype == right.dtype, source
        if source in EXACT:
            assert np.array_equal(left, right, equal_nan=right.dtype.kind == "f"), source
        else:
            assert ulps_apart(left, right) <= 2, source
