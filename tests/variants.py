"""Derives, from a parameter's kind, every form in which its argument may come.

Each variant is an object, the plain value that a model may be given in its place, and, where the
contract refuses it, the exception.
"""

from __future__ import annotations

import array
import ctypes
import decimal
import fractions
import math
import mmap
import os
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from call_kinds import Anything, Array, Bytes, Integer, Kind, NumPys, Real, Source, Text

from fastlane import ArgumentTypeError, ArgumentValueError, BorrowError

NUMPY_VERSION = tuple(int(part) for part in np.__version__.split(".")[:2])
NUMPY_DIMENSIONS = 64 if NUMPY_VERSION >= (2, 0) else 32


@dataclass(frozen=True)
class Variant:
    label: str
    value: Any
    plain: Any = None
    raises: type[BaseException] | tuple[type[BaseException], ...] | None = None


class OnlyDLPack:
    """An array that offers nothing but DLPack."""

    def __init__(self, values: np.ndarray) -> None:
        self._values = values

    def __dlpack__(self, **options: Any) -> Any:
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._values.__dlpack_device__()


class ArraySubclass(np.ndarray):
    """An ndarray by another name."""


class Index:
    """An int by protocol only."""

    def __init__(self, value: int) -> None:
        self._value = value

    def __index__(self) -> int:
        return self._value


class TextSubclass(str):
    """A str by another name."""


class BytesSubclass(bytes):
    """Bytes by another name."""


def misaligned(values: np.ndarray) -> np.ndarray:
    raw = np.zeros(values.nbytes + 1, "u1")[1:]
    moved = raw.view(values.dtype).reshape(values.shape)
    moved[...] = values
    return moved


def interleaved(values: np.ndarray) -> np.ndarray:
    moved = np.zeros((*values.shape, 2), values.dtype)[..., 0]
    moved[...] = values
    return moved


def far_apart(values: np.ndarray) -> np.ndarray:
    """The first elements 64 MiB apart: pages that nobody touches cost nothing."""
    first = values.ravel()[:3]
    step = (64 << 20) // max(1, values.itemsize)
    moved = np.zeros(step * len(first), values.dtype)[::step]
    moved[...] = first
    return moved


