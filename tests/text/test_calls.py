"""What the text family refuses, that it lets other threads run, and that it can be stopped."""

from __future__ import annotations

import pathlib
import signal
import sys
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

import fastlane as fl
from fastlane import text

SEARCHES = [text.count, text.find, text.rfind, text.find_all]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search.__name__)
@pytest.mark.parametrize(
    ("s", "sub", "argument", "hint"),
    [
        (1, "a", "s", None),
        (None, "a", "s", None),
        (pathlib.Path("log"), b"a", "s", "fastlane.MappedFile(s)"),
        ("text", b"a", "sub", "bytes(sub).decode()"),
        ("text", 97, "sub", None),
        ("text", None, "sub", None),
        (b"data", "a", "sub", "sub.encode()"),
        (b"data", 97, "sub", "bytes([sub])"),
        (b"data", 1.5, "sub", None),
        (np.array([None]), b"a", "s", None),
    ],
)
def test_wrong_kinds_are_refused(search, s, sub, argument: str, hint: str | None) -> None:
    with pytest.raises(fl.ArgumentTypeError) as raised:
        search(s, sub)
    assert raised.value.argument == argument
    if hint is not None:
        assert raised.value.hint == hint


def test_an_empty_needle_has_no_list() -> None:
    for s, sub in [("abc", ""), (b"abc", b""), ("", "")]:
        with pytest.raises(fl.ArgumentValueError) as raised:
            text.find_all(s, sub)
        assert raised.value.argument == "sub"


class Index:
    def __init__(self, value: object) -> None:
        self.value = value

    def __index__(self) -> int:
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


def test_bounds_are_read_as_slices() -> None:
    assert text.find("abcabc", "b", Index(2)) == 4
    assert text.rfind("abcabc", "b", None, Index(-3)) == 1
    assert text.find("abc", "", 4) == -1 and text.find("abc", "", 3) == 3
    assert text.rfind("abc", "", 2, 1) == -1 and text.rfind("abc", "", 0, 2) == 2
    with pytest.raises(KeyError):
        text.find("abc", "b", Index(KeyError("mine")))
    for bad in ("1", 1.5, [1]):
        with pytest.raises(fl.ArgumentTypeError) as raised:
            text.find("abc", "b", 0, bad)
        assert raised.value.argument == "end"


def test_a_bound_may_not_pull_the_text_away() -> None:
    data = bytearray(b"abc" * 1000)

    class Shrinking:
        def __index__(self) -> int:
            data.clear()
            return 0

    assert text.find(data, b"c", Shrinking()) == -1


def test_exporters_are_given_back() -> None:
    data = bytearray(b"abc" * 50_000)
    sub = bytearray(b"bc")
    for search in SEARCHES:
        search(data, sub)
    text.line_offsets(data)
    data.append(1)
    sub.append(1)
    with pytest.raises(fl.ArgumentTypeError):
        text.find(data, "text")
    data.append(1)


CALLS = [
    lambda s: text.count(s, "xyz"),
    lambda s: text.find(s, "xyz"),
    lambda s: text.rfind(s, "xyz"),
    lambda s: text.find_all(s, "xyz"),
    lambda s: text.line_offsets(s),
    lambda s: text.find(s, "x"),
    lambda s: text.utf8_length(s),
]


@pytest.fixture
def unhurried():
    """A thread keeps the GIL until it gives it away."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("call", CALLS)
def test_other_threads_run_meanwhile(call, unhurried: None) -> None:
    s = "\u20acabc" * (4 << 20)
    counted = 0
    stop = False

    def count() -> None:
        nonlocal counted
        while not stop:
            counted += 1
            time.sleep(0)  # gives the GIL away

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = counted
        for _ in range(200):
            call(s)
            if counted > before:
                break
        moved = counted - before
    finally:
        stop = True
        thread.join()
    assert moved > 0


@pytest.mark.parametrize("call", CALLS)
def test_small_calls_keep_the_gil(call, unhurried: None) -> None:
    counted = 0
    stop = False

    def count() -> None:
        nonlocal counted
        while not stop:
            counted += 1
            time.sleep(0)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = counted
        for _ in range(2000):
            call("\u20acabc" * 20)
        moved = counted - before
    finally:
        stop = True
        thread.join()
    assert moved == 0


class Stopped(Exception):
    pass


HOPELESS = b"\0" * 500 + b"x" + b"\0" * 500
ENDLESS = [
    lambda s: text.count(s, b"xyz"),
    lambda s: text.count(s, HOPELESS),
    lambda s: text.count(s, b"\0"),
    lambda s: text.find(s, b"x"),
    lambda s: text.rfind(s, b"x"),
    lambda s: text.rfind(s, HOPELESS),
    lambda s: text.find_all(s, b"xyz"),
    lambda s: text.line_offsets(s),
]


def stopped_by_a_signal(call: Callable[[object], object], s: object) -> bool:
    def stop(*_: object) -> None:
        raise Stopped

    previous = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        call(s)
    except Stopped:
        return True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    return False


@pytest.mark.parametrize("call", ENDLESS)
def test_a_signal_stops_what_would_take_hours(tmp_path: pathlib.Path, call) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(2 << 40)
    with fl.MappedFile(path) as mapped:
        assert stopped_by_a_signal(call, mapped)
        assert text.find(mapped, b"\0\0") == 0
    strided = np.broadcast_to(np.uint8(0), 1 << 46)
    assert stopped_by_a_signal(call, strided)
