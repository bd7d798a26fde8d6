"""docs/legacy.md, followed to the letter: the extension of 2012 is built in each of its three ways,
as it was, with fastlane installed and with vendored kernels, by the page's commands and diffs.
"""

import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from compilers import load, needs_compiler, run

import fastlane

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "legacy.md").read_text("ascii")

pytestmark = needs_compiler


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


INSTALLED, VENDORED = blocks("diff")
COPY, BUILD, WRITE_SOURCES, _ = blocks("sh")
(EXAMPLE,) = blocks("py")
WAYS = {line.split()[0].replace("python", "setup.py"): line for line in BUILD.splitlines()}


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """Runs a line of the page where `python` is the one that runs this."""
    tools = tmp_path_factory.mktemp("bin")
    python = tools / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)

    def run_line(line: str, folder: Path) -> str:
        import os

        path = f"{tools}{os.pathsep}{os.environ['PATH']}"
        return run("/bin/sh", "-e", "-c", line, cwd=folder, PATH=path, PYTHONSAFEPATH="")

    return run_line


def apply(diff: str, folder: Path) -> None:
    tool = ["patch", "-p1", "-i"] if shutil.which("patch") else ["git", "apply", "-p1"]
    (folder / "page.diff").write_text(diff)
    run(*tool, "page.diff", cwd=folder)


@pytest.fixture(params=WAYS)
def way(request):
    tool = WAYS[request.param].split()[0]
    if tool != "python" and shutil.which(tool) is None:
        pytest.skip(f"no {tool} here")
    # The sources are compiled once for each way: without optimisation, to be quick.
    return WAYS[request.param].replace("Release", "Debug")


@pytest.fixture
def folder(tmp_path, shell):
    shell(COPY.replace("tests/legacy", str(ROOT / "tests" / "legacy")), tmp_path)
    return tmp_path / "wavestats"


def built_in(folder: Path):
    (path,) = [*folder.glob("wavestats*.so"), *folder.glob("build/wavestats*.so")]
    module = load(path)
    example = "".join(line for line in EXAMPLE.splitlines(True) if line != "import wavestats\n")
    exec(compile(example, "docs/legacy.md", "exec"), {"wavestats": module})
    return module


def test_as_it_was(folder, shell, way):
    shell(way, folder)
    module = built_in(folder)
    with pytest.raises((BufferError, ValueError)):
        module.average(np.arange(10.0)[::2])


def test_with_fastlane_installed(folder, shell, way):
    apply(INSTALLED, folder)
    shell(way, folder)
    module = built_in(folder)
    x = np.arange(10.0)[::2]
    assert module.average(x) == 4.0
    with pytest.raises(fastlane.ArgumentTypeError, match=r"average\(\): argument 'samples'"):
        module.average(b"bytes")
    with pytest.raises(fastlane.ArgumentValueError):
        module.spread(np.zeros(0))


def test_vendored(folder, shell, way):
    shell(WRITE_SOURCES, folder)
    apply(VENDORED, folder)
    for name in ("setup.py", "Makefile"):
        text = (folder / name).read_text()
        (folder / name).write_text(re.sub(r"-O2( -fPIC)? -std", r"-O0\1 -std", text))
    shell(way, folder)
    module = built_in(folder)
    assert module.average(np.arange(10.0)[::2]) == 4.0
    with pytest.raises(TypeError):
        module.average(np.arange(10))
    with pytest.raises(ValueError):
        module.spread(np.zeros(0))
