"""MappedFile: the content of any file as a buffer, and who may close it when."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import threading
import time
import zlib
from pathlib import Path

import numpy as np
import pytest

import fastlane as fl

POLICIES = ["share", "snapshot"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "gr\xf6\xdfe.bin"
    path.write_bytes(bytes(range(256)) * 1000)
    return path


@pytest.mark.parametrize("policy", POLICIES)
def test_content(path: Path, policy: str) -> None:
    mapped = fl.MappedFile(path, policy=policy)
    assert len(mapped) == 256_000
    assert bytes(mapped) == path.read_bytes()
    assert mapped.mapped is (policy == "share")
    assert mapped.path == str(path) and not mapped.closed
    view = memoryview(mapped)
    assert view.readonly and view.format == "B" and view.shape == (256_000,)
    assert np.frombuffer(mapped, "u1").sum() == 255 * 128 * 1000
    assert fl.crc32(mapped) == zlib.crc32(path.read_bytes())
    assert repr(mapped) == f"<MappedFile {str(path)!r}, 256000 bytes, {'mapped' if policy == 'share' else 'read'}>"


@pytest.mark.parametrize("policy", POLICIES)
def test_empty_files(tmp_path: Path, policy: str) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    with fl.MappedFile(str(empty), policy=policy) as mapped:
        assert len(mapped) == 0 and bytes(mapped) == b"" and not mapped.mapped
        assert fl.crc32(mapped) == 0
        assert fl.text.count(mapped, b"a") == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_files_that_are_not_regular(tmp_path: Path, policy: str) -> None:
    with fl.MappedFile("/proc/version", policy=policy) as mapped:
        assert bytes(mapped) == Path("/proc/version").read_bytes()
        assert not mapped.mapped
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    content = os.urandom(300_000)
    writer = threading.Thread(target=lambda: pipe.write_bytes(content))
    writer.start()
    with fl.MappedFile(pipe, policy=policy) as mapped:
        assert bytes(mapped) == content and not mapped.mapped
    writer.join()


def test_paths_of_every_kind(path: Path) -> None:
    assert fl.MappedFile(os.fsencode(path)).path == str(path)
    assert fl.MappedFile(path=str(path)).path == str(path)
    relative = os.path.relpath(path)
    assert fl.MappedFile(relative).path == relative


def test_errors_name_the_file(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(FileNotFoundError) as raised:
        fl.MappedFile(missing)
    assert raised.value.filename == str(missing)
    with pytest.raises(IsADirectoryError) as raised:
        fl.MappedFile(tmp_path, policy="snapshot")
    assert raised.value.filename == str(tmp_path)


def test_wrong_arguments(path: Path) -> None:
    for wrong in (1, None, 1.5, object()):
        with pytest.raises(fl.ArgumentTypeError) as raised:
            fl.MappedFile(wrong)
        assert raised.value.argument == "path"
    with pytest.raises(fl.ArgumentValueError) as raised:
        fl.MappedFile(path, policy="copy")
    assert raised.value.argument == "policy"
    with pytest.raises(fl.ArgumentTypeError) as raised:
        fl.MappedFile(path, policy=None)
    assert raised.value.argument == "policy"
    with pytest.raises(fl.ArgumentValueError):
        fl.MappedFile("a\0b")
    with pytest.raises(TypeError):
        fl.MappedFile()
    with pytest.raises(TypeError):
        fl.MappedFile(path, "snapshot")


def test_it_stays_open_while_somebody_looks(path: Path) -> None:
    mapped = fl.MappedFile(path)
    view = memoryview(mapped)
    array = np.frombuffer(mapped, "u1")
    with pytest.raises(fl.BorrowError, match="live views"):
        mapped.close()
    view.release()
    with pytest.raises(fl.BorrowError), mapped:
        pass
    assert array[255] == 255 and not mapped.closed
    del array
    mapped.close()
    assert mapped.closed
    mapped.close()


def test_a_closed_file_is_refused(path: Path) -> None:
    with fl.MappedFile(path) as mapped:
        pass
    assert mapped.closed and mapped.path == str(path) and mapped.mapped
    assert repr(mapped) == f"<MappedFile {str(path)!r}, closed>"
    for use in (len, bytes, memoryview, fl.crc32, fl.text.line_offsets, mapped.__class__.__enter__):
        with pytest.raises(fl.BorrowError, match="closed"):
            use(mapped)


def test_views_outlive_the_name(path: Path) -> None:
    view = memoryview(fl.MappedFile(path))
    gc.collect()
    assert view[:3] == b"\0\1\2" and fl.crc32(view) == zlib.crc32(view)


def test_a_share_sees_changes_and_a_snapshot_does_not(path: Path) -> None:
    share, snapshot = (fl.MappedFile(path, policy=policy) for policy in POLICIES)
    with path.open("r+b") as file:
        file.write(b"changed")
    assert bytes(memoryview(share)[:7]) == b"changed"
    assert bytes(memoryview(snapshot)[:7]) == bytes(range(7))


def test_a_snapshot_survives_being_cut_short(path: Path) -> None:
    snapshot = fl.MappedFile(path, policy="snapshot")
    os.truncate(path, 10)
    assert fl.crc32(snapshot) == zlib.crc32(bytes(range(256)) * 1000)


def test_large_snapshots(tmp_path: Path) -> None:
    path = tmp_path / "large"
    content = os.urandom(1 << 20) * 9 + b"end"
    path.write_bytes(content)
    assert bytes(fl.MappedFile(path, policy="snapshot")) == content


def test_neither_pickles_nor_subclasses(path: Path) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(fl.MappedFile(path))
    with pytest.raises(TypeError):
        type("Mine", (fl.MappedFile,), {})


def test_a_signal_ends_the_wait_for_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    class Stopped(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stopped

    previous = signal.signal(signal.SIGALRM, stop)
    writer = os.open(pipe, os.O_RDWR)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(Stopped):
            fl.MappedFile(pipe)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        os.close(writer)


def test_other_threads_run_while_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb") as file:
            for _ in range(3):
                file.write(b"slow")
                file.flush()
                time.sleep(0.01)

    writer = threading.Thread(target=write)
    writer.start()
    assert bytes(fl.MappedFile(pipe)) == b"slow" * 3
    writer.join()
