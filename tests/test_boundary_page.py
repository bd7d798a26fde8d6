"""docs/boundary.md tells the truth: lines stand where it says, guards stand for what it says.

Run as a program, it writes the numbers of the lines anew.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PAGE = REPOSITORY / "docs" / "boundary.md"
STEP = re.compile(
    r"\[`(?P<path>[\w./]+):(?P<line>\d+)`\]\(\.\./(?P<link>[\w./]+)#L(?P<anchor>\d+)\)\n\n"
    r"```cpp\n(?P<quoted>.*?)\n```",
    re.DOTALL,
)
STANDS_FOR = re.compile(r"// Stands for(?P<pair>(?:.*\n//)*.*)\n(?:class|struct) (?P<guard>\w+)")


def stripped(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines]


def places_of(quoted: str, path: Path) -> list[int]:
    """The lines, from 1, on which the quoted lines begin."""
    wanted = stripped(quoted.split("\n"))
    lines = stripped(path.read_text().split("\n"))
    return [
        start + 1
        for start in range(len(lines))
        if lines[start : start + len(wanted)] == wanted
    ]


def test_every_quoted_line_stands_where_the_page_says():
    steps = list(STEP.finditer(PAGE.read_text()))
    assert len(steps) >= 12
    wrong = [
        f"{step['path']}:{step['line']} does not begin {step['quoted']!r};"
        f" it stands at {places_of(step['quoted'], REPOSITORY / step['path'])}:"
        f" python {Path(__file__).name} writes the numbers anew"
        for step in steps
        if int(step["line"]) not in places_of(step["quoted"], REPOSITORY / step["path"])
        or (step["path"], step["line"]) != (step["link"], step["anchor"])
    ]
    assert wrong == []


def test_the_call_is_followed_in_the_order_in_which_it_runs():
    steps = [Path(step["path"]).name for step in STEP.finditer(PAGE.read_text())]
    assert steps[0] == "reductions.cpp" and "sum.cpp" in steps and steps[-1] == "errors.cpp"
    assert steps.index("borrowed_array.hpp") < steps.index("sum.cpp") < steps.index("errors.cpp")


def rows_of_guards() -> dict[str, str]:
    """The table of guards: what stands in each row, by the guard's name."""
    table = PAGE.read_text().partition("| guard |")[2].partition("\n\n")[0]
    rows = [line.split("|") for line in table.split("\n")[2:]]
    return {cells[1].strip(" `"): "|".join(cells[2:]) for cells in rows}


def test_every_guard_stands_in_the_table_with_its_pair():
    rows = rows_of_guards()
    told = 0
    for header in sorted((REPOSITORY / "module" / "boundary").glob("*.hpp")):
        for found in STANDS_FOR.finditer(header.read_text()):
            # What only one family uses, or what another guard stands for, is no guard of a call.
            if found["guard"] in ("HugePageObjects", "RustBorrows"):
                continue
            assert found["guard"] in rows, f"{header.name}: {found['guard']}"
            told += 1
            if found["guard"] == "BorrowedString":
                continue
            calls = set(re.findall(r"\bPy(?:\w+_\w+)\b", found["pair"])) - {"PyX_New"}
            missing = {call for call in calls if call not in rows[found["guard"]]}
            assert missing <= {"PyBUF_FULL_RO", "PyBUF_STRIDED_RO"}, (found["guard"], missing)
    assert told >= 10


def test_the_names_by_which_guards_give_back_are_theirs():
    sources = "\n".join(
        path.read_text() for path in sorted((REPOSITORY / "module" / "boundary").glob("*.hpp"))
    )
    for guard, row in rows_of_guards().items():
        taken, given_back = row.split("|")[:2]
        assert re.search(rf"\b{guard}\b", sources), guard
        for name in re.findall(r"`(\w+)`", taken + given_back):
            assert re.search(rf"\b{name}\(", sources), (guard, name)


def test_the_picture_is_whole_and_stands_for_itself():
    picture = REPOSITORY / "docs" / "three-phases.svg"
    assert "(three-phases.svg)" in PAGE.read_text()
    root = ElementTree.parse(picture).getroot()
    text = " ".join(root.itertext())
    for word in ("begin", "run", "finish", "PyEval_SaveThread", "PyEval_RestoreThread"):
        assert word in text
    assert "prefers-color-scheme: dark" in text
    assert not re.search(r"(href|url\()=?[\"']?https?:", picture.read_text())


def renumbered(text: str) -> str:
    """The page with each quoted line at the place that is nearest to where it was."""

    def written(step: re.Match[str]) -> str:
        path, before = step["path"], int(step["line"])
        places = places_of(step["quoted"], REPOSITORY / path)
        if not places:
            raise SystemExit(f"{path} has no lines {step['quoted']!r}")
        line = min(places, key=lambda place: abs(place - before))
        quoted = f"```cpp\n{step['quoted']}\n```"
        return f"[`{path}:{line}`](../{path}#L{line})\n\n{quoted}"

    return STEP.sub(written, text)


if __name__ == "__main__":
    PAGE.write_text(renumbered(PAGE.read_text()))
    sys.exit(0)
