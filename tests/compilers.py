"""Compiles C and C++ for the tests as a user would, with the flags that `config` prints."""

import contextlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import pytest

from fastlane.cli import main

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
CC = shutil.which("gcc") or shutil.which("cc")
CXX = shutil.which("g++") or shutil.which("c++")

needs_compiler = [
    pytest.mark.skipif(CC is None or CXX is None, reason="no C and C++ compiler here"),
    pytest.mark.skipif("FASTLANE_SANITIZE" in os.environ, reason="clients are not instrumented"),
    pytest.mark.skipif(hasattr(sys, "gettotalrefcount"), reason="compiled for the release headers"),
]


def run(*command: object, cwd: Path | None = None, **environment: str) -> str:
    """What the command prints; a failure shows all that it said."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def config(*options: str) -> str:
    """What `python -m fastlane config` prints, asked in this process."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["config", *options]) == 0
    return printed.getvalue().rstrip("\n")


def compile_extension(target: Path, *arguments: object, compiler: str | None = CC) -> Path:
    """`target` without the suffix of extensions; all of `arguments` go to the compiler."""
    built = target.with_name(target.name + SUFFIX)
    run(compiler, "-O1", "-fPIC", "-shared", "-o", built, *arguments)
    return built


def load(path: Path) -> ModuleType:
    """An extension from its file; its name is that of the file."""
    spec = importlib.util.spec_from_file_location(path.name.removesuffix(SUFFIX), path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
