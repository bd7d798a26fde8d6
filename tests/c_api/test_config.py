"""`python -m fastlane config` and the files that build tools read."""

import importlib.resources
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest
from compilers import config, run

import fastlane

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]


def test_include_folder_has_the_header():
    assert (Path(fastlane.get_include()) / "fastlane.h").is_file()


def test_all_versions_are_one():
    header = (Path(fastlane.get_include()) / "fastlane.h").read_text()
    assert f'#define FLN_VERSION "{fastlane.__version__}"' in header
    pc = (Path(config("--pkgconfigdir")) / "fastlane.pc").read_text()
    assert f"\nVersion: {fastlane.__version__}\n" in pc
    assert PROJECT["version"] == fastlane.__version__


def test_flags_are_what_a_compiler_takes():
    include = sysconfig.get_path("include")
    assert config("--cflags").split()[:2] == [f"-I{fastlane.get_include()}", f"-I{include}"]
    assert config("--cflags", "--ldflags") == config("--cflags")
    assert config("--ldflags") == ""
    embed = config("--ldflags", "--embed")
    assert re.search(r"-lpython3\.\d+", embed) and "-I" not in embed
    assert config("--embed") == config("--cflags", "--ldflags", "--embed")
    assert config("--extension-suffix") == sysconfig.get_config_var("EXT_SUFFIX")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "expected at least one option"),
        (("--sources", "x", "--prefix", "9a"), "--prefix must be a name in C"),
        (("--sources", "x", "--kernels", "sums"), "--kernels must be among reductions,"),
        (("--cflag",), "--cflags"),
    ],
)
def test_wrong_calls_are_one_sentence(options, sentence, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "fastlane", "config", *options],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert ended.returncode == 2 and ended.stdout == ""
    assert sentence in ended.stderr and ended.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_help_teaches():
    said = config("--help")
    for word in ("--cmakedir", "--pkgconfigdir", "--embed", "--prefix", "examples", "mine.c"):
        assert word in said


def test_pkg_config_finds_the_header():
    if shutil.which("pkg-config") is None:
        pytest.skip("no pkg-config here")
    flags = run("pkg-config", "--cflags", "fastlane", PKG_CONFIG_PATH=config("--pkgconfigdir"))
    (folder,) = re.findall(r"-I(\S+)", flags)
    assert Path(folder).resolve() == Path(fastlane.get_include()).resolve()


def test_the_entry_point_names_the_folder_of_the_pc_file():
    package = PROJECT["entry-points"]["pkg_config"]["fastlane"]
    assert (importlib.resources.files(package) / "fastlane.pc").is_file()


@pytest.mark.parametrize("wanted", ["0.1", "9.0"])
def test_cmake_finds_the_package_of_a_version_that_fits(wanted, tmp_path):
    if shutil.which("cmake") is None:
        pytest.skip("no cmake here")
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(client LANGUAGES NONE)\n"
        f"find_package(fastlane {wanted} QUIET)\n"
        'message(STATUS "found ${fastlane_FOUND} ${fastlane_VERSION} ${fastlane_INCLUDE_DIR}")\n'
    )
    folder = config("--cmakedir")
    said = run("cmake", f"-Dfastlane_DIR={folder}", "-B", tmp_path / "build", tmp_path)
    if wanted == "9.0":
        assert "found 0" in said
    else:
        assert f"found 1 {fastlane.__version__} " in said
        (folder,) = re.findall(r"found 1 \S+ (\S+)", said)
        assert (Path(folder) / "fastlane.h").is_file()
