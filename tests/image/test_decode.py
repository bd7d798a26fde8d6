"""info and decode: every kind of PNG that can be written, every way to hand it over, every out=."""

from __future__ import annotations

import io
import mmap
import pathlib
import zlib

import numpy as np
import pngs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError, DecodeError, image

SIZES = [(1, 1), (1, 9), (9, 1), (5, 7), (16, 64), (33, 100), (70, 67)]


def same(file: bytes, picture: pngs.Picture) -> bool:
    pixels = image.decode(file)
    expected = picture.pixels()
    return pixels.dtype == expected.dtype and np.array_equal(pixels, expected)


@pytest.mark.parametrize(("colour", "depth"), pngs.KINDS)
@pytest.mark.parametrize("interlaced", [False, True])
def test_every_kind(colour: int, depth: int, interlaced: bool):
    for height, width in SIZES:
        picture = pngs.sample(colour, depth, height, width, interlaced=interlaced)
        assert same(picture.encode(), picture), (height, width)


@pytest.mark.parametrize(("colour", "depth"), [kind for kind in pngs.KINDS if kind[0] in (0, 2, 3)])
def test_transparent_colours_become_an_alpha_channel(colour: int, depth: int):
    picture = pngs.sample(colour, depth, 20, 67)
    if colour == 3:
        picture.transparency = bytes([0, 128])[: 1 << depth]
    else:
        picture.samples[3:9] = picture.samples[0, 0]
        picture.transparency = picture.samples[0, 0].astype(">u2").tobytes()
    pixels = picture.pixels()
    assert pixels.shape[2] == {0: 2, 2: 4, 3: 4}[colour] and pixels[..., -1].min() == 0
    for interlaced in (False, True):
        picture.interlaced = interlaced
        assert same(picture.encode(), picture)
        assert image.info(picture.encode()).channels == pixels.shape[2]


@pytest.mark.parametrize("kind", [(0, 8), (4, 8), (2, 8), (6, 8), (2, 16), (6, 16), (0, 16)])
@given(data=st.data())
def test_any_mix_of_filters(kind: tuple[int, int], data: st.DataObject):
    height = data.draw(st.integers(1, 40))
    width = data.draw(st.integers(60, 140))
    filters = data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=height))
    picture = pngs.sample(*kind, height, width, seed=height, filters=filters, level=1)
    assert same(picture.encode(), picture)


@pytest.mark.parametrize("level", [0, 1, 9])
@pytest.mark.parametrize(
    "strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_RLE, zlib.Z_HUFFMAN_ONLY, zlib.Z_FIXED]
)
@pytest.mark.parametrize("pieces", [1, 7, 100_000])
def test_every_way_to_compress(level: int, strategy: int, pieces: int):
    for flat in (False, True):
        picture = pngs.sample(2, 8, 90, 300, level=level, strategy=strategy, pieces=pieces)
        if flat:
            picture.samples[5:80] = 7
        assert same(picture.encode(), picture)


def test_sources_of_every_sort(tmp_path: pathlib.Path):
    picture = pngs.sample(2, 8, 40, 50)
    file = picture.encode()
    path = tmp_path / "caf\xe9.png"
    path.write_bytes(file)
    mapped = mmap.mmap(-1, len(file))
    mapped[:] = file
    doubled = np.repeat(np.frombuffer(file, "u1"), 2)
    sources = [
        file, bytearray(file), memoryview(file), np.frombuffer(file, "u1"), mapped,
        memoryview(mapped), path, str(path), fastlane.MappedFile(path), doubled[::2],
        memoryview(doubled)[::2], np.frombuffer(file, "u1")[::-1].copy()[::-1],
    ]  # fmt: skip
    for source in sources:
        assert np.array_equal(image.decode(source), picture.pixels()), type(source)
        assert image.info(source).width == 50
    with pytest.raises(FileNotFoundError):
        image.decode(str(path) + "x")
    with pytest.raises(ArgumentTypeError) as caught:
        image.decode(3)
    assert caught.value.argument == "data"


