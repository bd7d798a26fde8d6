"""The kernels as one header and one source file, with a prefix of the user's own on every name.

Takes the sources that the package carries, joins those that the wanted kernels need, and renames:
two copies with different prefixes can live in one process, and neither exports a function.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from fastlane._config import get_include, packed_sources

__all__ = ["LIBRARIES", "Vendored", "carried", "sources_of", "vendor"]

# What the system's headers in the sources stand for on the linker's command line.
LIBRARIES = {"isa-l": "-lisal", "libdeflate.h": "-ldeflate"}

_HEADER = "module/fastlane/include/fastlane_kernels.h"
_OURS = re.compile(r'^#include "([^"]+)"\n', re.MULTILINE)
_SYSTEMS = re.compile(r"^#include <([^>]+)>\n", re.MULTILINE)
_PRIVATE = re.compile(r"^namespace \{\n(.*?)^\}  // namespace\n", re.MULTILINE | re.DOTALL)
# A name that is declared at the left margin: a type, a constant, a function.
_DECLARED = re.compile(
    r"^(?:(?:struct|class|enum class) (\w+)|using (\w+) =|"
    r"(?!template|struct|class|enum|using|namespace|//)\S.*?[ *&](\w+)(?=\(| = |\[|;))",
    re.MULTILINE,
)


class Vendored(NamedTuple):
    """Names and texts of the files, and the flags that the source is compiled and linked with."""

    files: dict[str, str]
    cxxflags: list[str]
    ldflags: list[str]


def vendor(topics: Collection[str], prefix: str) -> Vendored:
    """The files PREFIX.h and PREFIX.cpp."""
    texts = carried()
    sources = {name: texts[name] for name in sources_of(texts, topics)}
    licence = "".join(f"// {line}".rstrip() + "\n" for line in texts["LICENSE"].splitlines())
    header = (Path(get_include()) / "fastlane_kernels.h").read_text("ascii")
    includes = sorted({name for text in sources.values() for name in _SYSTEMS.findall(text)})
    roots = {name.split("/")[0] for name in includes}
    libraries = sorted(flag for name, flag in LIBRARIES.items() if name in roots)
    cxxflags = ["-std=c++20", *texts["kernels/flags.txt"].split()]
    ldflags = ["-lstdc++", "-lm", "-pthread", *libraries]
    parts = [
        "// Kernels of fastlane, written by `python -m fastlane config --sources` with the prefix\n"
        f"// {prefix}. Compile with {' '.join(cxxflags[:3])}\n"
        f"// {' '.join(cxxflags[3:])}; link with {' '.join(ldflags)}.\n//\n"
        f"{licence}",
        f'#include "{prefix}.h"\n',
        "".join(f"#include <{name}>\n" for name in includes),
        "#pragma GCC visibility push(hidden)\n",
        *_bodies(sources),
        "#pragma GCC visibility pop\n",
    ]
    return Vendored(
        {
            f"{prefix}.h": licence + "//\n" + _renamed(_chosen(header, topics), prefix),
            f"{prefix}.cpp": _renamed("\n".join(parts), prefix),
        },
        cxxflags,
        ldflags,
    )


def carried() -> dict[str, str]:
    """The sources that the package carries, by their names in the repository."""
    text = lzma.decompress(packed_sources().read_bytes()).decode("ascii")
    _, *parts = re.split(r"^//// (\S+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def sources_of(texts: Mapping[str, str], topics: Collection[str]) -> list[str]:
    """Those of `texts` that these kernels are made of, includes before their includers."""
    found: dict[str, None] = {}
    seen: set[str] = set()

    def visit(name: str) -> None:
        if name in seen or name == _HEADER:
            return
        seen.add(name)
        for included in _OURS.findall(texts[name]):
            visit(included)
        found[name] = None
        for implementation in _implementations(texts, name):
            visit(implementation)

    visit("module/c_api/status.cpp")
    for topic in topics:
        visit(f"module/c_api/{topic}.cpp")
    headers = [name for name in found if name.endswith(".hpp")]
    return headers + [name for name in found if not name.endswith(".hpp")]


def _implementations(texts: Mapping[str, str], header: str) -> Iterator[str]:
    """The sources of topic.hpp are topic.cpp and topic_*.cpp beside it."""
    if header.endswith(".hpp"):
        ours = re.compile(re.escape(header.removesuffix(".hpp")) + r"(_\w+)?\.cpp")
        yield from sorted(name for name in texts if ours.fullmatch(name))


def _bodies(sources: dict[str, str]) -> Iterator[str]:
    """The texts without their includes. What two files keep to themselves under one name gets a
    name for each.
    """
    taken: set[str] = set()
    for name, text in sources.items():
        body = _SYSTEMS.sub("", _OURS.sub("", text)).replace("#pragma once\n", "")
        private = {
            word
            for part in _PRIVATE.findall(body)
            for words in _DECLARED.findall(part)
            for word in words
            if word
        }
        for word in sorted(private & taken):
            body = re.sub(rf"\b{word}\b", f"{word}_in_{PurePosixPath(name).stem}", body)
        taken |= private
        yield f"// ---- {name} {'-' * (90 - len(name))}\n{body}"


def _chosen(header: str, topics: Collection[str]) -> str:
    """The header without the functions of other topics."""
    first, *parts = re.split(r"^// ---- (\w+) ----\n", header, flags=re.MULTILINE)
    sections = zip(parts[::2], parts[1::2], strict=True)
    return first + "".join(text for topic, text in sections if topic in {*topics, "end"})


def _renamed(text: str, prefix: str) -> str:
    text = re.sub(r"\bfln_(?=\w)", f"{prefix}_", text)
    text = re.sub(r"\bFLN_(?=\w)", f"{prefix.upper()}_", text)
    return re.sub(r"\bfastlane(?=::| \{)", f"{prefix}_fastlane", text)
