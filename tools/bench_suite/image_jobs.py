"""The jobs of the suite image, one function for each way to do them.

Run as a program, it does one of them once and prints the peak memory of the process in MB.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from bench_suite import peers
from bench_suite.log_jobs import peak_memory_mb

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
SLOPE = (1 / (255 * np.array(STD))).astype("f4")
OFFSET = (-np.array(MEAN) / STD).astype("f4")


@cache
def reused(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Memory that a careful user keeps between calls."""
    return np.zeros(shape, dtype)


def careful(pixels: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """What NumPy can do at best: one pass for each channel, nothing allocated but the output."""
    if out is None:
        out = np.empty((3, *pixels.shape[:2]), "f4")
    for channel in range(3):
        np.multiply(pixels[..., channel], SLOPE[channel], out=out[channel], dtype="f4")
        out[channel] += OFFSET[channel]
    return out


def into_reused(pixels: np.ndarray) -> np.ndarray:
    return careful(pixels, reused((3, *pixels.shape[:2]), "f4"))


def by_pillow(path: str) -> np.ndarray:
    with peers.module("PIL.Image").open(path) as picture:
        return np.asarray(picture)


def by_opencv(path: str) -> np.ndarray:
    return peers.module("cv2").imread(path)[..., ::-1]


def by_imagecodecs(path: str) -> np.ndarray:
    with open(path, "rb") as file:
        return peers.module("imagecodecs").spng_decode(file.read())


def imagecodecs_into_reused(path: str) -> np.ndarray:
    with open(path, "rb") as file:
        data = file.read()
    place = reused((2160, 3840, 3), "u1")
    return into_reused(peers.module("imagecodecs").spng_decode(data, out=place))


def before(path: str) -> np.ndarray:
    """As it is usually written: a copy at every step."""
    with open(path, "rb") as file:
        data = bytes(file.read())
    import io

    picture = peers.module("PIL.Image").open(io.BytesIO(data)).convert("RGB")
    pixels = np.array(picture).astype(np.float32) / 255.0
    pixels = (pixels - np.array(MEAN, "f4")) / np.array(STD, "f4")
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def blob(path: str) -> np.ndarray:
    """OpenCV's own way; one scale for all channels, so its numbers are not quite these."""
    cv2 = peers.module("cv2")
    mean = [255 * value for value in MEAN]
    return cv2.dnn.blobFromImage(
        cv2.imread(path), 1 / (255 * 0.225), mean=mean[::-1], swapRB=True
    )[0]


@cache
def arena() -> Any:
    return peers.module("fastlane").Arena()


def fastlane_decode(path: str) -> np.ndarray:
    return peers.module("fastlane.image").decode(path, arena=arena(), threads=1)


def fastlane_tensor(path: str) -> np.ndarray:
    found = peers.module("fastlane.image")
    return found.to_tensor(path, mean=MEAN, std=STD, arena=arena(), threads=1)


DECODE: dict[str, tuple[str, Callable[[str], np.ndarray]]] = {
    "Pillow": ("PIL.Image", by_pillow),
    "OpenCV": ("cv2", by_opencv),
    "imagecodecs": ("imagecodecs", by_imagecodecs),
    "fastlane": ("fastlane.image", fastlane_decode),
}
TENSOR: dict[str, tuple[str, Callable[[str], np.ndarray]]] = {
    "before": ("PIL.Image", before),
    "Pillow": ("PIL.Image", lambda path: into_reused(by_pillow(path))),
    "OpenCV": ("cv2", lambda path: into_reused(by_opencv(path))),
    "imagecodecs": ("imagecodecs", imagecodecs_into_reused),
    "fastlane": ("fastlane.image", fastlane_tensor),
}


def there(jobs: dict[str, tuple[str, Callable[[str], np.ndarray]]], name: str) -> bool:
    return name in jobs and peers.module(jobs[name][0]) is not None


if __name__ == "__main__":
    TENSOR[sys.argv[1]][1](sys.argv[2])
    print(peak_memory_mb())
