"""utf8_length and encode_into against str.encode."""

from __future__ import annotations

import array
import sys

import numpy as np
import pytest
from hypothesis import given
from text.strings import CASES, spread, texts

import fastlane as fl
from fastlane import text


@CASES
@given(texts)
def test_length_and_encoding(s: str) -> None:
    size = sys.getsizeof(s)
    expected = s.encode("utf-8", "surrogatepass")
    assert text.utf8_length(s) == len(expected)
    out = bytearray(b"\x07" * (len(expected) + 2))
    try:
        expected = s.encode()
    except UnicodeEncodeError as error:
        with pytest.raises(UnicodeEncodeError) as raised:
            text.encode_into(s, out)
        assert raised.value.args == error.args
        assert out == b"\x07" * len(out)
    else:
        assert text.encode_into(s, out) == len(expected)
        assert out == expected + b"\x07\x07"
        if expected:
            short = bytearray(len(expected) - 1)
            with pytest.raises(fl.ArgumentValueError) as refused:
                text.encode_into(s, short)
            assert refused.value.expected == f"a buffer of at least {len(expected)} bytes"
            assert refused.value.argument == "out" and not any(short)
    assert sys.getsizeof(s) == size


@pytest.mark.parametrize("letters", ["ab", "a\xe9", "ab\u20ac\u0416", "a\U0001f600\u20ac"])
def test_long_texts(letters: str) -> None:
    s = (letters * 7 + "plain words between") * 30_000
    expected = s.encode()
    out = bytearray(len(expected))
    assert text.utf8_length(s) == len(expected)
    assert text.encode_into(s, out) == len(expected)
    assert out == expected


def test_out_may_have_any_strides() -> None:
    s = "zw\xf6lf \u20acuro \U0001f600" * 1000
    expected = s.encode()
    for step in (2, -1, -5):
        view = spread(bytes(len(expected) + 3), step)
        assert text.encode_into(s, view) == len(expected)
        assert view.tobytes() == expected + bytes(3)
    table = np.zeros((5, len(expected), 2), "u1").transpose(1, 2, 0)
    assert text.encode_into(s, table) == len(expected)
    assert table.tobytes()[: len(expected)] == expected
    signed = array.array("b", bytes(10))
    assert text.encode_into("\xe9", signed) == 2 and signed.tobytes()[:2] == "\xe9".encode()


def test_out_is_given_back() -> None:
    out = bytearray(200_000)
    text.encode_into("a" * 200_000, out)
    out.append(1)
    with pytest.raises(fl.ArgumentValueError):
        text.encode_into("a" * 300_000, out)
    out.append(1)


def test_wrong_out_is_refused() -> None:
    with pytest.raises(fl.BorrowError, match="out"):
        text.encode_into("a", b"read-only")
    with pytest.raises(fl.ArgumentTypeError, match="out"):
        text.encode_into("a", np.zeros(5, "u2"))
    with pytest.raises(fl.ArgumentTypeError, match="out"):
        text.encode_into("a", "text")
    with pytest.raises(fl.ArgumentTypeError) as raised:
        text.encode_into(b"a", bytearray(5))
    assert raised.value.argument == "s"
    with pytest.raises(fl.ArgumentTypeError):
        text.utf8_length(b"bytes")
    with pytest.raises(fl.BorrowError):
        text.encode_into("ab", np.broadcast_to(np.zeros(1, "u1"), 5))
