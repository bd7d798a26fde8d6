"""Import, import again, import where it cannot be: always a result or a sentence, never a hang."""

import os
import pathlib
import subprocess
import sys

import pytest
from test_threads import run_alone

import fastlane
from fastlane import _core

ROWS = ("baseline", "avx2", "avx512")


def run_with_row(row: str, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path!r}\n{script}"],
        env={**os.environ, "FASTLANE_CPU": row},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_unknown_cpu_row_is_an_import_error_that_lists_what_there_is():
    run = run_with_row("nonsense", "import fastlane")
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError: FASTLANE_CPU=nonsense does not run on this CPU; available: ")
    assert "baseline" in last


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_the_one_that_runs_and_gives_the_same(row: str):
    folder = pathlib.Path(__file__).parent
    script = f"""
import importlib, sys
try:
    import fastlane
except ImportError as error:
    print("unavailable", error)
    raise SystemExit
from fastlane import _core
assert _core.cpu_row == {row!r}
import pytest
raise SystemExit(pytest.main(["-q", "-p", "no:cacheprovider", {str(folder / "test_variants.py")!r}]))
"""
    run = run_with_row(row, script)
    if run.stdout.startswith("unavailable"):
        assert row != "baseline" and "available: baseline" in run.stdout
        return
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]


def test_import_again_and_again_leaves_nothing_behind():
    script = """
import gc, sys, numpy as np
def again():
    for name in [name for name in sys.modules if name.split(".")[0] == "fastlane"]:
        del sys.modules[name]
    import fastlane
    assert fastlane.sum(np.arange(5.0)) == 10
    try:
        fastlane.sum("text")
    except fastlane.ArgumentTypeError:
        pass
    return fastlane
def blocks():
    while gc.collect(): pass  # a module is let go in one round, what only it held in the next
    sys._clear_type_cache()  # it keeps names of attributes alive
    return sys.getallocatedblocks()
kept = again()
growths = []
for _ in range(5):
    for _ in range(3): again()
    before = blocks()
    for _ in range(10): again()
    growths.append((blocks() - before) // 10)
# The first module outlives its successors, and works.
assert kept.sum(np.arange(5.0)) == 10
try:
    kept.sum64(np.arange(5))
except kept.ArgumentTypeError as error:
    assert error.argument == "x"
moved = kept.linspace(5, 0, 1)
del kept, again
gc.collect()
assert moved.tolist() == [0, .25, .5, .75, 1]
print(min(growths))
"""
    run = run_alone(script)
    assert run.returncode == 0, run.stderr[-3000:]
    assert int(run.stdout) <= 0, f"{run.stdout.strip()} blocks stay after each import"


SUB_INTERPRETERS = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
def create(kind):
    if sys.version_info >= (3, 13):
        return interpreters.create(kind)
    return interpreters.create(isolated=kind == "isolated")
def run(kind, code):
    made = create(kind)
    try:
        failure = interpreters.run_string(made, code)
        if failure is not None:
            print(kind, failure.type.__name__, *failure.msg.split())
    except Exception as error:
        print(kind, type(error).__name__, *str(error).split())
    interpreters.destroy(made)
code = "import sys; sys.path[:] = %r; import fastlane; fastlane.sum(b'abc')" % (sys.path,)
"""


@pytest.mark.parametrize("kind", ["isolated", "legacy"])
@pytest.mark.parametrize("first", ["main", "sub"])
def test_sub_interpreter_imports_or_says_why_not(kind: str, first: str):
    main = "import fastlane\nassert fastlane.sum(b'abc') == 294\n"
    sub = f"for _ in range(3): run({kind!r}, code)\n"
    # NumPy that was loaded elsewhere first may refuse the main interpreter: an ImportError too.
    guarded = "try:\n    import fastlane\nexcept ImportError as error:\n    print('main', repr(error))\n"
    order = main + sub + main if first == "main" else sub + guarded
    run = run_alone(SUB_INTERPRETERS + order)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-3000:]
    for line in run.stdout.splitlines():
        assert "ImportError" in line or line.startswith("main"), line
    if kind == "isolated" and first == "main" and sys.version_info >= (3, 12):
        assert "ImportError" in run.stdout


def test_module_tells_its_version_and_row():
    assert fastlane.__version__ == _core.__version__
    assert _core.cpu_row in ROWS
