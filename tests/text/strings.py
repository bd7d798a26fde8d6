"""Hypothesis strategies for text of every width, and forms in which the same bytes can come."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

# The long run: FASTLANE_CASES=100000 python -m pytest tests/text
CASES = settings(max_examples=int(os.environ.get("FASTLANE_CASES", "200")), deadline=None)

# Few letters, so that needles occur, overlap and almost occur; of each width, surrogates included.
ALPHABETS = ["ab", "ab\n", "a\xe9", "\x00\xff", "a\u0100", "\u20ac\u20ab\n", "a\ud800\udc00", "\udfffz",
             "a\U0001f600", "\U0001f600\U0001f601\u0601a", "a\U0010ffff\xff"]  # fmt: skip

alphabets = st.sampled_from(ALPHABETS)
texts = alphabets.flatmap(lambda letters: st.text(letters, max_size=300))
bounds = st.none() | st.integers(-320, 320) | st.sampled_from([2**63, -(2**63) - 1, 2**64, -(2**70)])


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """A haystack and a needle that often is a piece of it, of any two widths."""
    letters = draw(alphabets)
    text = draw(st.text(letters, max_size=300))
    shape = draw(st.integers(0, 5))
    if shape == 0:
        text = text * draw(st.integers(1, 60))
    if shape <= 2 and text:
        start = draw(st.integers(0, len(text) - 1))
        needle = text[start : start + draw(st.integers(0, 40))]
        if shape == 2 and needle:
            at = draw(st.integers(0, len(needle) - 1))
            needle = needle[:at] + draw(st.sampled_from(letters)) + needle[at + 1 :]
    elif shape == 3:
        needle = draw(st.text(draw(alphabets), max_size=4))
    else:
        needle = draw(st.text(letters, max_size=4))
    return text, needle


def spread(data: bytes, step: int) -> memoryview:
    """The same bytes, `step` apart."""
    room = np.full(max(1, len(data) * abs(step)), 7, "u1")
    view = room[:: abs(step)][: len(data)]
    view = view[::-1] if step < 0 else view
    view[:] = np.frombuffer(data, "u1")
    return memoryview(view)


FORMS: list[Callable[[bytes], object]] = [
    bytes,
    bytearray,
    memoryview,
    lambda data: np.frombuffer(data, "u1"),
    lambda data: spread(data, 2),
    lambda data: spread(data, -3),
]
