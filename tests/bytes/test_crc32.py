"""crc32 equals zlib.crc32 on what zlib takes, and takes more: any strides, and paths."""

from __future__ import annotations

import array
import mmap
import os
import signal
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fastlane as fl

CASES = int(os.environ.get("FASTLANE_CASES", "200"))


@pytest.mark.parametrize("crc32", [fl.crc32, fl.crc32_mv])
@pytest.mark.parametrize("size", [0, 1, 3, 16, 63, 64, 65, 100, 255, 256, 257, 1000, 4096, 70_001, 3 << 20])
def test_equals_zlib(crc32, size: int) -> None:
    data = np.random.default_rng(size).integers(0, 256, size, dtype=np.uint8).tobytes()
    assert crc32(data) == zlib.crc32(data)
    assert crc32(data, 123456789) == zlib.crc32(data, 123456789)


@settings(max_examples=CASES, deadline=None)
@given(st.binary(max_size=3000), st.integers(-(2**70), 2**70), st.integers(0, 3000))
def test_continues_from_any_value(data: bytes, value: int, cut: int) -> None:
    assert fl.crc32(data, value) == zlib.crc32(data, value)
    assert fl.crc32(data[cut:], fl.crc32(data[:cut])) == zlib.crc32(data)


@pytest.mark.parametrize(
    "data",
    [
        bytearray(b"abc" * 99),
        memoryview(b"abc" * 99)[3:-3],
        array.array("i", range(100)),
        array.array("d", [1.5, float("nan")]),
        np.arange(12, dtype=">i4").reshape(3, 4),
        np.zeros((), "f8"),
        np.zeros((0, 5)),
        np.array(["a", "bc"], "U2"),
    ],
    ids=lambda data: type(data).__name__,
)
def test_takes_every_exporter(data: object) -> None:
    assert fl.crc32(data) == zlib.crc32(memoryview(data).tobytes())


def test_takes_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"mapped" * 1000)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapping:
        assert fl.crc32(mapping) == zlib.crc32(b"mapped" * 1000)


@settings(max_examples=CASES, deadline=None)
@given(st.data())
def test_takes_any_strides(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))
    dtype = data.draw(st.sampled_from(["u1", "i2", "f4", "f8", "c16", "S3", "S7"]))
    count = int(np.prod(shape))
    flat = np.frombuffer(os.urandom(count * np.dtype(dtype).itemsize), dtype=dtype)
    whole = flat.reshape(shape).transpose(data.draw(st.permutations(range(len(shape)))))
    cut = tuple(
        slice(None, None, data.draw(st.sampled_from([1, 2, 3, -1, -2]))) for _ in shape
    )
    view = whole[cut]
    assert fl.crc32(view) == zlib.crc32(view.tobytes())


def test_takes_large_strided_input() -> None:
    table = np.random.default_rng(1).integers(0, 256, (700, 900), dtype=np.uint8)
    for view in (table[:, ::3], table.T, table[::-1, 100:500], np.broadcast_to(table[0], (99, 900))):
        assert fl.crc32(view) == zlib.crc32(view.tobytes())
        assert fl.crc32(memoryview(view)) == zlib.crc32(view.tobytes())


def test_reads_paths(tmp_path: Path) -> None:
    path = tmp_path / "gr\u00f6\u00dfe \udcff"
    for content in (b"", b"x" * 10, os.urandom(1_000_001)):
        path.write_bytes(content)
        assert fl.crc32(path) == zlib.crc32(content)
        assert fl.crc32(path, 77) == zlib.crc32(content, 77)


def test_reads_what_has_no_size(tmp_path: Path) -> None:
    assert fl.crc32(Path("/proc/version")) == zlib.crc32(Path("/proc/version").read_bytes())
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = os.urandom(300_000)
    writer = threading.Thread(target=lambda: pipe.write_bytes(content))
    writer.start()
    assert fl.crc32(pipe) == zlib.crc32(content)
    writer.join()


def test_names_the_file_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        fl.crc32(tmp_path / "missing")
    assert raised.value.filename == str(tmp_path / "missing")
    with pytest.raises(IsADirectoryError) as raised:
        fl.crc32(tmp_path)
    assert raised.value.filename == str(tmp_path)


class PathlikeOf:
    def __init__(self, path: object) -> None:
        self.path = path

    def __fspath__(self) -> object:
        return self.path


def test_reads_any_pathlike(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"content")
    assert fl.crc32(PathlikeOf(str(path))) == zlib.crc32(b"content")
    assert fl.crc32(PathlikeOf(os.fsencode(path))) == zlib.crc32(b"content")
    with pytest.raises(fl.ArgumentTypeError, match="data"):
        fl.crc32(PathlikeOf(7))
    with pytest.raises(fl.ArgumentValueError, match="null"):
        fl.crc32(PathlikeOf("a\0b"))


@pytest.mark.parametrize("data", ["text", 1, None, [1, 2], object()], ids=repr)
def test_refuses_what_is_not_bytes(data: object) -> None:
    with pytest.raises(fl.ArgumentTypeError) as raised:
        fl.crc32(data)
    assert raised.value.argument == "data"
    assert raised.value.got == type(data).__name__


def test_refuses_a_str_with_both_ways_out() -> None:
    with pytest.raises(fl.ArgumentTypeError) as raised:
        fl.crc32("name")
    assert "encode()" in raised.value.hint and "pathlib.Path" in raised.value.hint


def test_refuses_objects_and_wrong_values() -> None:
    with pytest.raises(fl.ArgumentTypeError):
        fl.crc32(np.array([object()]))
    with pytest.raises(fl.ArgumentTypeError) as raised:
        fl.crc32(b"", 1.5)
    assert raised.value.argument == "value"
    with pytest.raises(fl.ArgumentTypeError):
        fl.crc32()
    with pytest.raises(fl.ArgumentTypeError):
        fl.crc32(b"", 0, 0)


def test_gives_the_exporter_back() -> None:
    data = bytearray(100_000)
    fl.crc32(data)
    fl.crc32(memoryview(data)[::2])
    data.append(1)
    assert len(data) == 100_001


def test_releases_the_gil(tmp_path: Path) -> None:
    counted = 0
    stop = threading.Event()

    def count() -> None:
        nonlocal counted
        while not stop.is_set():
            counted += 1

    data = bytes(64 << 20)
    thread = threading.Thread(target=count)
    thread.start()
    before = counted
    during = []
    for _ in range(5):
        start = counted
        fl.crc32(data)
        during.append(counted - start)
    stop.set()
    thread.join()
    assert counted > before
    assert max(during) > 0


def test_answers_signals_within_a_sparse_file(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(4 << 30)

    class Stopped(Exception):
        pass

    stopped_at = []

    def stop(*_: object) -> None:
        stopped_at.append(time.perf_counter())
        raise Stopped

    previous = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.15)
        with pytest.raises(Stopped):
            fl.crc32(path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert len(stopped_at) == 1
    assert fl.crc32(b"still works") == zlib.crc32(b"still works")


def test_answers_signals_while_a_pipe_is_silent(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    class Stopped(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stopped

    previous = signal.signal(signal.SIGALRM, stop)
    try:
        for is_open in (False, True):
            writer = os.open(pipe, os.O_RDWR) if is_open else -1
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            with pytest.raises(Stopped):
                fl.crc32(pipe)
            if is_open:
                os.close(writer)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
