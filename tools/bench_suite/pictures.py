"""The 4K pictures of the suite image: a drawn one, and a photograph written by two libraries."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench_suite import peers
from bench_suite.build_modules import CACHE, ROOT

IMAGES = ROOT.parent / "shared" / "data" / "images"
HEIGHT, WIDTH = 2160, 3840


def photograph() -> np.ndarray | None:
    """A wall of photographs, each turned another way; noise where there are none."""
    pillow = peers.module("PIL.Image")
    if pillow is None:
        return None
    wall = np.zeros((HEIGHT + 512, WIDTH, 3), "u1")
    found = sorted(IMAGES.glob("kodim*.png"))
    tiles = []
    for path in found:
        with pillow.open(path) as picture:
            tile = np.asarray(picture.convert("RGB"))
        tiles.append(tile if tile.shape[1] == 768 else np.rot90(tile))
    if not tiles:
        tiles = [noisy_tile(seed) for seed in range(4)]
    place = 0
    for top in range(0, HEIGHT, 512):
        for left in range(0, WIDTH, 768):
            tile = tiles[place % len(tiles)]
            turned = tile[:: 1 - place // 4 % 2 * 2, :: 1 - place // 8 % 2 * 2]
            wall[top : top + 512, left : left + 768] = turned[:512, :768]
            place += 1
    return np.ascontiguousarray(wall[:HEIGHT])


def noisy_tile(seed: int) -> np.ndarray:
    made = np.random.default_rng(seed)
    coarse = made.integers(40, 215, (9, 13, 3)).astype("f4")
    rows = np.linspace(0, 7.99, 512)
    columns = np.linspace(0, 11.99, 768)
    top, left = rows.astype(int), columns.astype(int)
    down = (rows - top)[:, None, None]
    along = (columns - left)[None, :, None]
    upper = coarse[top][:, left] * (1 - along) + coarse[top][:, left + 1] * along
    lower = coarse[top + 1][:, left] * (1 - along) + coarse[top + 1][:, left + 1] * along
    smooth = upper * (1 - down) + lower * down
    return np.clip(smooth + made.normal(0, 2.5, smooth.shape), 0, 255).astype("u1")


def files() -> dict[str, Path]:
    """Each kind of picture by name; those that cannot be made here are left out."""
    kinds: dict[str, Path] = {}
    drawn = IMAGES / "canopee_3840x2160.png"
    if drawn.is_file():
        kinds["drawn"] = drawn
    by_pillow, by_opencv = CACHE / "photograph-pillow.png", CACHE / "photograph-opencv.png"
    pillow, opencv = peers.module("PIL.Image"), peers.module("cv2")
    if pillow and not by_pillow.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        pillow.fromarray(photograph()).save(by_pillow)
    if pillow and opencv and not by_opencv.exists():
        opencv.imwrite(str(by_opencv), photograph()[..., ::-1])
    kinds |= {"photo, Pillow": by_pillow} if by_pillow.exists() else {}
    kinds |= {"photo, OpenCV": by_opencv} if by_opencv.exists() else {}
    return kinds