def read_only(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.flags.writeable = False
    return values


def writable_repeated(values: np.ndarray) -> np.ndarray:
    first = values.ravel()[:1].copy()
    return np.lib.stride_tricks.as_strided(first, (4,), (0,), writeable=True)


def many_dimensions(values: np.ndarray) -> np.ndarray:
    """As many dimensions as NumPy has, with real extents at both ends."""
    values = np.resize(values, 6)
    return values.reshape(2, *([1] * (NUMPY_DIMENSIONS - 2)), 3)


def of(kind: Kind, value: Any, is_optional: bool = False) -> Iterator[Variant]:
    """Every variant of an argument of this kind; `value` is a right one."""
    if isinstance(kind, Array):
        for dtype in kind.dtypes:
            right = np.asarray(value)
            yield from array_variants(kind, (abs(right) if "u" in dtype else right).astype(dtype))
        yield from array_refusals(kind, np.asarray(value), is_optional)
    elif isinstance(kind, Bytes):
        yield from bytes_variants(bytes(value))
        if kind.or_path:
            yield from path_variants()
    elif isinstance(kind, Text):
        yield from text_variants()
    elif isinstance(kind, Real):
        yield from real_variants()
    elif isinstance(kind, Integer):
        yield from integer_variants(kind, is_optional)
    else:
        assert isinstance(kind, Anything | Source | NumPys)


def array_variants(kind: Array, values: np.ndarray) -> Iterator[Variant]:
    name = values.dtype.name

    def variant(label: str, moved: Any, refused: type[BaseException] | None = None) -> Variant:
        plain = np.array(moved._values if isinstance(moved, OnlyDLPack) else moved, order="C")
        if plain.dtype != values.dtype:
            plain = plain.astype(values.dtype)
        if refused is None and kind.ndim is not None and plain.ndim != kind.ndim:
            refused = ArgumentValueError
        if refused is None and plain.size == 0 and not kind.may_be_empty:
            refused = ArgumentValueError
        return Variant(f"{name} {label}", moved, plain, refused)

    when_written = BorrowError if kind.writes else None
    yield variant("contiguous", values.copy())
    yield variant("interleaved", interleaved(values))
    yield variant("negative stride", values[..., ::-1].copy()[..., ::-1])
    yield variant("misaligned", misaligned(values))
    yield variant("read-only", read_only(values), when_written)
    yield variant("array subclass", values.copy().view(ArraySubclass))
    yield variant("memoryview", memoryview(values.copy()))
    yield variant("read-only memoryview", memoryview(read_only(values)), when_written)
    yield variant("interleaved memoryview", memoryview(interleaved(values)))
    yield variant("misaligned memoryview", memoryview(misaligned(values)))
    # Before NumPy 2.1 whatever comes through DLPack may only be read.
    only_read = when_written if NUMPY_VERSION < (2, 1) else None
    yield variant("only DLPack", OnlyDLPack(values.copy()), only_read)
    if values.ndim == 1:
        yield from exporter_variants(values, variant)
    if values.itemsize > 1:
        swapped = values.astype(values.dtype.newbyteorder("S"))
        yield Variant(f"{name} byte-swapped", swapped, None, ArgumentTypeError)
        yield Variant(f"{name} byte-swapped memoryview", memoryview(swapped), None, ArgumentTypeError)
    if not kind.may_change_shape:
        return
    yield variant("empty", values.ravel()[:0].copy())
    yield variant("empty of two dimensions", np.zeros((3, 0), values.dtype))
    yield variant("empty memoryview", memoryview(values.ravel()[:0].copy()))
    yield variant("zero-dimensional", np.array(values.ravel()[1]))
    yield variant("scalar", values.ravel()[1], when_written)
    yield variant("one element", values.ravel()[:1].copy())
    yield variant("one element, stride 0", np.broadcast_to(values.ravel()[1], 1), when_written)
    yield variant("zero stride", np.broadcast_to(values.ravel()[1], (3, 2)), when_written)
    yield variant("writable zero stride", writable_repeated(values), when_written)
    yield variant("huge stride", far_apart(values))
    yield variant("huge negative stride", far_apart(values)[::-1])
    yield variant("transposed", np.resize(values, (3, 2)).T)
    yield variant("Fortran order", np.asfortranarray(np.resize(values, (3, 2))))
    yield variant("many dimensions", many_dimensions(values))
    yield variant("many dimensions transposed", many_dimensions(values).T)
    yield variant("many dimensions, strided", np.resize(values, (4, 4, 4))[::2, ::-3, 1::2])


def exporter_variants(values: np.ndarray, variant: Any) -> Iterator[Variant]:
    typecode = values.dtype.char
    if typecode in "bBhHiIlLqQfd":
        yield variant("array.array", array.array(typecode, values.tolist()))
    if values.dtype == "u1":
        yield variant("bytearray", bytearray(values.tobytes()))
        mapped = mmap.mmap(-1, max(1, values.size))
        mapped[: values.size] = values.tobytes()
        yield variant("mmap", mapped)
    elements = (np.ctypeslib.as_ctypes_type(values.dtype) * len(values))(*values.tolist())
    yield variant("ctypes array", elements)


def array_refusals(kind: Array, values: np.ndarray, is_optional: bool) -> Iterator[Variant]:
    others = {
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float16", "float32", "float64", "longdouble", "complex64", "complex128",
    } - set(kind.dtypes)  # fmt: skip
    wrong = {f"{name} array": values.astype(name) for name in sorted(others)}
    wrong |= {
        "object array": values.astype(object),
        "datetime64 array": np.zeros(3, "M8[s]"),
        "timedelta64 array": np.zeros(3, "m8[s]"),
        "bytes array": np.array([b"ab", b"c"]),
        "str array": np.array(["ab", "c"]),
        "void array": np.zeros(3, "V8"),
        "structured array": np.zeros(3, [("a", "f8"), ("b", "i4")]),
        "memoryview of float16": memoryview(values.astype("f2")),
        "memoryview of complex": memoryview(values.astype("c16")),
        "memoryview of char": memoryview(b"abc").cast("c"),
        "memoryview of object": memoryview(values.astype(object)),
        "memoryview of structures": memoryview(np.zeros(3, [("a", "f8"), ("b", "i4")])),
        "ctypes structures": (ctypes.c_char * 3)(),
        "datetime64 scalar": np.datetime64(1, "s"),
        "str": "0123",
        "int": 3,
        "float": 3.0,
        "list": values.tolist(),
        "class": np.ndarray,
    }
    if not is_optional:
        wrong["None"] = None
    if "uint8" not in kind.dtypes:
        wrong["bytes"] = b"0123"
    for label, value in wrong.items():
        # An exporter that may be written is asked for first, so read-only memory is said first.
        read_only_too = kind.writes and label in ("bytes", "memoryview of char", "datetime64 scalar")
        refused = (ArgumentTypeError, BorrowError) if read_only_too else ArgumentTypeError
        yield Variant(label, value, None, refused)
    if "uint8" in kind.dtypes and kind.writes:
        yield Variant("bytes", b"0123", None, BorrowError)


def bytes_variants(value: bytes) -> Iterator[Variant]:
    def variant(label: str, exporter: Any) -> Variant:
        return Variant(label, exporter, memoryview(exporter).tobytes())

    long = bytes(value * 7)
    numbers = np.arange(24, dtype="i4")
    mapped = mmap.mmap(-1, 64)
    mapped[:10] = b"mmap bytes"
    yield variant("bytes", long)
    yield variant("empty bytes", b"")
    yield variant("bytes subclass", BytesSubclass(long))
    yield variant("bytearray", bytearray(long))
    yield variant("empty bytearray", bytearray())
    yield variant("memoryview", memoryview(long))
    yield variant("strided memoryview", memoryview(long)[::3])
    yield variant("backward memoryview", memoryview(long)[::-1])
    yield variant("memoryview of two dimensions", memoryview(long[:24]).cast("B", (4, 6)))
    yield variant("memoryview of no dimensions", memoryview(np.array(1.5)))
    yield variant("array.array", array.array("d", [1.0, 2.0]))
    yield variant("mmap", mapped)
    yield variant("ctypes array", (ctypes.c_double * 3)(1, 2, 3))
    yield variant("ndarray", numbers.copy())
    yield variant("strided ndarray", numbers[::2])
    yield variant("backward ndarray", numbers[::-1])
    yield variant("misaligned ndarray", misaligned(numbers))
    yield variant("transposed ndarray", numbers.reshape(2, 3, 4).T)
    yield variant("byte-swapped ndarray", numbers.astype(">i4")[::2])
    yield variant("broadcast ndarray", np.broadcast_to(numbers[3], (3, 5)))
    yield variant("many dimensions", many_dimensions(numbers))
    yield variant("many dimensions transposed", many_dimensions(numbers).T)
    yield variant("huge stride", far_apart(numbers))
    yield variant("structured ndarray", np.zeros(3, [("a", "f8"), ("b", "i4")])[::2])
    yield variant("scalar", np.float64(1.5))
    released = memoryview(bytearray(3))
    released.release()
    wrong = {
        "str": "text", "None": None, "int": 3, "list": [1, 2], "object array": numbers.astype("O"),
        "class": bytes,
    }  # fmt: skip
    for label, refused in wrong.items():
        yield Variant(label, refused, None, ArgumentTypeError)
    yield Variant("released memoryview", released, None, ValueError)


class PathLike:
    """A path by protocol only."""

    def __init__(self, path: Any) -> None:
        self._path = path

    def __fspath__(self) -> Any:
        return self._path


def path_variants() -> Iterator[Variant]:
    here = pathlib.Path(__file__)
    content = here.read_bytes()
    yield Variant("path", here, content)
    yield Variant("path-like", PathLike(str(here)), content)
    yield Variant("path-like of bytes", PathLike(os.fsencode(here)), content)
    yield Variant("empty file", pathlib.Path(os.devnull), b"")
    yield Variant("missing file", here / "missing", None, OSError)
    yield Variant("folder", here.parent, None, OSError)
    yield Variant("NUL in a path", pathlib.Path("a\0b"), None, ArgumentValueError)
    yield Variant("path-like of int", PathLike(3), None, ArgumentTypeError)


def text_variants() -> Iterator[Variant]:
    texts = {
        "ASCII": "plain", "Latin-1": "caf\xe9", "two bytes": "\u20ac5", "four bytes": "\U0001f600!",
        "empty": "", "NUL": "a\0b", "lone surrogate": "a\ud800b", "long": "n\xe9" * 40_000,
        "subclass": TextSubclass("caf\xe9"),
    }  # fmt: skip
    for label, text in texts.items():
        # Made anew: who else holds a literal that looks like a name is not known.
        value = text if isinstance(text, TextSubclass) else "".join(list(text))
        yield Variant(label, value, str(text))
    wrong = {"bytes": b"text", "None": None, "int": 3, "list": ["a"], "array": np.array(["a"])}
    for label, value in wrong.items():
        yield Variant(label, value, None, ArgumentTypeError)


def real_variants() -> Iterator[Variant]:
    numbers = {
        "float": 1.5, "int": 7, "bool": True, "negative": -2.25, "NaN": math.nan, "inf": math.inf,
        "large int": 1 << 1000, "float32": np.float32(0.5), "float64": np.float64(0.5),
        "int16": np.int16(-3), "Fraction": fractions.Fraction(1, 3), "Index": Index(5),
        "Decimal": decimal.Decimal("0.1"), "0-d array": np.array(2.5),
    }  # fmt: skip
    for label, number in numbers.items():
        yield Variant(label, number, float(number))
    yield Variant("int beyond float64", 1 << 2000, None, ArgumentValueError)
    wrong = {"str": "1.5", "bytes": b"1", "complex": 1j, "list": [1.0], "array": np.ones(3)}
    for label, value in wrong.items():
        yield Variant(label, value, None, ArgumentTypeError)


def integer_variants(kind: Integer, is_optional: bool) -> Iterator[Variant]:
    for number in kind.samples:
        yield Variant(f"{number}", number, number)
        yield Variant(f"Index({number})", Index(number), number)
        if abs(number) < 1 << 63:
            yield Variant(f"int64({number})", np.int64(number), number)
    if kind.least is not None and kind.most is not None:
        for number in (kind.least - 1, kind.most + 1, 10**30, -(10**30), 10**5000):
            yield Variant("out of range", number, None, ArgumentValueError)
    wrong = {"str": "1", "float": 1.0, "float64": np.float64(1), "list": [1], "complex": 1j}
    if not is_optional:
        wrong["None"] = None
    for label, value in wrong.items():
        yield Variant(label, value, None, ArgumentTypeError)