def test_chunks_nobody_knows_are_passed_over_and_critical_ones_refused():
    picture = pngs.sample(6, 8, 10, 10, before=[(b"tEXt", b"Title\0x"), (b"acTL", bytes(8))])
    assert same(picture.encode() + b"behind the end", picture)
    picture.before = [(b"ABCD", b"")]
    with pytest.raises(DecodeError, match="ABCD at byte 33: .*unknown"):
        image.decode(picture.encode())


@pytest.mark.parametrize("is_apart", [False, True])
def test_of_an_animation_the_picture_for_readers_that_know_none(is_apart: bool):
    """The first frame, or what stands before it: as Pillow, which shows that one first, too."""
    pillow = pytest.importorskip("PIL.Image")
    frames = [pngs.sample(2, 8, 20, 30, seed=seed).pixels() for seed in range(3)]
    first, *others = map(pillow.fromarray, frames)
    file = io.BytesIO()
    first.save(file, "PNG", save_all=True, append_images=others, default_image=is_apart)
    kinds = [kind for _, kind, _ in pngs.chunks_of(file.getvalue())]
    assert b"fdAT" in kinds and (kinds.index(b"fcTL") > kinds.index(b"IDAT")) == is_apart
    assert np.array_equal(image.decode(file.getvalue()), frames[0])
    with pillow.open(file) as theirs:
        assert np.array_equal(np.asarray(theirs), frames[0])


def test_out_and_arena():
    picture = pngs.sample(2, 8, 40, 50)
    file, pixels = picture.encode(), picture.pixels()
    out = np.empty_like(pixels)
    assert image.decode(file, out=out) is out and np.array_equal(out, pixels)
    wide = np.zeros((40, 60, 3), "u1")
    assert np.array_equal(image.decode(file, out=wide[:, 3:53]), pixels)
    assert not wide[:, :3].any() and not wide[:, 53:].any()
    backward = np.zeros_like(pixels)
    image.decode(file, out=backward[..., ::-1])
    assert np.array_equal(backward[..., ::-1], pixels)
    planar = np.zeros((3, 40, 50), "u1")
    image.decode(file, out=planar.transpose(1, 2, 0)[::-1])
    assert np.array_equal(planar.transpose(1, 2, 0)[::-1], pixels)
    arena = fastlane.Arena()
    assert np.array_equal(image.decode(file, arena=arena), pixels)
    misses = arena.stats().misses
    for _ in range(3):
        image.decode(file, arena=arena)
    assert arena.stats().misses == misses and arena.stats().bytes_in_use == 0
    for wrong in (np.empty((40, 50, 4), "u1"), np.empty((40, 50, 3), "u2"), np.empty((40, 50), "u1")):
        with pytest.raises(ArgumentValueError) as caught:
            image.decode(file, out=wrong)
        error = caught.value
        assert error.argument == "out" and error.expected == "a uint8 array of shape (40, 50, 3)"


def test_threads_and_limits():
    picture = pngs.sample(0, 8, 10, 20)
    file = picture.encode()
    assert np.array_equal(image.decode(file, threads=2, max_pixels=200), picture.pixels())
    with pytest.raises(DecodeError, match="IHDR at byte 8: .*200 pixels, more than max_pixels=199"):
        image.decode(file, max_pixels=199)
    for wrong in ({"threads": 0}, {"max_pixels": 0}):
        with pytest.raises(ArgumentValueError):
            image.decode(file, **wrong)


@pytest.mark.parametrize("name", ["canopee_3840x2160", "kodim02", "kodim07", "kodim17", "kodim23"])
def test_photographs_equal_pillow(shared_data: pathlib.Path, name: str):
    pillow = pytest.importorskip("PIL.Image")
    path = shared_data / "images" / f"{name}.png"
    with pillow.open(path) as picture:
        assert np.array_equal(image.decode(path), np.asarray(picture))
