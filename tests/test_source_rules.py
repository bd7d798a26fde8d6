"""The rules of the house that a reader can rely on, checked on the text of the sources."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
CODE_FOLDERS = ("kernels", "module", "tools", "tests")
CODE_SUFFIXES = {".cpp", ".hpp", ".c", ".h", ".py", ".pyi", ".sh", ".rs", ".pyx", ".txt", ""}
NOT_SOURCES = {"__pycache__", "target", "data"}
LONGEST_FILE = 400

GIL_FILES = {
    "module/boundary/attached.hpp",
    "module/boundary/call.hpp",
    "module/boundary/native_thread.hpp",
    "module/boundary/released_gil.hpp",
}
RAW_LESSONS = "module/lessons/*_raw.cpp"  # they show the calls that the guards stand for
GIL_CALLS = re.compile(
    r"\b(PyEval_(Save|Restore|Acquire|Release)Thread|Py_(BEGIN|END)_ALLOW_THREADS"
    r"|PyGILState_(Ensure|Release)|Py_(UN)?BLOCK_THREADS)\b"
)
DETACHED_BODY = re.compile(
    r"\bvoid\s+(?:\w+::)?run\(\s*(?:kernels::)?Checkpoint\s*&\s*\w*\s*\)[^;{]*\{"
)


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def files_in(*folders: str, suffixes: set[str] = CODE_SUFFIXES) -> list[Path]:
    found = []
    for folder in folders:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            parts = path.relative_to(REPOSITORY).parts
            made = NOT_SOURCES & set(parts) or any(part.endswith(".egg-info") for part in parts)
            if path.is_file() and path.suffix in suffixes and not made:
                found.append(path)
    return found


def without_comments_and_strings(text: str) -> str:
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.S)


def code_of(path: Path) -> str:
    return without_comments_and_strings(path.read_text("utf-8"))


def places(pattern: re.Pattern[str], text: str, path: Path) -> list[str]:
    """`file:line: match` for every match."""
    return [
        f"{name_of(path)}:{text.count(chr(10), 0, found.start()) + 1}: {found[0]}"
        for found in pattern.finditer(text)
    ]


CXX = files_in("kernels", "module", suffixes={".cpp", ".hpp", ".h"})
CODE = files_in(*CODE_FOLDERS)


def offences(pattern: str, paths: list[Path], *, in_code: bool = True) -> list[str]:
    compiled = re.compile(pattern)
    return [
        place
        for path in paths
        for place in places(compiled, code_of(path) if in_code else path.read_text("utf-8"), path)
    ]


def test_there_are_sources_to_look_at() -> None:
    expected = {"module/module.cpp", "kernels/cpu.cpp", "tools/test", "tests/test_source_rules.py"}
    assert expected <= {name_of(path) for path in CODE}


def test_kernels_know_nothing_of_python() -> None:
    includes = r'#\s*include\s*[<"](Python\.h|numpy/|module/)[^\n]*'
    kernels = [*files_in("kernels"), *files_in("tests/kernels")]
    assert offences(includes, kernels, in_code=False) == []
    assert offences(r"\bPy[A-Z]\w*", [path for path in CXX if path in kernels]) == []


def test_numpy_has_one_door() -> None:
    includes = re.compile(r"#\s*include\s*<numpy/")
    doors = [name_of(path) for path in CXX if includes.search(path.read_text("utf-8"))]
    assert doors == ["module/numpy_api.hpp"]


def test_threads_leave_and_enter_python_in_one_place() -> None:
    found = [
        place
        for path in CXX
        if name_of(path) not in GIL_FILES and not path.match(RAW_LESSONS)
        for place in places(GIL_CALLS, code_of(path), path)
    ]
    assert found == []


def detached_bodies(code: str) -> list[tuple[int, str]]:
    """Where each `void run(Checkpoint&)` starts, and what stands between its braces."""
    bodies = []
    for found in DETACHED_BODY.finditer(code):
        depth, end = 1, found.end()
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        bodies.append((found.end(), code[found.end() : end - 1]))
    return bodies


def test_run_never_touches_python() -> None:
    seen = 0
    found = []
    for path in files_in("module", suffixes={".cpp", ".hpp"}):
        code = code_of(path)
        for start, body in detached_bodies(code):
            seen += 1
            for call in re.finditer(r"\b(Py|_Py)[A-Z]\w*|\bNPY_\w+|\b(incref|decref)\(", body):
                line = code.count("\n", 0, start + call.start()) + 1
                found.append(f"{name_of(path)}:{line}: {call[0]}")
    assert seen > 0
    assert found == []


def test_detached_bodies_are_found() -> None:
    code = "struct A { void run(Checkpoint&) { if (x) { PyErr_Clear(); } } int y; };"
    assert [body.split() for _, body in detached_bodies(code)] == [
        ["if", "(x)", "{", "PyErr_Clear();", "}"]
    ]


def test_no_goto_and_no_macros_with_arguments() -> None:
    assert offences(r"\bgoto\b", CXX) == []
    assert offences(r"(?m)^[ \t]*#[ \t]*define[ \t]+\w+\([^\n]*", CXX) == []
    assert offences(r"\busing\s+namespace\b[^\n]*", CXX) == []


def test_instruction_sets_are_named_on_functions() -> None:
    doors = [REPOSITORY / "CMakeLists.txt", REPOSITORY / "setup.py"]
    assert offences(r"-m(avx|sse|bmi|fma|arch|tune)\w*", doors, in_code=False) == []


def test_files_are_short() -> None:
    long = {
        name_of(path): length
        for path in CODE
        if (length := path.read_bytes().count(b"\n")) > LONGEST_FILE
    }
    assert long == {}


def test_sources_are_ascii_and_end_with_a_newline() -> None:
    wrong = []
    for path in CODE:
        text = path.read_bytes()
        if not text.isascii() or b"\r" in text or b"\t" in text or (text and text[-1:] != b"\n"):
            wrong.append(name_of(path))
    assert wrong == []


def test_files_say_what_they_are_for() -> None:
    silent = [name_of(path) for path in CXX if not path.read_text("utf-8").startswith("//")]
    assert silent == []


@pytest.mark.parametrize("folder", ["kernels", "module"])
def test_source_lists_are_whole_and_sorted(folder: str) -> None:
    listed = (REPOSITORY / folder / "sources.txt").read_text("ascii").split("\n")
    assert listed.pop() == ""
    assert listed == sorted(set(listed))
    assert listed == sorted(name_of(path) for path in files_in(folder, suffixes={".cpp"}))


def test_nothing_is_left_for_later() -> None:
    words = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"])
    assert offences(rf"\b({words})\b", CODE, in_code=False) == []


def test_no_machine_is_named() -> None:
    folders = "|".join(["work", "root", "home/[a-z]", "tmp/bin", "Users"])
    docs = files_in("docs", suffixes={".md", ".json"})
    top = [REPOSITORY / name for name in ("CMakeLists.txt", "setup.py", "pyproject.toml")]
    pattern = rf"(?<![\w.])/({folders})/[^\s]*"
    assert offences(pattern, [*CODE, *docs, *top], in_code=False) == []
