"""Entries of the table in calls.py: the image family."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pngs
from call_kinds import Anything, Array, Call, Refusal

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError, DecodeError

PICTURE = pngs.sample(2, 8, 12, 70)
FILE = PICTURE.encode()
PIXELS = PICTURE.pixels()
OPTIONS = ("mean", "std", "scale", "layout", "channels", "dtype")


def tensor_of(pixels: np.ndarray) -> np.ndarray:
    """The first three channels, or the grey three times, from 0 to 1."""
    rgb = pixels[..., :3] if pixels.shape[2] >= 3 else pixels[..., [0, 0, 0]]
    return np.ascontiguousarray((rgb / np.iinfo(pixels.dtype).max).transpose(2, 0, 1), "f4")


def closed_arena() -> fastlane.Arena:
    arena = fastlane.Arena()
    arena.close()
    return arena


def output_errors(right: np.ndarray) -> tuple[Refusal, ...]:
    return (
        Refusal(lambda: {"out": np.empty(3, "i2")}, ArgumentTypeError, "out"),
        Refusal(lambda: {"out": right[:-1].copy()}, ArgumentValueError, "out"),
        Refusal(lambda: {"out": right.tobytes()}, (BorrowError, ArgumentTypeError), "out"),
        Refusal(lambda: {"out": np.broadcast_to(right[:1], right.shape)}, BorrowError, "out"),
        Refusal(
            lambda: {"out": right.copy(), "arena": fastlane.Arena()}, ArgumentValueError, "arena"
        ),
        Refusal(lambda: {"arena": 3}, ArgumentTypeError, "arena"),
        Refusal(lambda: {"arena": closed_arena()}, BorrowError, "arena"),
        Refusal(lambda: {"arena": fastlane.Arena(limit=1)}, MemoryError),
        Refusal(lambda: {"threads": 0}, ArgumentValueError, "threads"),
    )


SOURCE_ERRORS = (
    Refusal(lambda: {"data": 3}, ArgumentTypeError, "data"),
    Refusal(lambda: {"data": None}, ArgumentTypeError, "data"),
    Refusal(lambda: {"data": "a\0b"}, ArgumentValueError, "data"),
    Refusal(lambda: {"data": __file__ + ".missing"}, FileNotFoundError),
    Refusal(lambda: {"data": Path(__file__).parent}, IsADirectoryError),
    Refusal(lambda: {"data": b""}, DecodeError),
    Refusal(lambda: {"data": FILE[:30]}, DecodeError),
)
DECODE_ERRORS = (
    *SOURCE_ERRORS,
    Refusal(lambda: {"data": FILE[:-20]}, DecodeError),
    Refusal(lambda: {"max_pixels": 5}, DecodeError),
    Refusal(lambda: {"max_pixels": 0}, ArgumentValueError, "max_pixels"),
)
OPTION_ERRORS = (
    Refusal(lambda: {"mean": "0"}, ArgumentTypeError, "mean"),
    Refusal(lambda: {"mean": (1.0, 2.0)}, ArgumentValueError, "mean"),
    Refusal(lambda: {"mean": float("nan")}, ArgumentValueError, "mean"),
    Refusal(lambda: {"mean": [1.0, "2", 3.0]}, ArgumentTypeError, "mean"),
    Refusal(lambda: {"std": 0.0}, ArgumentValueError, "std"),
    Refusal(lambda: {"std": []}, ArgumentValueError, "std"),
    Refusal(lambda: {"std": (1, 2), "channels": None}, ArgumentValueError, "std"),
    Refusal(lambda: {"scale": "1"}, ArgumentTypeError, "scale"),
    Refusal(lambda: {"scale": (1.0, 1.0, 1.0)}, ArgumentTypeError, "scale"),
    Refusal(lambda: {"layout": "WHC"}, ArgumentValueError, "layout"),
    Refusal(lambda: {"layout": 3}, ArgumentTypeError, "layout"),
    Refusal(lambda: {"channels": "BGR"}, ArgumentValueError, "channels"),
    Refusal(lambda: {"channels": 3}, ArgumentTypeError, "channels"),
    Refusal(lambda: {"dtype": "float64"}, ArgumentValueError, "dtype"),
    Refusal(lambda: {"dtype": np.dtype(">f4")}, ArgumentTypeError, "dtype"),
    Refusal(lambda: {"dtype": np.int8}, ArgumentTypeError, "dtype"),
)
OUTPUT = ("out", "arena", "threads")


def anything(*names: str) -> dict[str, Anything]:
    return {name: Anything() for name in names}


IMAGE = [
    Call(
        "fastlane.image.info",
        anything("data"),
        make=lambda: {"data": FILE},
        model=lambda data: fastlane.image.ImageInfo((70, 12, 3, 8, False, 2, None, "PNG")),
        errors=SOURCE_ERRORS,
        kernel="info",
    ),
    Call(
        "fastlane.image.decode",
        anything("data", *OUTPUT, "max_pixels"),
        make=lambda: {"data": FILE},
        model=lambda data: PIXELS,
        errors=(*DECODE_ERRORS, *output_errors(PIXELS)),
        keyword_only=frozenset((*OUTPUT, "max_pixels")),
        moves=True,
        kernel="decode_png",
    ),
    Call(
        "fastlane.image.to_tensor",
        anything("data", *OPTIONS, *OUTPUT, "max_pixels"),
        make=lambda: {"data": FILE},
        model=lambda data: tensor_of(PIXELS),
        errors=(*DECODE_ERRORS, *OPTION_ERRORS, *output_errors(tensor_of(PIXELS))),
        keyword_only=frozenset((*OPTIONS, *OUTPUT, "max_pixels")),
        tolerance=3e-7,
        moves=True,
        kernel="write_tensor",
    ),
    Call(
        "fastlane.image.normalize",
        {
            "hwc": Array(("uint8", "uint16"), ndim=3, may_change_shape=False),
            **anything(*OPTIONS, *OUTPUT),
        },
        make=lambda: {"hwc": PIXELS},
        model=lambda hwc: tensor_of(hwc),
        errors=(
            Refusal(lambda: {"hwc": PIXELS[0]}, ArgumentValueError, "hwc"),
            Refusal(lambda: {"hwc": np.zeros((2, 2, 5), "u1")}, ArgumentValueError, "hwc"),
            Refusal(lambda: {"hwc": PIXELS.astype("f4")}, ArgumentTypeError, "hwc"),
            *OPTION_ERRORS,
            *output_errors(tensor_of(PIXELS)),
        ),
        keyword_only=frozenset((*OPTIONS, *OUTPUT)),
        tolerance=3e-7,
        kernel="normalize",
        large=lambda: {"hwc": np.broadcast_to(np.zeros(3, "u1"), (1 << 12, 1 << 12, 3))},
    ),
]
