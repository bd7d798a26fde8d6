"""A run piece by piece: the pieces joined are the run over everything, wherever the input comes
from, and nothing is read before it is needed.
"""

from __future__ import annotations

import functools
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError, DecodeError, SchemaError
from fastlane import records as fr
from fastlane.records import Plan, Result
from records import logs

LOG = logs.access_log(20_000, seed=5)
PLAN = Plan(
    fr.apache("combined"),
    fr.Schema(
        method=fr.Category(), path=fr.String(), status=fr.Int16(), bytes=fr.Int64(null="-", ge=9)
    ),
)
GROUPED = PLAN.group_by("status", "method").aggregate(
    n=fr.count(), total=fr.sum("bytes"), middle=fr.quantile("bytes", 0.5)
)


def joined(pieces: Iterator[Result]) -> Result:
    return functools.reduce(Result.merge, pieces)


@pytest.mark.parametrize("plan", [PLAN, GROUPED])
@pytest.mark.parametrize("form", ["bytes", "path", "file", "chunks", "gzip", "list"])
def test_pieces_are_the_whole(plan: Plan, form: str, tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(LOG)
    inputs = {
        "bytes": LOG,
        "path": path,
        "file": io.BytesIO(LOG),
        "chunks": (LOG[at : at + 4099] for at in range(0, len(LOG), 4099)),
        "gzip": gzip.compress(LOG, 1),
        "list": [LOG, str(path)],
    }
    whole = plan.run([LOG, LOG] if form == "list" else LOG)
    assert whole.rows_bad > 0
    pieces = list(plan.stream(inputs[form], window=1))
    assert len(pieces) == whole.metrics["windows"] > 3
    result = joined(iter(pieces))
    assert result.to_dict() == whole.to_dict()
    assert result.rows_in == whole.rows_in == sum(piece.rows_in for piece in pieces)
    assert result.error_counts == whole.error_counts
    kept = min(len(whole.errors), len(result.errors))
    for mine, theirs in zip(result.errors[:kept], whole.errors[:kept], strict=True):
        assert mine == theirs


def test_a_header_counts_for_all_pieces() -> None:
    text = b"a,b\n" + b"1,2\n" * 600_000
    pieces = list(Plan(fr.csv(), fr.Schema(b=fr.Int8())).stream(text, window=1))
    assert len(pieces) == 3
    assert [set(piece["b"].values.tolist()) for piece in pieces] == [{2}, {2}, {2}]
    assert sum(piece.rows_ok for piece in pieces) == 600_000


def test_nothing_is_read_early() -> None:
    taken = []

    def chunks() -> Iterator[bytes]:
        for at in range(0, len(LOG), 1 << 18):
            taken.append(at)
            yield LOG[at : at + (1 << 18)]

    stream = PLAN.stream(chunks(), window=1)
    assert not taken
    next(stream)
    assert 0 < len(taken) < 8 < len(LOG) >> 18


def test_a_stream_that_breaks_off() -> None:
    packed = gzip.compress(LOG)
    stream = PLAN.stream(packed[: len(packed) // 2], window=1)
    good = next(stream)
    with pytest.raises(DecodeError) as caught:
        for piece in stream:
            good = Result.merge(good, piece)
    assert 0 < good.rows_in + caught.value.partial.rows_in < 20_000
    assert list(stream) == []


def test_a_stream_inside_of_itself() -> None:
    def chunks() -> Iterator[bytes]:
        yield LOG[:1000]
        with pytest.raises(ValueError, match="generator already executing"):
            next(stream)
        yield LOG[1000:2000]

    stream = PLAN.stream(chunks())
    assert sum(piece.rows_in for piece in stream) == PLAN.run(LOG[:2000]).rows_in

    from fastlane import _core

    def busy() -> Iterator[bytes]:
        with pytest.raises(BorrowError, match="nobody else"):
            _core.records_next(native, 1)
        yield LOG[:1000]

    native = _core.records_stream([busy()], PLAN.program, 10, 1 << 20)
    piece = _core.records_next(native, 1)
    assert piece is not None and piece["rows_in"] > 0
    assert _core.records_next(native, 1) is None


def test_what_cannot_be_streamed() -> None:
    with pytest.raises(ArgumentTypeError, match=r"plan\.run\(batch\)"):
        PLAN.stream({"status": [1]})
    with pytest.raises(ArgumentValueError):
        next(PLAN.stream(LOG, window=0))
    with pytest.raises(SchemaError, match=r"stream\(\)"):
        PLAN.group_by("status").stream(LOG)
    with pytest.raises(FileNotFoundError):
        next(PLAN.stream("nowhere.log"))
    with pytest.raises(SchemaError, match="'b'"):
        list(Plan(fr.csv(), fr.Schema(b=fr.Int8())).stream(b"a\n1\n"))


@pytest.mark.parametrize("broken", [b"a\n1\n", 3])
def test_an_iterator_that_fails_ends_the_stream(broken: object) -> None:
    def chunks() -> Iterator[object]:
        yield LOG[:1000]
        raise OSError("gone") if broken == 3 else KeyError("lost")

    stream = PLAN.stream(chunks(), window=1)
    with pytest.raises((OSError, KeyError)):
        next(stream)
    assert list(stream) == []
