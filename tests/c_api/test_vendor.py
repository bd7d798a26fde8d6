"""The kernels as two files in somebody else's project: they compile, they give the same, they keep
their symbols to themselves.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from compilers import CC, CXX, compile_extension, config, load, needs_compiler, run

import fastlane
from fastlane.cli.arguments import TOPICS
from fastlane.cli.vendor import carried, sources_of, vendor

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent


def test_the_package_carries_what_the_kernels_are_made_of():
    listed = (ROOT / "module/c_api/vendored.txt").read_text().split("\n")
    assert listed.pop() == ""
    assert carried() == {name: (ROOT / name).read_text() for name in listed}
    folders = ROOT / "kernels", ROOT / "module/c_api"
    paths = [path for folder in folders for path in folder.rglob("*.?pp")]
    known = {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}
    assert listed == sorted(["LICENSE", "kernels/flags.txt", *sources_of(known, TOPICS)])


def test_vendored_sources_know_nothing_of_python():
    for name, text in carried().items():
        assert not re.search(r"Python\.h|numpy/|\bPy[A-Z]", text), name


def test_no_name_is_left_without_the_prefix():
    for text in vendor(TOPICS, "acme").files.values():
        code = re.sub(r"//[^\n]*|\"(?:\\.|[^\"\\])*\"", "", text)
        assert re.findall(r"\b(?:fln|FLN)_\w+|\bfastlane::\w+|namespace fastlane\b", code) == []


def test_header_has_the_wanted_functions_only():
    header = vendor(["text"], "acme").files["acme.h"]
    assert "acme_find(" in header and "acme_count(" in header
    assert "acme_sum(" not in header and "MIT License" in header


def test_only_pictures_and_checksums_need_libraries():
    plain = ["-lstdc++", "-lm", "-pthread"]
    assert vendor(["reductions", "layout", "text", "tensors"], "acme").ldflags == plain
    assert vendor(["bytes"], "acme").ldflags == [*plain, "-lisal"]
    assert vendor(["pictures"], "acme").ldflags == [*plain, "-ldeflate", "-lisal"]


pytestmark = needs_compiler


@pytest.fixture(scope="module")
def two_copies(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vendored")
    for prefix in ("acme", "zeta"):
        config("--sources", str(folder), "--prefix", prefix, "--kernels", "reductions,text")
        run(CXX, "-std=c++20", "-O0", "-fPIC", "-Wall", "-Wextra", "-Werror", "-c", f"{prefix}.cpp",
            cwd=folder)  # fmt: skip
    cflags = config("--cflags").split()
    built = compile_extension(
        folder / "vendored", f"-I{folder}", *cflags, HERE / "vendored.c", folder / "acme.o",
        folder / "zeta.o", "-lstdc++", "-pthread", compiler=CC,
    )  # fmt: skip
    return built


def test_two_copies_and_fastlane_live_in_one_process(two_copies):
    module = load(two_copies)
    x = np.arange(3000.0)[::-3]
    assert module.sums(x) == (fastlane.sum(x), fastlane.sum(x))
    assert module.find(b"one two three" * 100, b"three") == (8, 8)


def test_copies_export_no_function(two_copies):
    # What the standard library makes of their types stays weak, under names with the prefix.
    said = run("nm", "-D", "--defined-only", two_copies)
    names = [line.split()[1:] for line in said.splitlines()]
    ours = [(kind, name) for kind, name in names if "acme" in name or "zeta" in name]
    assert [name for _, name in ours if re.match(r"(_ZN?\d+)?(acme|zeta)_", name)] == []
    assert {kind for kind, _ in ours} <= {"W", "V"}


def test_an_unknown_cpu_row_is_a_status_not_an_abort(two_copies):
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import array, vendored\n"
        "try: vendored.sums(array.array('d', range(100)))\n"
        "except ValueError as error: print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(two_copies.parent)],
        env={**os.environ, "FASTLANE_CPU": "nonsense"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith("FASTLANE_CPU=nonsense does not run on this CPU; available: ")


def test_all_kernels_compile_together_and_decode(tmp_path):
    import pngs

    said = config("--sources", str(tmp_path), "--prefix", "all")
    assert said.splitlines()[:2] == [str(tmp_path / "all.h"), str(tmp_path / "all.cpp")]
    file = pngs.sample(2, 8, 7, 5).encode()
    (tmp_path / "picture.png").write_bytes(file)
    (tmp_path / "main.c").write_text(
        '#include <stdio.h>\n#include "all.h"\n'
        "int main(int argc, char **argv) {\n"
        "  static unsigned char file[65536], pixels[105];\n"
        '  FILE *opened = fopen(argv[argc - 1], "rb");\n'
        "  size_t size = fread(file, 1, sizeof file, opened);\n"
        "  ptrdiff_t shape[3] = {7, 5, 3};\n"
        "  all_array out = {pixels, ALL_UINT8, 3, shape, NULL};\n"
        "  all_error error;\n"
        "  unsigned sum = 0;\n"
        "  if (all_png_decode(file, size, &out, &error)) return puts(error.message), 1;\n"
        "  for (int i = 0; i < 105; ++i) sum += pixels[i];\n"
        '  return printf("%u", sum) < 0;\n'
        "}\n"
    )
    link = said.splitlines()[-1].split()[1:]
    run(CXX, "-std=c++20", "-O0", "-Wall", "-Wextra", "-Werror", "-c", "all.cpp", cwd=tmp_path)
    run(CC, "-o", "main", "main.c", "all.o", *link, cwd=tmp_path)
    expected = int(fastlane.image.decode(file).sum())
    assert run(tmp_path / "main", tmp_path / "picture.png") == str(expected)
