"""The program that docs/embedding.md shows, compiled with the flags of `config --embed`."""

import re
from pathlib import Path

from compilers import CXX, config, needs_compiler, run

PAGE = Path(__file__).parents[2] / "docs" / "embedding.md"

pytestmark = needs_compiler


def test_the_program_of_the_page_runs(tmp_path):
    (source,) = re.findall(r"^```cpp\n(.*?)^```$", PAGE.read_text("ascii"), re.M | re.S)
    (tmp_path / "main.cpp").write_text(source)
    flags = config("--embed").split()
    run(CXX, "-std=c++17", "-Wall", "-Wextra", "main.cpp", "-o", "main", *flags, cwd=tmp_path)
    assert run(tmp_path / "main") == "2500\n"
