"""Borrows of Rust and fastlane meet, in a process where one of them came first: fastlane or rust."""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

first = sys.argv[1]
if first == "rust":
    import rust_borrows

    rust_borrows.while_reading(np.zeros(3), int)  # leaves the table of a Rust extension
import fastlane
import rust_borrows
from fastlane import BorrowError, testing


def refused(call: Callable[[], Any]) -> bool:
    try:
        call()
    except BufferError as error:
        named = isinstance(error, BorrowError) and "a Rust extension" in str(error)
        assert named or "already borrowed" in str(error), error
        return True
    return False


def enter(array: np.ndarray) -> None:
    with testing.hold(array, mutable=True):
        pass


x = np.arange(120_000.0).reshape(-1, 3)
large, small = x[:, 0], x[:5, 0]

# fastlane beside a borrow of Rust: inside Rust's callback, on the same thread.
assert rust_borrows.while_reading(x, lambda: fastlane.sum(large)) == x[:, 0].sum()
assert rust_borrows.while_writing(x, lambda: refused(lambda: fastlane.sum(large)))
assert rust_borrows.while_writing(x, lambda: fastlane.sum(np.ones(100_000))) == 100_000
assert not rust_borrows.while_writing(x[:, 1], lambda: refused(lambda: fastlane.sum(large)))
assert rust_borrows.while_reading(x, lambda: refused(lambda: enter(x[3])))
if hasattr(fastlane, "scale_inplace"):
    scale = fastlane.scale_inplace
    assert rust_borrows.while_reading(x, lambda: refused(lambda: scale(large, 2.0)))
    assert not rust_borrows.while_reading(x[:, 1], lambda: refused(lambda: scale(large, 1.0)))


# Rust beside a borrow of fastlane.
with testing.hold(x[:, 1]):
    assert not refused(lambda: rust_borrows.while_reading(x, int))
    assert refused(lambda: rust_borrows.while_writing(x, int))
    assert not refused(lambda: rust_borrows.while_writing(x[:, 2], int))
with testing.hold(x, mutable=True):
    assert refused(lambda: rust_borrows.while_reading(x[::7], int))
assert not refused(lambda: rust_borrows.while_writing(x, int))

# Borrows that a Rust table cannot be asked about without care.
repeated = np.broadcast_to(np.array(2.0), (400, 400))
with testing.hold(repeated):
    assert rust_borrows.while_reading(repeated, lambda: fastlane.sum(repeated)) == 320_000

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    changing = np.zeros(16)
    with testing.hold(changing):
        changing.dtype = "u1"  # Rust computes its key again when the borrow ends
    assert not refused(lambda: rust_borrows.while_writing(changing, int))

if first == "fastlane":
    # The table is fastlane's: small calls see Rust's borrows, and Rust gets the exact decision.
    assert rust_borrows.while_writing(x, lambda: testing.live_borrows()) == 1
    assert rust_borrows.while_writing(x, lambda: refused(lambda: fastlane.sum(small)))
    line = np.zeros(100)
    inner = rust_borrows.while_writing
    assert inner(line[::2], lambda: refused(lambda: inner(line.view("u1")[4::16], int)))
    assert not inner(line[::2], lambda: refused(lambda: inner(line[1:2], int)))
    shared = bytearray(64)
    one, two = np.frombuffer(shared, "u1"), np.frombuffer(shared, "u1")
    assert inner(one, lambda: refused(lambda: inner(two, int)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        changing = np.zeros(16)
        rust_borrows.while_reading(changing, lambda: setattr(changing, "dtype", "u1"))
    assert not refused(lambda: inner(changing, int))
    read_only = np.zeros(3)
    read_only.flags.writeable = False
    try:
        inner(read_only, int)
    except BufferError as error:
        assert "not writeable" in str(error), error
    else:
        raise AssertionError("Rust was given read-only memory to write")

assert testing.live_borrows() == 0
print(f"{first} came first")
