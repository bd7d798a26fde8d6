"""Arrays whose strides, alignment and axes are drawn at random, in memory that can be looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

SPECIAL = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, 1e-40, 1.5e300, -3e38)


@dataclass(frozen=True)
class Strided:
    """A view and the bytes around it; `again` gives the same view of a copy of the bytes."""

    memory: np.ndarray
    view: np.ndarray

    def again(self) -> Strided:
        memory = self.memory.copy()
        offset = self.view.ctypes.data - self.memory.ctypes.data if self.view.size else 0
        strides = self.view.strides if self.view.size else None
        view = np.ndarray(self.view.shape, self.view.dtype, memory, offset, strides)
        return Strided(memory, view)

    def __repr__(self) -> str:
        view = self.view
        return f"Strided({view.dtype}, shape {view.shape}, strides {view.strides}, {view!r})"


def fill(memory: np.ndarray, dtype: np.dtype, seed: int, special: bool) -> None:
    """Random elements, among them those at which floating point is special."""
    random = np.random.default_rng(seed)
    count = len(memory) // dtype.itemsize
    if dtype.kind == "f":
        values = random.normal(scale=10.0 ** random.integers(-3, 4), size=count)
        if special:
            at = random.random(count) < 0.1
            with np.errstate(over="ignore"):
                values[at] = random.choice(SPECIAL, int(at.sum()))
        with np.errstate(over="ignore"):
            values = values.astype(dtype)
    elif dtype.kind in "cSV" or not dtype.isnative:
        memory[:] = random.integers(0, 256, len(memory), "u1")
        return
    elif dtype.kind == "b":
        values = random.random(count) < 0.5
    else:
        limits = np.iinfo(dtype)
        values = random.integers(limits.min, limits.max, count, dtype, endpoint=True)
        if special and count:
            values[random.integers(0, count, 2)] = limits.min, limits.max
    memory[: count * dtype.itemsize] = values.view("u1")


@st.composite
def strided_arrays(
    draw: st.DrawFn,
    dtypes: tuple[str, ...],
    *,
    writable: bool = False,
    special: bool = True,
    longest: int = 6,
    shape: tuple[int, ...] | None = None,
) -> Strided:
    """Up to five axes with any steps, in any order, at any alignment; some repeated (stride 0)."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    if shape is not None:
        order = draw(st.permutations(range(len(shape))))
        memory, view = strided_memory(draw, dtype, [shape[axis] for axis in order], special)
        return Strided(memory, view.transpose(np.argsort(order)))
    shape = draw(st.lists(st.integers(0, longest), max_size=4))
    if draw(st.integers(0, 7)) == 0:
        shape = [draw(st.integers(0, 3000))]
    memory, view = strided_memory(draw, dtype, shape, special)
    if not writable and draw(st.integers(0, 3)) == 0:
        view = np.broadcast_to(view, (draw(st.integers(0, 3)), *view.shape))
    view = view.transpose(draw(st.permutations(range(view.ndim))))
    return Strided(memory, view)


def strided_memory(
    draw: st.DrawFn, dtype: np.dtype, shape: list[int], special: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Filled bytes, and a view of this shape with any steps and alignment in them."""
    steps = [draw(st.sampled_from((1, 1, 1, 2, 3, -1, -2))) for _ in shape]
    extents = [length * abs(step) for length, step in zip(shape, steps, strict=True)]
    offset = draw(st.sampled_from((0, 0, dtype.itemsize, 1, 3)))
    memory = np.zeros(math.prod(extents) * dtype.itemsize + offset, "u1")
    fill(memory[offset:], dtype, draw(st.integers(0, 2**32 - 1)), special)
    view = np.ndarray(tuple(extents), dtype, memory, offset)
    return memory, view[(..., *(slice(None, None, step) for step in steps))]
