"""A dict of arrays as an Arrow stream, which the engine reads: arrays in place where their type and
layout allow it, lists and texts as copies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fastlane import _core

from ._errors import argument_type_error, argument_value_error, shown
from .column import Column
from .merge import texts_of

__all__ = ["stream_of"]


def stream_of(arrays: Mapping[str, Any]) -> object:
    """The capsule with the stream. Raises ArgumentTypeError for a value that is no array of
    numbers, texts, bools or times, ArgumentValueError for arrays of different lengths.
    """
    columns = [(name, _parts(name, array)) for name, array in arrays.items()]
    lengths = {name: parts["length"] for name, parts in columns}
    if len(set(lengths.values())) > 1:
        raise argument_value_error(
            "Plan.run(input)",
            argument="input",
            expected="arrays of one length",
            got=", ".join(f"{name}: {length}" for name, length in lengths.items()),
        )
    return _core.arrow_stream(columns)


def _parts(name: str, array: Any) -> dict[str, Any]:
    if isinstance(array, Column):
        return array.parts
    if not isinstance(name, str):
        raise _refusal(f"the name {shown(name)}", "names of columns")
    given = array if hasattr(array, "__array__") else _array_of(name, array)
    values = np.asarray(given)
    if values.ndim != 1:
        raise _refusal(f"{values.ndim} dimensions in {name!r}", "arrays of one dimension")
    made: dict[str, Any] = {"length": len(values), "validity": None}
    kind = values.dtype.kind
    if kind in "OUT":
        return _texts_or_numbers(name, values.tolist(), made)
    if kind == "M":
        made["validity"] = _bits(~np.isnat(values))
        values = values.astype("datetime64[us]").view(np.int64)
    elif values.dtype == np.float16:
        values = values.astype(np.float32)
    elif kind not in "biuf" or values.dtype.itemsize > 8:
        raise _refusal(f"the dtype {values.dtype} in {name!r}", "numbers, texts, bools or times")
    native = np.ascontiguousarray(values, values.dtype.newbyteorder("="))
    return {**made, "type": "timestamp" if kind == "M" else native.dtype.name, "values": native}


def _array_of(name: str, values: Any) -> Any:
    if not isinstance(values, Sequence) or isinstance(values, (str, bytes)):
        raise _refusal(f"{type(values).__name__} for {name!r}", "an array or a list")
    made = np.empty(len(values), object)
    made[:] = values
    return made


def _texts_or_numbers(name: str, values: list[Any], made: dict[str, Any]) -> dict[str, Any]:
    """A column of Python objects, None for null."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        made["validity"] = _bits(np.array([value is not None for value in values]))
    if all(isinstance(value, str) for value in known):
        texts = texts_of(["" if value is None else value for value in values])
        return {**made, "type": "string", **texts}
    numbers = np.array(known)
    if numbers.dtype.kind not in "biufM" or numbers.ndim != 1:
        raise _refusal(f"objects of several kinds in {name!r}", "numbers, texts, bools or times")
    filled = np.zeros(len(values), numbers.dtype)
    filled[[value is not None for value in values]] = numbers
    return {**_parts(name, filled), "validity": made["validity"]}


def _bits(valid: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    return None if valid.all() else np.packbits(valid, bitorder="little")


def _refusal(got: str, expected: str) -> Exception:
    return argument_type_error(
        "Plan.run(input)", argument="input", expected=f"a dict of arrays with {expected}", got=got
    )
