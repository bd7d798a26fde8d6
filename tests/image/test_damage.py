"""Damaged files: each is refused with its chunk and offset, or is a whole picture; nothing else."""

from __future__ import annotations

import os
import random
import struct
import tracemalloc
import zlib

import numpy as np
import pngs
import pytest

import fastlane
from fastlane import DecodeError, image

CASES = int(os.environ.get("FASTLANE_CASES", "200"))
IS_LONG = CASES > 200
PHOTOGRAPHS = ["canopee_3840x2160", "kodim02", "kodim07", "kodim17", "kodim23"]


def outcome(file: bytes, **options) -> np.ndarray | DecodeError:
    try:
        return image.decode(file, **options)
    except DecodeError as error:
        assert isinstance(error.chunk, str) and 0 <= error.offset <= len(file)
        assert f"decode(): {error.chunk} at byte {error.offset}: " in str(error)
        return error


def refusal(file: bytes, **options) -> DecodeError:
    error = outcome(file, **options)
    assert isinstance(error, DecodeError), "a damaged picture was taken for whole"
    return error


def picture(**options) -> pngs.Picture:
    return pngs.sample(2, 8, 48, 96, **options)


def test_cut_anywhere():
    file = picture(pieces=3).encode()
    for length in range(len(file)):
        refusal(file[:length])


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photograph_cut_anywhere(shared_data, name: str):
    file = (shared_data / "images" / f"{name}.png").read_bytes()
    cuts = 500 if IS_LONG else 25
    for index in range(cuts):
        refusal(file[: len(file) * index // cuts])


def flipped(file: bytes, at: int, mask: int) -> bytes:
    damaged = bytearray(file)
    damaged[at] ^= mask
    return bytes(damaged)


def test_every_flip_of_a_bit_is_seen_by_a_checksum():
    file = picture().encode()
    for at in range(len(file)):
        refusal(flipped(file, at, 1 << at % 8))


def flips_with_right_checksums(file: bytes, count: int, seed: int):
    """Files with bits of one byte of a chunk's content flipped and its CRC made right again."""
    chunks = list(pngs.chunks_of(file))
    made = random.Random(seed)
    for _ in range(count):
        offset, kind, data = made.choice(chunks[:-1] if made.random() < 0.3 else [max(chunks, key=lambda c: len(c[2]))])
        at = made.randrange(len(data))
        damaged = flipped(data, at, made.choice([1 << made.randrange(8), made.randrange(1, 256)]))
        yield file[:offset] + pngs.chunk(kind, damaged) + file[offset + 12 + len(data) :]


def limits_of(pixels: int) -> dict[str, object]:
    """Keywords of decode; asking for much more memory than so many pixels is a MemoryError."""
    return {"max_pixels": pixels, "arena": fastlane.Arena(limit=20 * pixels + (2 << 20))}


@pytest.mark.parametrize(("colour", "depth"), pngs.KINDS)
def test_flips_behind_the_checksum(colour: int, depth: int):
    whole = pngs.sample(colour, depth, 40, 80, interlaced=depth == 8 and colour != 0)
    whole.transparency = b"\0\1" if colour in (0, 3) else None
    limits = limits_of(1 << 20)
    for damaged in flips_with_right_checksums(whole.encode(), 10 if not IS_LONG else 700, colour):
        result = outcome(damaged, **limits)
        if not isinstance(result, DecodeError):
            said = image.info(damaged)
            assert result.shape == (said.height, said.width, said.channels)


@pytest.mark.parametrize("name", PHOTOGRAPHS[1:])
def test_flips_in_photographs(shared_data, name: str):
    file = (shared_data / "images" / f"{name}.png").read_bytes()
    pixels = image.decode(file)
    limits = limits_of(1 << 22)
    for damaged in flips_with_right_checksums(file, 10_000 if IS_LONG else 20, 5):
        result = outcome(damaged, **limits)
        if not isinstance(result, DecodeError):
            assert result.shape == pixels.shape and np.array_equal(result, pixels)


@pytest.mark.parametrize("length", [0, 12, 14, 1 << 30, (1 << 31) - 1, 1 << 31, (1 << 32) - 1])
def test_lengths_of_chunks_that_lie(length: int):
    file = picture().encode()
    for offset, _, data in pngs.chunks_of(file):
        if length != len(data):
            error = refusal(file[:offset] + struct.pack(">I", length) + file[offset + 4 :])
            assert error.offset >= offset


def head(width: int, height: int, depth: int = 8, colour: int = 2, rest: bytes = b"\0\0\0") -> bytes:
    return struct.pack(">IIBB", width, height, depth, colour) + rest


@pytest.mark.parametrize("side", [1 << 14, (1 << 31) - 1])
@pytest.mark.parametrize("interlaced", [False, True])
def test_huge_pictures_in_small_files_are_refused_before_memory_is_asked_for(side, interlaced):
    chunks = picture().chunks()
    chunks[0] = (b"IHDR", head(side, side, rest=bytes([0, 0, interlaced])))
    file = pngs.joined(chunks)
    arena = fastlane.Arena(limit=1 << 20)
    tracemalloc.start()
    for options in ({}, {"max_pixels": 1 << 62}):
        error = refusal(file, arena=arena, **options)
        assert error.chunk in ("IHDR", "IDAT")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()
    assert arena.stats().peak == 0
    assert image.info(file).width == side


@pytest.mark.parametrize(
    "wrong",
    [
        head(0, 1), head(1, 0), head(1 << 31, 1), head(9, 9, 3), head(9, 9, 4, 2), head(9, 9, 8, 1),
        head(9, 9, 8, 5), head(9, 9, rest=b"\1\0\0"), head(9, 9, rest=b"\0\1\0"),
        head(9, 9, rest=b"\0\0\2"), head(9, 9)[:-1], head(9, 9) + b"\0", b"",
    ],
)  # fmt: skip
def test_wrong_heads(wrong: bytes):
    chunks = picture().chunks()
    chunks[0] = (b"IHDR", wrong)
    error = refusal(pngs.joined(chunks))
    assert (error.chunk, error.offset) == ("IHDR", 8)


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("interlaced", [False, True])
def test_streams_that_are_too_short_too_long_or_go_on(flat: bool, interlaced: bool):
    whole = pngs.sample(2, 8, 100, 300, interlaced=interlaced)
    if flat:
        whole.samples[:] = 9
    filtered = whole.filtered()
    right = zlib.compress(filtered)
    assert np.array_equal(image.decode(whole.encode(right)), whole.pixels())
    wrong = {
        "too short": zlib.compress(filtered[:-1]), "much too short": zlib.compress(filtered[:500]),
        "nothing": zlib.compress(b""), "too long": zlib.compress(filtered + b"\0"),
        "much too long": zlib.compress(filtered * 9), "trailing byte": right + b"\0",
        "trailing stream": right + right, "wrong Adler": right[:-1] + bytes([right[-1] ^ 1]),
        "no Adler": right[:-4], "half an Adler": right[:-2], "empty": b"", "one byte": b"x",
        "raw deflate": right[2:-4], "dictionary": b"\x78\xbb" + right[2:],
        "method": b"\x77\x85" + right[2:], "window": b"\x88\x1c" + right[2:],
        "header": b"\x78\x9d" + right[2:],
    }  # fmt: skip
    for name, stream in wrong.items():
        for pieces in (1, 5, len(stream) or 1):
            whole.pieces = pieces
            error = outcome(whole.encode(stream))
            assert isinstance(error, DecodeError), name
            assert error.chunk == "IDAT", name


def test_filters_that_do_not_exist():
    whole = picture()
    filtered = bytearray(whole.filtered())
    filtered[20 * (96 * 3 + 1)] = 5
    error = refusal(whole.encode(zlib.compress(bytes(filtered))))
    assert "row 20 has a filter" in str(error)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_indices_out_of_range(depth: int):
    whole = pngs.sample(3, depth, 20, 30)
    whole.samples[:] = 0
    whole.palette = whole.palette[:1]
    assert np.array_equal(image.decode(whole.encode()), whole.pixels())
    whole.samples[13, 17] = 1
    for call in (image.decode, image.to_tensor):
        for whole.interlaced in (False, True):
            with pytest.raises(DecodeError, match="palette index of 1 or more"):
                call(whole.encode())


def test_palettes_and_transparency_that_contradict_the_head():
    indexed = pngs.sample(3, 4, 9, 9)
    plain = pngs.sample(2, 8, 9, 9)
    grey_alpha = pngs.sample(4, 8, 9, 9)
    for whole, extra, chunk in [
        (indexed, [(b"PLTE", bytes(3 * 17))], "PLTE"), (indexed, [(b"PLTE", bytes(4))], "PLTE"),
        (indexed, [(b"PLTE", b"")], "PLTE"), (indexed, [(b"tRNS", bytes(1))], "tRNS"),
        (indexed, [(b"PLTE", bytes(6)), (b"tRNS", bytes(3))], "tRNS"),
        (indexed, [(b"PLTE", bytes(6)), (b"PLTE", bytes(6))], "PLTE"),
        (indexed, [], "IDAT"), (plain, [(b"tRNS", bytes(2))], "tRNS"),
        (plain, [(b"tRNS", bytes(6)), (b"tRNS", bytes(6))], "tRNS"),
        (grey_alpha, [(b"tRNS", bytes(2))], "tRNS"), (plain, [(b"gAMA", bytes(3))], "gAMA"),
        (plain, [(b"IHDR", head(9, 9))], "IHDR"), (plain, [(b"IEND", b"")], "IDAT"),
    ]:  # fmt: skip
        chunks = [part for part in whole.chunks() if part[0] not in (b"PLTE", b"tRNS")]
        chunks[1:1] = extra
        assert refusal(pngs.joined(chunks)).chunk == chunk, extra


def test_order_of_chunks():
    whole = picture(pieces=3)
    chunks = whole.chunks()
    data = [index for index, (kind, _) in enumerate(chunks) if kind == b"IDAT"]
    for wrong in (
        [*chunks[: data[1]], (b"tEXt", b"between"), *chunks[data[1] :]],
        chunks[1:], [*chunks[:-1], (b"PLTE", bytes(3)), chunks[-1]],
        [*chunks[:-1], (b"IEND", b"x")], chunks[:-1],
    ):  # fmt: skip
        refusal(pngs.joined(wrong))


def test_memory_comes_back_after_every_error():
    arena = fastlane.Arena()
    file = picture().encode()
    for length in range(0, len(file), 97):
        refusal(file[:length], arena=arena)
    assert arena.stats().bytes_in_use == 0
