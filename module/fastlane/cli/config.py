"""`python -m fastlane config`: what compilers and build tools ask for, each on its own line."""

from __future__ import annotations

import argparse
import re
import shlex
import sysconfig
from pathlib import Path

from fastlane._config import cmake_dir, get_include, pkgconfig_dir

from .arguments import TOPICS, CallError
from .dispatch import DONE
from .vendor import vendor

__all__ = ["cflags", "config", "ldflags"]


def config(arguments: argparse.Namespace) -> int:
    """Prints or writes what was asked for. Raises CallError and OSError."""
    lines = []
    flags = []
    if arguments.cflags or arguments.embed and not arguments.ldflags:
        flags += cflags()
    if arguments.ldflags or arguments.embed and not arguments.cflags:
        flags += ldflags(embed=arguments.embed)
    if flags or arguments.cflags or arguments.ldflags:
        lines.append(shlex.join(flags))
    if arguments.cmakedir:
        lines.append(cmake_dir())
    if arguments.pkgconfigdir:
        lines.append(pkgconfig_dir())
    if arguments.extension_suffix:
        lines.append(_variable("EXT_SUFFIX"))
    if arguments.sources is not None:
        lines += _write_sources(arguments)
    if not lines:
        raise CallError("expected at least one option; python -m fastlane config --help shows them")
    print("\n".join(lines))
    return DONE


def cflags() -> list[str]:
    """Include folders: fastlane's and Python's."""
    paths = [get_include(), sysconfig.get_path("include"), sysconfig.get_path("platinclude")]
    return [f"-I{path}" for path in dict.fromkeys(paths)]


def ldflags(*, embed: bool) -> list[str]:
    """Nothing for an extension: it finds Python and fastlane in the process. For a program that
    starts an interpreter, Python's library and what that needs.
    """
    if not embed:
        return []
    shared = bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))
    folder = _variable("LIBDIR" if shared else "LIBPL")
    flags = [f"-L{folder}", f"-lpython{_variable('LDVERSION')}"]
    if shared:
        flags.append(f"-Wl,-rpath,{folder}")
    for name in ("LIBS", "SYSLIBS", "LINKFORSHARED"):
        flags += shlex.split(_variable(name))
    return flags


def _variable(name: str) -> str:
    return str(sysconfig.get_config_var(name) or "")


def _write_sources(arguments: argparse.Namespace) -> list[str]:
    prefix = arguments.prefix
    if not re.fullmatch(r"[a-z][a-z0-9_]*", prefix):
        raise CallError(
            f"--prefix must be a name in C of small letters, digits and _, got {prefix!r}; "
            "write --prefix acme"
        )
    topics = TOPICS if arguments.kernels is None else arguments.kernels.split(",")
    unknown = [topic for topic in topics if topic not in TOPICS]
    if unknown:
        raise CallError(f"--kernels must be among {','.join(TOPICS)}, got {unknown[0]!r}")
    written = vendor(topics, prefix)
    folder = Path(arguments.sources)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in written.files.items():
        (folder / name).write_text(text, "ascii")
    return [
        *(f"{folder / name}" for name in written.files),
        f"compile: g++ -O2 -fPIC {' '.join(written.cxxflags)} -c {prefix}.cpp",
        f"link:    {' '.join(written.ldflags)}",
    ]
