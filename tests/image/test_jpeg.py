"""JPEG through libjpeg-turbo: the same pixels as Pillow's, and damage refused."""

from __future__ import annotations

import io

import numpy as np
import pngs
import pytest

import fastlane
from fastlane import DecodeError, image

PIL = pytest.importorskip("PIL.Image")


def jpeg(mode: str = "RGB", size: tuple[int, int] = (150, 101), **options) -> bytes:
    made = np.add.outer(np.arange(size[1]), np.arange(size[0]))[..., None] * [1, 2, 3] % 256
    pixels = made.astype("u1") if mode != "L" else made[..., 0].astype("u1")
    file = io.BytesIO()
    PIL.fromarray(pixels).convert(mode).save(file, "JPEG", quality=90, **options)
    return file.getvalue()


def by_pillow(file: bytes) -> np.ndarray:
    pixels = np.asarray(PIL.open(io.BytesIO(file)))
    return pixels if pixels.ndim == 3 else pixels[..., None]


FILES = [
    jpeg(), jpeg("L"), jpeg(progressive=True), jpeg(subsampling=0), jpeg(subsampling=2),
    jpeg(size=(1, 1)), jpeg(size=(7, 300)), jpeg(optimize=True),
]  # fmt: skip


@pytest.mark.parametrize("file", FILES, ids=range(len(FILES)))
def test_pixels_are_those_of_pillow(file: bytes, tmp_path):
    pixels, theirs = image.decode(file), by_pillow(file)
    assert pixels.shape == theirs.shape and pixels.dtype == "u1"
    # Builds of the library round its transforms differently.
    assert np.abs(pixels.astype(int) - theirs).max() <= 4
    assert np.abs(pixels.astype(int) - theirs).mean() <= 0.5
    said = image.info(file)
    assert (said.height, said.width, said.channels) == pixels.shape and said.format == "JPEG"
    path = tmp_path / "picture.jpg"
    path.write_bytes(file)
    assert np.array_equal(image.decode(str(path), out=np.empty_like(pixels)), pixels)
    for options in ({}, {"mean": 0.5, "std": 0.25}, {"channels": "L", "dtype": "uint8"}):
        tensor = image.to_tensor(path, **options)
        assert np.array_equal(tensor, image.normalize(pixels, **options))


@pytest.mark.parametrize("file", FILES, ids=range(len(FILES)))
def test_cut_anywhere(file: bytes):
    for length in range(0, len(file), max(1, len(file) // 150)):
        with pytest.raises(DecodeError) as caught:
            image.decode(file[:length])
        assert 0 <= caught.value.offset <= length
        assert caught.value.chunk in ("JPEG", "signature")


def test_flips_never_crash():
    made = np.random.default_rng(3)
    for file in FILES[:4]:
        for _ in range(150):
            damaged = bytearray(file)
            damaged[made.integers(len(file))] ^= 1 << made.integers(8)
            try:
                pixels = image.decode(bytes(damaged), max_pixels=1 << 20)
            except DecodeError:
                continue
            said = image.info(bytes(damaged))
            assert pixels.shape == (said.height, said.width, said.channels)


def test_limits_and_kinds_that_are_not_read():
    file = FILES[0]
    with pytest.raises(DecodeError, match="more than max_pixels=100"):
        image.decode(file, max_pixels=100)
    huge = bytearray(file)
    at = huge.index(b"\xff\xc0")
    huge[at + 5 : at + 9] = b"\xf0\x00\xf0\x00"
    arena = fastlane.Arena()
    with pytest.raises(DecodeError, match="too short"):
        image.decode(bytes(huge), max_pixels=1 << 40, arena=arena)
    assert arena.stats().peak == 0
    with pytest.raises(DecodeError, match="only grey and RGB"):
        image.decode(jpeg("CMYK"))


def test_batches_of_both_formats():
    pixels = by_pillow(FILES[0])
    png = pngs.Picture(pixels.astype("u2"), 2, 8, level=1).encode()
    batch = image.load_batch([FILES[0], png], dtype="uint8", threads=2)
    assert np.abs(batch[0].astype(int) - batch[1]).max() <= 4
