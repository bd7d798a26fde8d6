"""to_tensor and normalize: every layout, type, choice of channels and stride, against NumPy."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pngs
import pytest

import fastlane
from fastlane import ArgumentValueError, image

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
KINDS = [(0, 8), (4, 8), (2, 8), (6, 8), (0, 16), (2, 16), (6, 16)]


def luma(pixels: np.ndarray) -> np.ndarray:
    red, green, blue = (pixels[..., i].astype("u8") for i in range(3))
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16)[..., None]


def chosen(pixels: np.ndarray, channels: str | None) -> np.ndarray:
    count = pixels.shape[2]
    colours = pixels[..., :3] if count >= 3 else pixels[..., [0, 0, 0]]
    if channels is None:
        return pixels
    if channels == "RGB":
        return colours
    if channels == "RGBA":
        full = np.full((*pixels.shape[:2], 1), np.iinfo(pixels.dtype).max, pixels.dtype)
        return np.concatenate([colours, pixels[..., -1:] if count % 2 == 0 else full], axis=-1)
    return pixels[..., :1] if count < 3 else luma(pixels)


def model(pixels, mean=0.0, std=1.0, scale=None, layout="CHW", channels="RGB", dtype="float32"):
    full = np.iinfo(pixels.dtype).max
    if scale is None:
        scale = 1.0 if dtype == "uint8" else 1 / full
    numbers = (chosen(pixels, channels).astype("f8") * scale - mean) / std
    if dtype == "uint8":
        numbers = np.rint(np.clip(numbers.astype("f4"), 0, 255))
    numbers = numbers.astype("f4").astype(dtype)
    return np.ascontiguousarray(numbers if layout == "HWC" else numbers.transpose(2, 0, 1))


def close(got: np.ndarray, expected: np.ndarray) -> bool:
    if got.dtype != expected.dtype or got.shape != expected.shape:
        return False
    if got.dtype == "uint8":  # where the exact number is halfway, float32 may see it to one side
        return np.abs(got.astype(int) - expected).max(initial=0) <= 1
    rtol = 4e-7 if got.dtype == "float32" else 1.1e-3
    return np.allclose(got, expected, rtol=rtol, atol=1e-30)


@pytest.mark.parametrize(("colour", "depth"), KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
@pytest.mark.parametrize("layout", ["CHW", "HWC"])
@pytest.mark.parametrize("channels", ["RGB", "RGBA", "L", None])
def test_every_choice(colour: int, depth: int, dtype: str, layout: str, channels: str | None):
    picture = pngs.sample(colour, depth, 19, 71)
    pixels = picture.pixels()
    for numbers in ({}, {"mean": 0.25, "std": 0.5}, {"scale": 0.5, "mean": -3, "std": 1.5}):
        options = {"dtype": dtype, "layout": layout, "channels": channels, **numbers}
        expected = model(pixels, **options)
        assert close(image.to_tensor(picture.encode(), **options), expected), options
        assert close(image.normalize(pixels, **options), expected), options


def test_numbers_for_each_channel():
    picture = pngs.sample(2, 8, 40, 300)
    pixels = picture.pixels()
    expected = model(pixels, MEAN, STD)
    for mean, std in [(MEAN, STD), (list(MEAN), np.array(STD)), (np.array(MEAN, "f8"), list(STD))]:
        assert close(image.normalize(pixels, mean=mean, std=std), expected)
        assert close(image.to_tensor(picture.encode(), mean=mean, std=std), expected)
    with pytest.raises(ArgumentValueError) as caught:
        image.to_tensor(picture.encode(), mean=(1, 2, 3, 4), channels=None)
    assert caught.value.argument == "mean" and "3 for the channels" in caught.value.expected


def test_numbers_near_the_mean_keep_their_digits():
    """Where x * scale comes near the mean, subtracting rounded products would lose most digits."""
    pixels = np.arange(256, dtype="u1").reshape(16, 16, 1)
    for mean in (0.4980392, 0.5, 0.4980392156862745, 1 / 3):
        got = image.normalize(pixels, mean=mean, std=0.1, channels="L")
        exact = (pixels[..., 0] / 255 - mean) / 0.1
        assert np.abs(got[0] - exact).max() <= 3e-7 * np.abs(exact).max()
        far = np.abs(exact) > 1e-10
        assert (np.abs(got[0] - exact)[far] <= 3e-7 * np.abs(exact)[far]).all()


def test_scale_of_zero_and_huge_means():
    pixels = np.arange(60, dtype="u1").reshape(4, 5, 3)
    assert (image.normalize(pixels, scale=0, mean=3, std=2) == -1.5).all()
    assert np.allclose(image.normalize(pixels, mean=1e30), -1e30)


def views(pixels: np.ndarray) -> dict[str, np.ndarray]:
    height, width, channels = pixels.shape
    padded = np.zeros((height, width + 5, channels), pixels.dtype)
    padded[:, :width] = pixels
    planar = np.ascontiguousarray(pixels.transpose(2, 0, 1)).transpose(1, 2, 0)
    raw = np.zeros(pixels.nbytes + 1, "u1")[1:].view(pixels.dtype).reshape(pixels.shape)
    raw[...] = pixels
    return {
        "rows with padding": padded[:, :width], "planar": planar, "misaligned": raw,
        "channels backward": pixels[..., ::-1].copy()[..., ::-1],
        "rows backward": pixels[::-1].copy()[::-1],
        "columns backward": pixels[:, ::-1].copy()[:, ::-1],
        "every second column": np.repeat(pixels, 2, axis=1)[:, ::2],
    }  # fmt: skip


@pytest.mark.parametrize("dtype", ["u1", "u2"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("width", [3, 1024, 1500])
def test_frames_of_any_strides(dtype: str, channels: int, width: int):
    made = np.random.default_rng(channels)
    pixels = made.integers(0, np.iinfo(dtype).max, (5, width, channels), dtype)
    expected = image.normalize(pixels)
    assert close(expected, model(pixels))
    for label, view in views(pixels).items():
        assert np.array_equal(view, pixels)
        assert np.array_equal(image.normalize(view), expected), label


@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
def test_out_of_any_strides(dtype: str):
    picture = pngs.sample(2, 8, 23, 130)
    pixels, file = picture.pixels(), picture.encode()
    expected = image.normalize(pixels, dtype=dtype)
    outs = {
        "contiguous": np.zeros_like(expected),
        "rows with padding": np.zeros((3, 23, 140), dtype)[..., 7:137],
        "rows backward": np.zeros_like(expected)[:, ::-1],
        "interleaved": np.zeros((23, 130, 3), dtype).transpose(2, 0, 1),
        "every second": np.zeros((3, 23, 260), dtype)[..., ::2],
        "misaligned": np.zeros(expected.nbytes + 1, "u1")[1:].view(dtype).reshape(expected.shape),
    }
    for label, out in outs.items():
        assert image.normalize(pixels, dtype=dtype, out=out) is out
        assert np.array_equal(out, expected), label
        out[...] = 0
        assert image.to_tensor(file, dtype=dtype, out=out) is out
        assert np.array_equal(out, expected), label


def test_large_tensors_go_past_the_caches_and_are_the_same():
    pixels = np.random.default_rng(1).integers(0, 256, (3000, 3003, 3), "u1")
    assert np.array_equal(image.normalize(pixels)[1], image.normalize(pixels[..., 1:2])[0])
    one = image.normalize(pixels, threads=1)
    assert np.array_equal(one, image.normalize(pixels, threads=3))
    assert np.array_equal(one[:, 7, 1:9].T, pixels[7, 1:9] * np.float32(1 / 255))
    raw = np.zeros(one.nbytes + 128, "u1")
    for offset in (1, 4, 16):
        out = raw[offset : offset + one.nbytes].view("f4").reshape(one.shape)
        assert np.array_equal(image.normalize(pixels, out=out), one)
    assert not raw[:1].any() and not raw[16 + one.nbytes :].any()


def test_memory_is_moved_out_and_recycled():
    picture = pngs.sample(2, 8, 300, 500)
    arena = fastlane.Arena()
    tensor = image.to_tensor(picture.encode(), arena=arena)
    assert type(tensor.base).__name__ == "Owner" and arena.stats().bytes_in_use == tensor.nbytes
    del tensor
    assert arena.stats().bytes_in_use == 0
    misses = arena.stats().misses
    for _ in range(4):
        image.to_tensor(picture.encode(), arena=arena)
    assert arena.stats().misses == misses


def test_the_gil_is_released():
    picture = pngs.sample(2, 8, 300, 500)
    fastlane.reset_counters()
    for call in (image.decode, image.to_tensor, lambda file: image.load_batch([file])):
        call(picture.encode())
    image.normalize(picture.pixels())
    counted = fastlane.counters()
    for name in ("decode", "to_tensor", "load_batch", "normalize"):
        found = counted[f"image.{name}"]
        assert (found["calls"], found["gil_released"], found["gil_held"]) == (1, 1, 0)


def test_overlap_is_refused():
    pixels = np.zeros((40, 50, 3), "u1")
    with pytest.raises(fastlane.BorrowError):
        image.normalize(pixels, dtype="uint8", layout="HWC", out=pixels)


DIGEST = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
import pngs
from fastlane import image
digest = hashlib.sha256()
for kind in [(0, 8), (4, 8), (2, 8), (6, 8), (0, 16), (6, 16), (3, 4)]:
    picture = pngs.sample(*kind, 35, 150)
    digest.update(image.decode(picture.encode()).tobytes())
    for dtype in ("float32", "float16", "uint8"):
        for channels in ("RGB", "L", None):
            numbers = {"mean": 0.3, "std": 0.7, "scale": 1 / 255 if dtype != "uint8" else 1}
            tensor = image.to_tensor(picture.encode(), dtype=dtype, channels=channels, **numbers)
            digest.update(tensor.tobytes())
pixels = np.random.default_rng(3).integers(0, 256, (2600, 2600, 3), "u1")
for frame in (pixels, pixels[::9, :, ::-1], pixels[::9, ::3]):
    for channels in ("RGB", "RGBA", "L"):  # the first beyond the caches
        digest.update(image.normalize(frame, mean=0.3, std=0.7, channels=channels).tobytes())
print(digest.hexdigest())
"""


def test_every_cpu_row_gives_the_same_bits():
    digests = {}
    for row in ("baseline", "avx2", "avx512"):
        environment = {**os.environ, "FASTLANE_CPU": row}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        run = subprocess.run(
            [sys.executable, "-c", DIGEST, os.path.dirname(pngs.__file__)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        if run.returncode != 0 and "does not run on this CPU" in run.stderr:
            continue
        assert run.returncode == 0, run.stderr
        digests[row] = run.stdout
    assert "baseline" in digests and len(set(digests.values())) == 1
