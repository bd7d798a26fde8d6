"""Input that nobody wants: files that are not there, are empty, are no text. Nothing is lost and
nothing crashes.
"""

from __future__ import annotations

import array
import mmap
import os
from pathlib import Path

import pytest

import fastlane
from fastlane import records as fr
from records import logs
from records.compare import access_plan, assert_invariants, check

PLAN = fr.Plan(
    fr.apache("combined"), fr.Schema(host=fr.String(), status=fr.Int16(), user_agent=fr.String())
)
LINE = b'h - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "agent"'


def test_a_missing_file(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere.log"
    for input in (missing, str(missing), [missing], [LINE, missing]):
        with pytest.raises(FileNotFoundError) as caught:
            PLAN.run(input)
        assert "nowhere.log" in str(caught.value)


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        PLAN.run(tmp_path)
    assert tmp_path.name in str(caught.value)


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "a").write_bytes(LINE)
    (tmp_path / "a").chmod(0)
    with pytest.raises(PermissionError):
        PLAN.run(tmp_path / "a")


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"\n" * 1000, b"\r\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"]
)
def test_nothing_in_it(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "empty.log"
    path.write_bytes(data)
    for input in (data, path):
        result = check(PLAN, input)
        assert (result.rows_in, len(result)) == (0, 0)
        assert result.rows_blank == len(data.replace(b"\xef\xbb\xbf", b"").split(b"\n")) - 1


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n", b"\n\n"])
def test_the_end_of_the_last_line(end: bytes) -> None:
    result = check(PLAN, LINE + b"\n" + LINE + end)
    assert result.rows_ok == 2
    assert result["user_agent"].tolist() == ["agent", "agent"]


def test_a_line_of_ten_megabytes() -> None:
    agent = b"x" * 10_000_000
    data = LINE + b"\n" + LINE.replace(b"agent", agent) + b"\n" + LINE + b"\n"
    result = PLAN.run(data)
    assert (result.rows_ok, result.rows_bad) == (3, 0)
    assert len(result["user_agent"][1]) == len(agent)
    bounded = PLAN.run(data, max_row_bytes=1 << 20)
    assert_invariants(bounded)
    assert bounded.error_counts == {(None, "too_long"): 1}
    assert bounded.errors[0].line == 2 and bounded.errors[0].byte_offset == len(LINE) + 1
    assert len(bounded.errors[0].raw) == 4096
    assert PLAN.run(agent).error_counts == {(None, "format"): 1}


def test_nul_bytes() -> None:
    result = check(PLAN, b"\x00" * 1000 + b"\n" + LINE.replace(b"agent", b"a\x00b") + b"\n\x00\n")
    assert (result.rows_in, result.rows_bad) == (3, 2)
    assert result["user_agent"].tolist() == ["a\x00b"]


def test_bytes_of_no_text_at_all() -> None:
    noise = bytes(range(256)) * 500
    result = check(PLAN, noise)
    assert result.rows_bad == result.rows_in > 0


def test_every_prefix_of_a_small_log() -> None:
    data = b"\xef\xbb\xbf" + logs.access_log(6, seed=21, broken=0.3)
    for length in range(len(data)):
        check(PLAN, data[:length])


@pytest.mark.parametrize(
    "wrap", [bytes, bytearray, memoryview, lambda data: array.array("b", data)]
)
def test_every_kind_of_bytes(wrap: object) -> None:
    data = logs.access_log(100, seed=3)
    given = wrap(data)  # type: ignore[operator]
    result = PLAN.run(given)
    assert result == PLAN.run(data)
    if isinstance(given, bytearray):
        given.append(0)


def test_a_map_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "some.log"
    path.write_bytes(logs.access_log(100, seed=3))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert PLAN.run(mapped) == PLAN.run(path)


def test_a_result_does_not_hold_its_input(tmp_path: Path) -> None:
    path = tmp_path / "some.log"
    path.write_bytes(logs.access_log(50, seed=3))
    result = PLAN.run(path)
    before = result.to_dict(), list(result.errors)
    path.write_bytes(b"")
    assert (result.to_dict(), list(result.errors)) == before


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"threads": 0}, fastlane.ArgumentValueError),
        ({"threads": -1}, fastlane.ArgumentValueError),
        ({"threads": "two"}, fastlane.ArgumentTypeError),
        ({"max_errors": -1}, fastlane.ArgumentValueError),
        ({"max_row_bytes": 0}, fastlane.ArgumentValueError),
        ({"max_row_bytes": 1.5}, fastlane.ArgumentTypeError),
        ({"progress": 3}, fastlane.ArgumentTypeError),
    ],
)
def test_wrong_options_of_a_run(options: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        PLAN.run(LINE, **options)  # type: ignore[arg-type]
    assert next(iter(options)) in str(caught.value)


@pytest.mark.parametrize("input", [None, 3, 1.5, object(), [3], [None], {"a": 1}, {"a"}])
def test_what_is_no_input(input: object) -> None:
    with pytest.raises(fastlane.ArgumentTypeError):
        PLAN.run(input)


def test_no_inputs_at_all() -> None:
    try:
        result = PLAN.run([])
    except fastlane.ArgumentValueError:
        return
    assert result.rows_in == 0


def test_an_exception_of_progress_stops_the_run() -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        assert 0 <= done <= total
        raise Stop

    data = logs.access_log(2000, seed=1) * 100
    with pytest.raises(Stop):
        PLAN.run(data, progress=stop)


def test_progress_goes_up_to_the_end() -> None:
    seen: list[tuple[int, int]] = []
    data = logs.access_log(2000, seed=1) * 100
    plain = access_plan().run(data)
    assert access_plan().run(data, progress=lambda done, total: seen.append((done, total))) == plain
    assert seen and seen == sorted(seen)
    assert {total for _, total in seen} == {len(data)}
    assert seen[-1][0] <= len(data)
