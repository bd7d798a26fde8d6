"""All of PngSuite: what is valid equals Pillow and the slow reader, what is broken is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pngs
import pytest

import fastlane
from fastlane import image

PIL = pytest.importorskip("PIL.Image")
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "pngsuite"
FILES = sorted(FOLDER.glob("*.png"))
BROKEN = [path for path in FILES if path.name.startswith("x")]
VALID = [path for path in FILES if not path.name.startswith("x")]
CHUNKS = {
    "xc1": "IHDR", "xc9": "IHDR", "xcr": "signature", "xcs": "IDAT", "xd0": "IHDR", "xd3": "IHDR",
    "xd9": "IHDR", "xdt": "IDAT", "xhd": "IHDR", "xlf": "signature", "xs1": "signature",
    "xs2": "signature", "xs4": "signature", "xs7": "signature",
}  # fmt: skip

pytestmark = pytest.mark.skipif(not FILES, reason=f"no PngSuite at {FOLDER}")


def by_pillow(path: Path) -> np.ndarray:
    """Pillow's pixels as decode gives them: palettes and transparent colours expanded."""
    with PIL.open(path) as picture:
        transparent = "transparency" in picture.info
        mode = picture.mode
        if mode == "P":
            picture = picture.convert("RGBA" if transparent else "RGB")
        elif mode == "1":
            picture = picture.convert("L")
        if mode in ("1", "L", "RGB") and transparent:
            picture = picture.convert("LA" if mode != "RGB" else "RGBA")
        pixels = np.asarray(picture)
    return pixels if pixels.ndim == 3 else pixels[..., None]


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_valid_file_equals_both_references(path: Path):
    pixels = image.decode(path)
    assert pixels.flags.c_contiguous
    reference = pngs.decode(path.read_bytes())
    expected = reference.pixels()
    assert pixels.dtype == expected.dtype and np.array_equal(pixels, expected)
    if reference.depth == 16:
        return
    theirs = by_pillow(path)
    if reference.colour == 0 and reference.depth < 8:
        # Pillow compares scaled greys with a transparent grey that is not scaled.
        pixels, theirs = pixels[..., :1], theirs[..., :1]
    assert np.array_equal(pixels, theirs)


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.stem)
def test_info_is_what_the_file_says(path: Path):
    reference = pngs.decode(path.read_bytes())
    said = image.info(str(path))
    pixels = reference.pixels()
    assert (said.height, said.width, said.channels) == pixels.shape
    assert (said.bit_depth, said.colour_type) == (reference.depth, reference.colour)
    assert said.interlaced is reference.interlaced and said.format == "PNG"
    chunks = {kind: data for _, kind, data in pngs.chunks_of(path.read_bytes())}
    gamma = int.from_bytes(chunks[b"gAMA"]) / 100000 if b"gAMA" in chunks else None
    assert said.gamma == gamma


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_file_is_refused_by_chunk_and_offset(path: Path):
    for source in (path, path.read_bytes()):
        for call in (image.decode, image.to_tensor):
            with pytest.raises(fastlane.DecodeError) as caught:
                call(source)
            error = caught.value
            assert error.chunk == CHUNKS[path.stem[:3]]
            assert 0 <= error.offset <= path.stat().st_size
            assert f"{error.chunk} at byte {error.offset}: " in str(error)


def test_every_file_was_looked_at():
    assert len(VALID) >= 161 and len(BROKEN) == 14
