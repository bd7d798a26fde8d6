"""Entries of the table in calls.py: the text family and files as buffers."""

from __future__ import annotations

import numpy as np
from call_kinds import Anything, Call, Integer, Refusal, Text

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError

HAYSTACK = "a banana, un banan\xe9, \u20ac5 for bananas\n\U0001f600 banana\n"
BOUND = Integer(None, None, (0, 1, -1, 7, 10**30, -(10**30)))


def large_bytes() -> np.ndarray:
    """Many bytes that do not lie side by side and take no memory."""
    return np.broadcast_to(np.array(97, "u1"), 1 << 26)


OTHER_KINDS = (
    Refusal(lambda: {"s": 1}, ArgumentTypeError, "s"),
    Refusal(lambda: {"s": None}, ArgumentTypeError, "s"),
    Refusal(lambda: {"s": b"bytes"}, ArgumentTypeError, "sub"),
    Refusal(lambda: {"s": b"bytes", "sub": 97}, ArgumentTypeError, "sub"),
    Refusal(lambda: {"sub": b"bytes"}, ArgumentTypeError, "sub"),
)


def places(s: str, sub: str) -> np.ndarray:
    found = []
    at = s.find(sub)
    while at >= 0:
        found.append(at)
        at = s.find(sub, at + len(sub))
    return np.array(found, np.int64)


TEXT = [
    Call(
        "fastlane.text.count",
        {"s": Anything(), "sub": Text()},
        make=lambda: {"s": HAYSTACK, "sub": "an"},
        model=lambda s, sub: s.count(sub),
        errors=OTHER_KINDS,
        kernel="count",
        large=lambda: {"s": large_bytes(), "sub": b"bb"},
    ),
    *(
        Call(
            f"fastlane.text.{name}",
            {"s": Anything(), "sub": Text(), "start": Anything(), "end": BOUND},
            make=lambda: {"s": HAYSTACK, "sub": "banan\xe9", "start": 0},
            model=lambda s, sub, start=0, end=None, name=name: getattr(s, name)(sub, start, end),
            errors=(
                *OTHER_KINDS,
                Refusal(lambda: {"end": "1"}, ArgumentTypeError, "end"),
            ),
            kernel=name,
            large=lambda: {"s": large_bytes(), "sub": b"bb"},
        )
        for name in ("find", "rfind")
    ),
    Call(
        "fastlane.text.find_all",
        {"s": Anything(), "sub": Anything()},
        make=lambda: {"s": HAYSTACK, "sub": "an"},
        model=places,
        errors=(*OTHER_KINDS, Refusal(lambda: {"sub": ""}, ArgumentValueError, "sub")),
        moves=True,
        kernel="find_all",
        large=lambda: {"s": large_bytes(), "sub": b"bb"},
    ),
    Call(
        "fastlane.text.line_offsets",
        {"s": Anything()},
        make=lambda: {"s": HAYSTACK},
        model=lambda s: np.array([0, *(places(s, "\n") + 1)], np.int64),
        errors=(
            Refusal(lambda: {"s": 1}, ArgumentTypeError, "s"),
            Refusal(lambda: {"s": np.array([None])}, ArgumentTypeError, "s"),
        ),
        moves=True,
        kernel="line_offsets",
        large=lambda: {"s": large_bytes()},
    ),
    Call(
        "fastlane.text.utf8_length",
        {"s": Text()},
        make=lambda: {"s": HAYSTACK},
        model=lambda s: len(s.encode("utf-8", "surrogatepass")),
        kernel="utf8_length",
    ),
    Call(
        "fastlane.text.encode_into",
        {"s": Anything(), "out": Anything()},
        make=lambda: {"s": HAYSTACK, "out": bytearray(100)},
        model=lambda s, out: len(s.encode()),
        errors=(
            Refusal(lambda: {"s": b"bytes"}, ArgumentTypeError, "s"),
            Refusal(lambda: {"out": bytearray(5)}, ArgumentValueError, "out"),
            Refusal(lambda: {"out": b"read-only"}, BorrowError, "out"),
            Refusal(lambda: {"out": np.zeros(100, "u4")}, ArgumentTypeError, "out"),
            Refusal(lambda: {"out": "text"}, ArgumentTypeError, "out"),
        ),
        kernel="encode_utf8",
    ),
]

MAPPED_FILE = [
    Call(
        "fastlane.MappedFile",
        {"path": Anything(), "policy": Anything()},
        make=lambda: {"path": __file__},
        model=None,
        errors=(
            Refusal(lambda: {"path": 1}, ArgumentTypeError, "path"),
            Refusal(lambda: {"path": "a\0b"}, ArgumentValueError, "path"),
            Refusal(lambda: {"path": __file__ + ".missing"}, FileNotFoundError),
            Refusal(lambda: {"policy": "copy"}, ArgumentValueError, "policy"),
            Refusal(lambda: {"policy": 1}, ArgumentTypeError, "policy"),
        ),
        keyword_only=frozenset(("policy",)),
    ),
    Call(
        "fastlane.MappedFile.close",
        {"self": Anything()},
        make=lambda: {"self": fastlane.MappedFile(__file__)},
        model=lambda self: None,
    ),
]
