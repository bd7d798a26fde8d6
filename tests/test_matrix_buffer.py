"""Every request for the buffer of a Matrix is answered as a memoryview answers it."""

from __future__ import annotations

import ctypes
import itertools

import numpy as np
import pytest

from fastlane import Matrix


class View(ctypes.Structure):
    """Py_buffer."""

    _fields_ = [
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.py_object),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    ]


def answer(exporter: object, flags: int) -> object:
    """What an exporter fills in for a request, or that it refuses."""
    view = View()
    get = ctypes.pythonapi.PyObject_GetBuffer
    get.argtypes = [ctypes.py_object, ctypes.POINTER(View), ctypes.c_int]
    try:
        get(exporter, ctypes.byref(view), flags)
    except BufferError:
        return "refused"
    try:
        return (
            view.len,
            view.itemsize,
            view.readonly,
            view.ndim,
            view.format,
            view.shape[: view.ndim] if view.shape else None,
            view.strides[: view.ndim] if view.strides else None,
            bool(view.suboffsets),
        )
    finally:
        release = ctypes.pythonapi.PyBuffer_Release
        release.argtypes = [ctypes.POINTER(View)]
        release(ctypes.byref(view))


# SIMPLE, WRITABLE, FORMAT, ND, STRIDES, C, F and ANY contiguous, INDIRECT: every union of them.
FLAGS = (0x0, 0x1, 0x4, 0x8, 0x18, 0x38, 0x58, 0x98, 0x118)
REQUESTS = sorted(
    {
        sum(set().union(*({1 << bit for bit in range(10) if flag >> bit & 1} for flag in chosen)))
        for count in range(1, 4)
        for chosen in itertools.combinations(FLAGS, count)
    }
)


@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (3, 1), (1, 1), (0, 3), (3, 0), (0, 0)])
def test_every_request_is_answered_as_a_memoryview_answers(shape: tuple[int, int]):
    m = Matrix.zeros(*shape)
    model = memoryview(np.zeros(shape))
    for flags in REQUESTS:
        assert answer(m, flags) == answer(model, flags), hex(flags)
    m.resize(5, 5)  # every export was given back
