"""Builds the peer modules of the suite `calls` under .cache/bench-X.Y/modules.

Each module is built once for its sources, its interpreter and what it is built with. A module that
cannot be built is reported and left out; the benchmarks then say n/a.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

SOURCES = Path(__file__).parent / "modules"
ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / f"bench-{sys.version_info.major}.{sys.version_info.minor}"
MODULES = CACHE / "modules"
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")

BUILT_WITH = {
    "bench_raw": ("numpy",),
    "bench_pybind11": ("numpy", "pybind11"),
    "bench_nanobind": ("numpy", "nanobind"),
    "bench_cython": ("numpy", "Cython"),
    "bench_pyo3": ("numpy",),
}
COMPILE = [
    "-O3",
    "-DNDEBUG",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
    "-ffunction-sections",
    "-Wl,--gc-sections",
    "-Wl,-s",
]


def run(command: Iterable[object], **environment: str) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(
        words,
        env=os.environ | environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        raise OSError(f"{words[0]} exited {done.returncode}:\n{done.stdout[-2000:]}")


def compile_module(name: str, sources: Iterable[Path], *flags: str, compiler: str = "c++") -> None:
    import numpy

    includes = [f"-I{sysconfig.get_path('include')}", f"-I{numpy.get_include()}"]
    command = compiler if compiler == "cc" else os.environ.get("CXX", compiler)
    run([command, *COMPILE, *flags, *includes, *sources, "-o", MODULES / (name + SUFFIX)])


def build_bench_raw() -> None:
    compile_module("bench_raw", [SOURCES / "raw.cpp"], "-std=c++20")


def build_bench_pybind11() -> None:
    import pybind11

    compile_module(
        "bench_pybind11",
        [SOURCES / "pybind11.cpp"],
        "-std=c++20",
        "-flto=auto",
        f"-I{pybind11.get_include()}",
    )


def build_bench_nanobind() -> None:
    import nanobind

    folder = Path(nanobind.__file__).parent
    compile_module(
        "bench_nanobind",
        [SOURCES / "nanobind.cpp", folder / "src" / "nb_combined.cpp"],
        "-std=c++20",
        "-flto=auto",
        "-fno-strict-aliasing",
        "-DNB_COMPACT_ASSERTIONS",
        f"-I{folder / 'include'}",
        f"-I{folder / 'ext' / 'robin_map' / 'include'}",
    )


def build_bench_cython() -> None:
    c_file = CACHE / "bench_cython.c"
    run([sys.executable, "-m", "cython", SOURCES / "bench_cython.pyx", "-o", c_file])
    compile_module(
        "bench_cython", [c_file], "-DNPY_NO_DEPRECATED_API=NPY_1_7_API_VERSION", compiler="cc"
    )


def build_bench_pyo3() -> None:
    if shutil.which("cargo") is None:
        raise OSError("cargo is not installed")
    crate = CACHE / "pyo3"  # a copy, since cargo writes its lock file beside the manifest
    shutil.copytree(SOURCES / "pyo3", crate, dirs_exist_ok=True)
    run(
        [
            "cargo",
            "build",
            "--release",
            "--manifest-path",
            crate / "Cargo.toml",
            "--target-dir",
            crate / "target",
        ],
        PYO3_PYTHON=sys.executable,
    )
    shutil.copy(crate / "target/release/libbench_pyo3.so", MODULES / ("bench_pyo3" + SUFFIX))


def fingerprint(name: str) -> str:
    text = [sys.version, sys.executable]
    for package in BUILT_WITH[name]:
        text.append(f"{package}=={importlib.metadata.version(package)}")
    stem = name.removeprefix("bench_")
    for path in sorted([Path(__file__), *SOURCES.rglob("*")]):
        if path.is_file() and (path == Path(__file__) or stem in str(path.relative_to(SOURCES))):
            text.append(path.read_text())
    return hashlib.sha256("\n".join(text).encode()).hexdigest()


def build_modules() -> dict[str, str]:
    """Builds what is missing or stale; maps each module that cannot be had to the reason."""
    MODULES.mkdir(parents=True, exist_ok=True)
    missing: dict[str, str] = {}
    for name in BUILT_WITH:
        stamp = CACHE / f"{name}.stamp"
        try:
            wanted = fingerprint(name)
            if stamp.exists() and stamp.read_text() == wanted:
                continue
            print(f"bench: building {name}", file=sys.stderr, flush=True)
            globals()[f"build_{name}"]()
            stamp.write_text(wanted)
        except (OSError, ImportError) as problem:
            missing[name] = str(problem)
            print(f"bench: without {name}: {problem}", file=sys.stderr)
    return missing
