"""What `pip install` gives a user: the wheel's content, and that it works without the checkout.

It compiles everything once more, so it runs where CI is set; by hand: CI=1 tools/test -k wheel.
"""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
FIRST_PYTHON = sys.version_info[:2] == (3, 11)

pytestmark = [
    pytest.mark.skipif("CI" not in os.environ, reason="compiles everything again: set CI=1"),
    pytest.mark.skipif(not FIRST_PYTHON, reason="one Python is enough for the wheel's content"),
    pytest.mark.skipif("FASTLANE_SANITIZE" in os.environ, reason="a sanitizer slows the compiler"),
]


@pytest.fixture(scope="module")
def wheel() -> zipfile.ZipFile:
    built = subprocess.run(
        [REPOSITORY / "tools" / "wheel", "--python", "3.11"], capture_output=True, text=True
    )
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(built.stdout.strip()) as opened:
        yield opened


def test_wheel_carries_the_whole_package_and_what_can_be_vendored(wheel: zipfile.ZipFile) -> None:
    package = REPOSITORY / "module" / "fastlane"
    suffixes = ("py", "pyi", "typed", "h", "cmake", "pc")
    files = [path for suffix in suffixes for path in package.rglob(f"*.{suffix}")]
    expected = {"fastlane/" + path.relative_to(package).as_posix() for path in files}
    expected.add("fastlane/sources.xz")
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    extensions = {name for name in found if name.endswith(".so")}
    assert found - extensions == expected
    assert len(extensions) == 1


def test_wheel_installs_no_command_and_asks_for_numpy(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    (entries,) = (name for name in names if name.endswith("entry_points.txt"))
    assert wheel.read(entries).decode().split() == [
        "[pkg_config]", "fastlane", "=", "fastlane.pkgconfig"
    ]  # fmt: skip
    metadata = wheel.read(next(name for name in names if name.endswith("METADATA"))).decode()
    fields = metadata.split("\n\n")[0].split("\n")
    assert "Name: fastlane-native" in fields
    assert "Requires-Dist: numpy>=1.26" in fields
    assert "Requires-Python: >=3.11" in fields
    assert "License-Expression: MIT" in fields


def test_wheel_works_without_the_checkout(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    script = "import fastlane; print(fastlane.__file__); print(fastlane.__version__)"
    ended = subprocess.run(
        [sys.executable, "-P", "-c", script],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    where, version = ended.stdout.split()
    assert Path(where).is_relative_to(tmp_path)
    assert version == wheel.filename.split("-")[-4]
