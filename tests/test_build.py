"""What the build promises about its result: one exported symbol, one version, one source list."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import fastlane
import pytest

EXTENSION = Path(fastlane._core.__file__)
REPOSITORY = Path(__file__).resolve().parent.parent


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_only_the_init_function_is_exported() -> None:
    if shutil.which("nm") is None:
        pytest.skip("nm (binutils) is not installed")
    symbols = output_of("nm", "-D", "--defined-only", str(EXTENSION)).split("\n")[:-1]
    assert [line.split()[1:] for line in symbols] == [["T", "PyInit__core"]]


def test_extension_needs_no_python_library() -> None:
    """An extension that names libpython would load a second one into a static interpreter."""
    if shutil.which("readelf") is None:
        pytest.skip("readelf (binutils) is not installed")
    needed = re.findall(r"NEEDED.*\[(.*)\]", output_of("readelf", "-d", str(EXTENSION)))
    assert needed
    assert not [name for name in needed if name.startswith("libpython")]


def test_version_is_the_projects() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    assert fastlane.__version__ == project["version"]


@pytest.mark.parametrize("door", ["CMakeLists.txt", "setup.py"])
def test_both_doors_read_the_same_lists(door: str) -> None:
    text = (REPOSITORY / door).read_text("utf-8")
    for name in ("kernels/sources.txt", "kernels/libraries.txt", "kernels/flags.txt"):
        assert name in text
    assert "module/sources.txt" in text
    assert ".cpp" not in text


def test_both_doors_read_the_version_from_one_place() -> None:
    assert "pyproject.toml" in (REPOSITORY / "CMakeLists.txt").read_text("utf-8")
    strings = [
        node.value
        for node in ast.walk(ast.parse((REPOSITORY / "setup.py").read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert "pyproject.toml" in strings
    assert fastlane.__version__ not in strings


def test_import_starts_no_thread_and_needs_no_compiler() -> None:
    script = (
        "import os, sys; before = len(os.listdir('/proc/self/task'));"
        "import numpy; after_numpy = len(os.listdir('/proc/self/task'));"
        "import fastlane; print(len(os.listdir('/proc/self/task')) - after_numpy)"
    )
    assert output_of(sys.executable, "-P", "-c", script).strip() == "0"


def test_unknown_cpu_row_is_an_import_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTLANE_CPU", "abacus")
    ended = subprocess.run(
        [sys.executable, "-P", "-c", "import fastlane"], capture_output=True, text=True
    )
    assert ended.returncode == 1
    assert "ImportError" in ended.stderr
    assert "abacus" in ended.stderr
    assert "baseline" in ended.stderr
