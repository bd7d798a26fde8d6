from contextlib import AbstractContextManager
from typing import Any, SupportsFloat, SupportsIndex

import numpy as np
from fastlane import CallbackQueue
from typing_extensions import Buffer

__all__ = [
    "noop",
    "one",
    "hypot",
    "buffer_length",
    "bytes_length",
    "text_length",
    "conflicts",
    "live_borrows",
    "hold",
    "post_events",
]

def noop() -> None: ...
def one(x: object, /) -> None: ...
def hypot(x: SupportsFloat | SupportsIndex, y: SupportsFloat | SupportsIndex, /) -> float: ...
def buffer_length(data: Buffer, /) -> int: ...
def bytes_length(data: Buffer, /) -> int: ...
def text_length(s: str, /) -> int: ...
def conflicts(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], /) -> bool: ...
def live_borrows() -> int: ...
def post_events(
    queue: CallbackQueue, threads: SupportsIndex, events: SupportsIndex, /
) -> None: ...
def hold(
    array: np.ndarray[Any, Any], /, *, mutable: bool = False
) -> AbstractContextManager[np.ndarray[Any, Any]]: ...
