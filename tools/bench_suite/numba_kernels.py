"""The array jobs as a careful user of numba writes them: one pass, fastmath, cached on disk.

Fresh outputs are made by np.empty and filled by these: NumPy asks for huge pages, numba's own memory does not.
"""

from __future__ import annotations

import numpy as np
from numba import njit

fast = njit(fastmath=True, cache=True, error_model="numpy")


@fast
def sum_f8(x):
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


@fast
def sum_f4(x):
    total = np.float32(0.0)
    for i in range(x.size):
        total += x[i]
    return total


@fast
def describe(x):
    least = most = x[0]
    total = 0.0
    for i in range(x.size):
        least = min(least, x[i])
        most = max(most, x[i])
        total += x[i]
    mean = total / x.size
    squares = 0.0
    for i in range(x.size):
        squares += (x[i] - mean) * (x[i] - mean)
    return least, most, mean, np.sqrt(squares / x.size)


@fast
def scale_inplace(x, factor):
    for i in range(x.size):
        x[i] *= factor


@fast
def scale_into(x, factor, out):
    for i in range(x.size):
        out[i] = x[i] * factor
    return out


@fast
def linspace_into(start, stop, out):
    step = (stop - start) / (out.size - 1)
    for i in range(out.size):
        out[i] = i * step + start
    out[out.size - 1] = stop
    return out


@fast
def minus(x, amount):
    for i in range(x.size):
        x[i] = max(x[i], amount) - amount


@fast
def square_plus_one_into(x, out):
    for i in range(x.size):
        out[i] = x[i] * x[i] + 1.0
    return out


@fast
def cube_plus_sine_into(x, out):
    for i in range(x.size):
        out[i] = x[i] * x[i] * x[i] + np.sin(x[i])
    return out


@fast
def weighted_into(a, b, out):
    for i in range(a.size):
        out[i] = 2 * a[i] + 3 * b[i]
    return out


@fast
def normalize_into(pixels, slope, offset, out):
    for row in range(pixels.shape[0]):
        for channel in range(3):
            for column in range(pixels.shape[1]):
                value = np.float32(pixels[row, column, channel])
                out[channel, row, column] = value * slope[channel] + offset[channel]
    return out
