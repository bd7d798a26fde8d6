"""The program that has fastlane inside it; tools/build --checked makes it beside the package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import fastlane

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}{sys.abiflags}"
PROGRAM = Path(fastlane.__file__).absolute().parents[2] / f"embed-{VERSION}"
PAGE = Path(__file__).parents[2] / "docs" / "embedding.md"

pytestmark = [
    pytest.mark.skipif(not PROGRAM.is_file(), reason=f"no {PROGRAM.name} beside this package"),
    pytest.mark.skipif("FASTLANE_SANITIZE" in os.environ, reason="a program of its own"),
]


def run(*arguments: str) -> str:
    done = subprocess.run(
        [PROGRAM, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_boundary_types_hold_what_they_say():
    said = run("boundary")
    assert "[  PASSED  ]" in said and "FAILED" not in said


def test_lives_without_numpy_end_and_begin_again():
    assert run("no-numpy").splitlines() == [f"life {life} ended" for life in (1, 2, 3)]


def test_with_numpy_the_second_life_gets_the_documented_import_error():
    first, error, second, again, third = run("numpy").splitlines()
    assert [first, second, third] == [f"life {life} ended" for life in (1, 2, 3)]
    assert error == again
    assert error in " ".join(PAGE.read_text("ascii").split())
