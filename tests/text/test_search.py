"""count, find, rfind, find_all and line_offsets against str and bytes, on every width and form."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from text.strings import CASES, FORMS, bounds, pairs, spread, texts

from fastlane import text


def matches(s: str | bytes, sub: str | bytes) -> list[int]:
    found = []
    at = s.find(sub)
    while at >= 0:
        found.append(at)
        at = s.find(sub, at + len(sub))
    return found


def lines(s: str | bytes) -> list[int]:
    newline = "\n" if isinstance(s, str) else b"\n"
    starts = [0, *(at + 1 for at in matches(s, newline))]
    return starts if starts[-1] == len(s) else [*starts, len(s)]


@CASES
@given(pairs(), bounds, bounds)
def test_str_is_searched_as_str_does_it(pair: tuple[str, str], start: int | None, end: int | None) -> None:
    s, sub = pair
    sizes = sys.getsizeof(s), sys.getsizeof(sub)
    assert text.count(s, sub) == s.count(sub)
    assert text.find(s, sub) == s.find(sub)
    assert text.rfind(s, sub) == s.rfind(sub)
    assert text.find(s, sub, start, end) == s.find(sub, start, end)
    assert text.rfind(s, sub, start, end) == s.rfind(sub, start, end)
    assert text.line_offsets(s).tolist() == lines(s)
    if sub:
        found = text.find_all(s, sub)
        assert found.dtype == np.int64 and found.tolist() == matches(s, sub)
    assert (sys.getsizeof(s), sys.getsizeof(sub)) == sizes


@CASES
@given(pairs(), bounds, bounds, st.sampled_from(FORMS), st.sampled_from(FORMS))
def test_bytes_are_searched_as_bytes_does_it(pair, start, end, form, needle_form) -> None:
    s, sub = (part.encode("utf-8", "surrogatepass") for part in pair)
    given_s, given_sub = form(s), needle_form(sub)
    assert text.count(given_s, given_sub) == s.count(sub)
    assert text.find(given_s, given_sub, start, end) == s.find(sub, start, end)
    assert text.rfind(given_s, given_sub, start, end) == s.rfind(sub, start, end)
    assert text.line_offsets(given_s).tolist() == lines(s)
    if sub:
        assert text.find_all(given_s, given_sub).tolist() == matches(s, sub)


LETTERS = {"ASCII": "ab", "Latin-1": "\xe9\xff", "two bytes": "\u20ac\u20ab", "four bytes": "\U0001f600\U0001f601"}


@pytest.mark.parametrize("letters", LETTERS.values(), ids=LETTERS.keys())
@pytest.mark.parametrize("size", [4096, 70_000, 300_000])
def test_long_texts(letters: str, size: int) -> None:
    a, b = letters
    s = a * size + b + a * (size // 2)
    needles = [b, a * 3 + b, b + a * 40, a * 5000 + b, a * 5000, b + b, a * 30 + b + a * 30, (a + b) * 500]
    for sub in needles:
        assert text.count(s, sub) == s.count(sub)
        assert text.find(s, sub) == s.find(sub)
        assert text.find(s, sub, 5, -5) == s.find(sub, 5, -5)
        assert text.rfind(s, sub) == s.rfind(sub)
        assert text.rfind(s, sub, 5, -5) == s.rfind(sub, 5, -5)
        assert text.find_all(s, sub).tolist() == matches(s, sub)


def test_long_strided_bytes_across_windows() -> None:
    random = np.random.default_rng(3)
    s = random.integers(97, 99, 300_000, dtype=np.uint8).tobytes()
    view = spread(s, 3)
    for length in (1, 2, 17, 40, 20_000, 100_000):
        for start in (0, 65_530, 200_000):
            sub = s[start : start + length]
            assert text.find(view, sub) == s.find(sub)
            assert text.rfind(view, sub) == s.rfind(sub)
            assert text.count(view, sub) == s.count(sub)
            assert text.find_all(view, sub).tolist() == matches(s, sub)
            assert text.find(view, sub, 1, 299_000) == s.find(sub, 1, 299_000)
    assert text.line_offsets(spread(b"ab\n" * 100_000, 2)).tolist() == [*range(0, 300_001, 3)]


@pytest.mark.parametrize("period", [1, 2, 3, 7])
def test_adversarial_needles(period: int) -> None:
    word = "abcdefg"[:period]
    s = word * (200_000 // period)
    for length in (10, 1000, 30_000):
        needle = (word * length)[:length]
        for place in (0, 1, length // 2, length - 2, length - 1):
            sub = needle[:place] + "a" + needle[place + 1 :]
            for wanted in (sub, needle, sub[::-1], needle[: length // 2] + "x" + needle[length // 2 :]):
                assert text.find(s, wanted) == s.find(wanted)
                assert text.rfind(s, wanted) == s.rfind(wanted)
                assert text.count(s, wanted) == s.count(wanted)


def test_needles_of_other_widths() -> None:
    widths = ["abc", "a\xe9c", "a\u20acc", "a\U0001f600c"]
    for s in widths:
        for sub in ["a", "c", "\xe9", "\u20ac", "\U0001f600", "ac", "\xe9c", "\u20acc", "\U0001f600c", ""]:
            assert text.find(s, sub) == s.find(sub)
            assert text.count(s, sub) == s.count(sub)
            assert text.find(s * 50_000, sub, 30) == (s * 50_000).find(sub, 30)


def test_lone_surrogates_are_characters_like_others() -> None:
    s = "ab\ud800cd\udc00"
    assert text.find(s, "cd") == 3
    assert text.find(s, "\udc00") == 5
    assert text.count(s * 30_000, "\ud800c") == 30_000
    assert text.find("\U0001f600", "\ud83d") == -1


@pytest.mark.parametrize(
    ("s", "expected"),
    [("", [0]), ("a", [0, 1]), ("a\nb", [0, 2, 3]), ("a\n", [0, 2]), ("\n", [0, 1]), ("\r\n\x85\u2028", [0, 2, 4])],
)
def test_line_offsets_of_small_texts(s: str, expected: list[int]) -> None:
    assert text.line_offsets(s).tolist() == expected
    assert text.line_offsets(s).dtype == np.int64


@CASES
@given(texts)
def test_lines_are_what_splitting_gives(s: str) -> None:
    offsets = text.line_offsets(s).tolist()
    pieces = [s[start:end] for start, end in zip(offsets, offsets[1:], strict=False)]
    assert "".join(pieces) == s
    assert [piece.removesuffix("\n") for piece in pieces] == (s.split("\n")[:-1] if s.endswith("\n") else s.split("\n"))[: len(pieces)]


def test_the_result_owns_its_memory() -> None:
    found = text.find_all("abcabc", "b")
    found[0] = 9
    assert found.tolist() == [9, 4] and found.flags.writeable and found.flags.c_contiguous
    assert text.find_all("abc", "x").tolist() == []
