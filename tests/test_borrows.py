"""Who may borrow memory beside whom: the decision itself, the ledger, threads, forks, and Rust."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import as_strided, sliding_window_view

import fastlane
from fastlane import BorrowError, testing

HERE = Path(__file__).resolve().parent


# ---- The decision -------------------------------------------------------------------------------
def random_slice(source: random.Random, length: int) -> slice:
    step = source.choice((1, 1, 2, 3, 5, -1, -2, -4))
    return slice(source.randint(0, length), None if step < 0 else source.randint(0, length), step)


def random_view(source: random.Random, base: np.ndarray) -> np.ndarray:
    """Some part of 240 bytes, with up to four axes, any element size and any sign of strides."""
    kind = source.randrange(5)
    if kind == 0:
        itemsize = source.choice((1, 2, 4, 8))
        start = source.randint(0, 60)
        view = base[start : start + 160].view(f"V{itemsize}")
        return view[random_slice(source, len(view))]
    if kind == 1:
        shape = source.choice(((6, 10, 4), (4, 5, 3, 4), (12, 20), (2, 2, 60)))
        view = base.reshape(shape)
        view = view[tuple(random_slice(source, length) for length in shape)]
        return view.transpose(source.sample(range(view.ndim), view.ndim))
    if kind == 2:
        pixels = base[: source.choice((120, 240))].reshape(-1, 3)
        return pixels[random_slice(source, len(pixels)), source.randrange(3)]
    if kind == 3:
        view = base[source.randint(0, 200) :]
        return sliding_window_view(view, source.randint(1, 8))[:: source.randint(1, 9)]
    ndim = source.randint(1, 3)
    shape = [source.randint(1, 4) for _ in range(ndim)]
    strides = [source.randint(-9, 9) for _ in range(ndim)]
    middle = base[source.randint(81, 158) :]
    return as_strided(middle, shape, strides)


def test_decision_is_that_of_numpy_on_a_hundred_thousand_pairs():
    source = random.Random(20)
    base = np.zeros(240, "u1")
    views = [random_view(source, base) for _ in range(4000)]
    shared = 0
    for _ in range(100_000):
        a, b = source.choice(views), source.choice(views)
        expected = np.shares_memory(a, b)
        if testing.conflicts(a, b) is not expected:
            pytest.fail(f"{a.__array_interface__} and {b.__array_interface__}: {expected}")
        shared += expected
    assert 20_000 < shared < 80_000


CUBE = np.zeros((4, 5, 3))
LINE = np.zeros(100)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (CUBE[..., 0], CUBE[..., 1], False),
        (CUBE[..., 0], CUBE[..., ::2], True),
        (CUBE, CUBE.T, True),
        (LINE[:50], LINE[50:], False),
        (LINE[::2], LINE[1::2], False),
        (LINE[::2], LINE[1:2], False),
        (LINE[::2], LINE.view("u1")[4::16], True),
        (LINE[::2], LINE.view("u1")[8::16], False),
        (LINE[:, None][:, ::3], LINE[1:, None][:, 1::3], False),
        (np.frombuffer(LINE, "u1"), np.frombuffer(LINE, "u1")[3:4], True),
        (LINE[:0], LINE, False),
        (np.broadcast_to(LINE[3:4], (7, 7)), LINE[::-3], True),
        (np.broadcast_to(LINE[4:5], (7, 7)), LINE[3:4], False),
        (LINE[5:6].reshape((1,) * 32), LINE, True),
        (LINE, "text", None),
        ([1.0], LINE, None),
    ],
)
def test_decision_on_cases_worth_a_name(a, b, expected):
    if expected is None:
        with pytest.raises(fastlane.ArgumentTypeError):
            testing.conflicts(a, b)
        return
    assert testing.conflicts(a, b) is expected
    assert testing.conflicts(b, a) is expected


def test_hard_questions_are_answered_in_bounded_time():
    # The first pair is the hard one of NumPy's documentation, which takes it about a minute. The
    # second has no structure at all: whoever cannot tell must say that they conflict.
    memory = np.zeros(192_163_377, "i1")
    a = as_strided(memory, (1049, 1049, 1049), (36674, 61119, 85569))
    b = as_strided(memory[64_023_025:], (1049, 1049, 1), (12223, 12224, 1))
    source = random.Random(3)
    strides = [2 * source.randrange(10**9, 10**10) for _ in range(24)]
    c = as_strided(memory, (3,) * 24, strides)
    d = as_strided(memory, (3,) * 24, [-stride - 2 for stride in strides])
    assert testing.conflicts(a, b) and testing.conflicts(c, d)
    for stride in (2**63 - 1, -(2**63), 2**62):
        huge = as_strided(LINE, (3, 2), (stride, 8))
        assert testing.conflicts(huge, LINE)
        assert testing.conflicts(LINE, huge)


# ---- Borrows that are held ----------------------------------------------------------------------
SMALL, LARGE = 8, 1 << 20
each_size = pytest.mark.parametrize("size", [SMALL, LARGE])


@each_size
def test_reading_stands_beside_reading(size: int):
    x = np.ones(size)
    with testing.hold(x), testing.hold(x[::-1]) as same:
        assert testing.live_borrows() == 2
        assert fastlane.sum(same) == size
    assert testing.live_borrows() == 0


@each_size
def test_reading_does_not_stand_beside_writing(size: int):
    x = np.ones((size, 3))
    with testing.hold(x[:, 1], mutable=True):
        assert fastlane.sum(x[:, 0]) == size
        with pytest.raises(
            BorrowError, match=r"sum\(\).*'x'.*testing\.hold\(\).*'array'"
        ) as caught:
            fastlane.sum(x)
        assert caught.value.argument == "x"
        assert caught.value.expected == "memory that nobody else writes"
        with pytest.raises(BorrowError), testing.hold(x[1]):
            pass
        with testing.hold(x[:, 2], mutable=True):
            assert testing.live_borrows() == 2
    assert fastlane.sum(x) == 3 * size


def test_a_refused_call_leaves_no_borrow_and_no_pin():
    x = np.ones(LARGE)
    with testing.hold(x, mutable=True), pytest.raises(BorrowError):
        fastlane.sum(x)
    assert testing.live_borrows() == 0
    x.resize(3)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of arrays that change their shape
def test_what_was_written_down_counts_and_not_what_the_array_has_become():
    x = np.zeros((2, 300))
    first_row = x[0]
    with testing.hold(first_row, mutable=True):
        first_row.shape = (3, 100)
        with pytest.raises(BorrowError):
            fastlane.sum(x[0, 250:])
        assert fastlane.sum(x[1]) == 0
    assert testing.live_borrows() == 0


def test_held_arrays_cannot_be_resized():
    x = np.ones(10)
    with testing.hold(x), pytest.raises(ValueError, match="resize"):
        x.resize(20)
    x.resize(20)


def test_hold_refuses_what_cannot_be_borrowed():
    read_only = np.broadcast_to(1.0, 3)
    with pytest.raises(BorrowError), testing.hold(read_only, mutable=True):
        pass
    with pytest.raises(fastlane.ArgumentTypeError), testing.hold([1.0]):
        pass
    assert testing.live_borrows() == 0


def test_hundreds_of_borrows_live_side_by_side():
    x = np.zeros((300, 400))
    holds = [testing.hold(x[:, column], mutable=True) for column in range(400)]
    for hold in holds:
        hold.__enter__()
    assert testing.live_borrows() == 400
    with pytest.raises(BorrowError):
        fastlane.sum(x)
    for hold in holds[::2]:
        hold.__exit__(None, None, None)
    assert fastlane.sum(x[:, ::2]) == 0
    with pytest.raises(BorrowError):
        fastlane.sum(x[:, 1:4:2])
    for hold in holds[1::2]:
        hold.__exit__(None, None, None)
    assert testing.live_borrows() == 0


# ---- Threads and forks --------------------------------------------------------------------------
def test_a_running_call_is_seen_by_another_thread():
    memory = np.ones(1)
    endless = as_strided(memory, (1 << 31,), (0,))
    summing = threading.Thread(target=fastlane.sum, args=(endless,))
    summing.start()
    while testing.live_borrows() == 0 and summing.is_alive():
        time.sleep(0.001)
    with pytest.raises(BorrowError, match=r"testing\.hold\(\).*'array'.*sum\(\).*'x'"):
        with testing.hold(memory, mutable=True):
            pass
    assert fastlane.sum(memory) == 1
    summing.join()
    with testing.hold(memory, mutable=True):
        pass


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of forks beside threads
def test_a_child_process_has_the_borrows_of_its_own_thread_alone():
    mine, theirs = np.ones(100), np.ones(100)
    held, done = threading.Event(), threading.Event()

    def hold_elsewhere() -> None:
        with testing.hold(theirs, mutable=True):
            held.set()
            done.wait()

    thread = threading.Thread(target=hold_elsewhere)
    thread.start()
    held.wait()
    with testing.hold(mine, mutable=True):
        child = os.fork()
        if child == 0:
            try:
                fastlane.sum(mine)
            except BorrowError:
                os._exit(0 if testing.live_borrows() == 1 and fastlane.sum(theirs) == 100 else 1)
            os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert testing.live_borrows() == 2
    done.set()
    thread.join()
    assert testing.live_borrows() == 0


# ---- Functions that write -----------------------------------------------------------------------
def needs(name: str):
    return pytest.mark.skipif(not hasattr(fastlane, name), reason=f"no fastlane.{name} here")


@needs("scale_inplace")
@each_size
def test_writing_in_place_does_not_stand_beside_any_borrow(size: int):
    x = np.ones((size, 2))
    with testing.hold(x[::-2, 0]):
        fastlane.scale_inplace(x[:, 1], 2.0)
        with pytest.raises(BorrowError, match=r"scale_inplace\(\).*testing\.hold\(\)"):
            fastlane.scale_inplace(x, 2.0)
    assert x.sum() == 3 * size


@needs("scale")
@each_size
def test_output_does_not_overlap_an_input(size: int):
    x = np.ones(size + 1)
    with pytest.raises(BorrowError, match="overlaps"):
        fastlane.scale(x[1:], 2.0, out=x[:-1])
    assert x.sum() == size + 1


# ---- Rust ---------------------------------------------------------------------------------------
@pytest.fixture(scope="session")
def rust_extension(repository: Path) -> Path:
    """The folder of rust_borrows, built for this Python; skipped where it cannot be built."""
    cargo = shutil.which("cargo")
    if cargo is None:
        pytest.skip("cargo is not installed")
    cache = repository / ".cache" / "rust_borrows"
    source = cache / "source"
    shutil.copytree(HERE / "rust_borrows", source, dirs_exist_ok=True)
    tools = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    fetched = subprocess.run(
        [cargo, "fetch", "--quiet"], cwd=source, env=tools, capture_output=True, text=True
    )
    if fetched.returncode != 0:
        pytest.skip(f"the crates cannot be had: {fetched.stderr.strip()[-200:]}")
    python = f"{sys.implementation.cache_tag}{sys.abiflags}"
    target = cache / python
    built = subprocess.run(
        [cargo, "build", "--quiet", "--offline"],
        cwd=source,
        env={**tools, "CARGO_TARGET_DIR": str(target), "PYO3_PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    folder = target / "import"
    folder.mkdir(exist_ok=True)
    shutil.copy(target / "debug" / "librust_borrows.so", folder / "rust_borrows.so")
    return folder


@pytest.mark.parametrize("first", ["fastlane", "rust"])
def test_rust_and_fastlane_see_each_others_borrows(rust_extension: Path, first: str):
    package = Path(fastlane.__file__).parent.parent
    scenario = subprocess.run(
        [sys.executable, HERE / "rust_borrows" / "scenario.py", first],
        env={**os.environ, "PYTHONPATH": f"{rust_extension}{os.pathsep}{package}"},
        capture_output=True,
        text=True,
    )
    assert scenario.returncode == 0, scenario.stderr
    assert scenario.stdout == f"{first} came first\n"
