"""crc32 and fastlane.text against the standard library and the fastest libraries for each."""

from __future__ import annotations

import argparse
import ctypes
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from bench_suite import file_jobs, peers
from bench_suite.measure import Call, Effort, Fact, Row, measure
from bench_suite.texts import ABSENT, FOREIGN, FREQUENT, log_text, word

TITLE = "one thread; texts are logs of 10 MB in memory, whatever their code points take"
COLUMNS = ["Python", "NumPy", "zlib-ng", "isal", "StringZilla", "fastlane"]
FLOOR = None
THREADS = (1,)
EFFORT = Effort(seconds=1.5, least=5, most=300)
QUICK = Effort(seconds=0.3, least=3, most=50)

MODULES = {
    "zlib-ng": "zlib_ng.zlib_ng",
    "isal": "isal.isal_zlib",
    "StringZilla": "stringzilla",
    "fastlane": "fastlane",
}
TEXT_BYTES = 10_000_000
SMALL_BYTES = 1 << 19  # fits the second cache: the loops show, not the memory


def own(text: str) -> str:
    """A str of its own: what StringZilla leaves in one speeds up what Python does with it."""
    return text[:-1] + text[-1:]


def call(column: str, name: str, *args: Any) -> Call | None:
    found = peers.function(MODULES[column], name)
    return Call(found, args) if found else None


def equals(wanted: Any) -> Callable[[Any], bool]:
    return lambda got: bool(got == wanted)


def crc32_row(label: str, size: int) -> Row:
    data = os.urandom(size)
    columns = ("zlib-ng", "isal", "fastlane")
    calls: dict[str, Call | None] = {column: call(column, "crc32", data) for column in columns}
    return Row(
        f"crc32 {label}",
        {"Python": Call(zlib.crc32, (data,)), **calls},
        right=equals(zlib.crc32(data)),
        empty_loop_off=size < 1000,
    )


def vector_state_row() -> Row:
    """What the vector registers are left in shows in what runs next."""
    data = os.urandom(4096)
    eight = np.arange(8.0)

    def followed(crc32: Callable[[bytes], int]) -> Call:
        def both() -> Any:
            crc32(data)
            return eight.sum()

        return Call(both)

    functions = {
        "Python": zlib.crc32,
        **{name: peers.function(MODULES[name], "crc32") for name in ("zlib-ng", "isal", "fastlane")},
    }
    return Row(
        "crc32 4 KiB, then x.sum() of 8",
        {name: followed(found) if found else None for name, found in functions.items()},
    )


def count_row(form: str, text: str, sub: str, label: str) -> Row:
    return Row(
        f"count {label}, {form}",
        {
            "Python": Call(text.count, (sub,)),
            "StringZilla": call("StringZilla", "count", own(text), sub),
            "fastlane": call("fastlane", "text.count", text, sub),
        },
        right=equals(text.count(sub)),
    )


def find_row(name: str, text: str, sub: str) -> Row:
    return Row(
        name,
        {
            "Python": Call(text.find, (sub,)),
            "StringZilla": call("StringZilla", "find", own(text), sub),
            "fastlane": call("fastlane", "text.find", text, sub),
        },
        right=equals(text.find(sub)),
        empty_loop_off=len(text) < 1000,
    )


def first_call(form: str, text: str) -> Iterator[Fact]:
    """The string tax of a first call: its time, and what it adds to the str for good."""
    spent: dict[str, float | None] = {}
    grown: dict[str, float | None] = {}
    for column, name in (("StringZilla", "count"), ("fastlane", "text.count")):
        function = peers.function(MODULES[column], name)
        fresh = own(text)
        before = sys.getsizeof(fresh)
        begin = time.perf_counter_ns()
        if function:
            function(fresh, FREQUENT)
            spent[column] = (time.perf_counter_ns() - begin) / 1e6
            grown[column] = (sys.getsizeof(fresh) - before) / 1e6
    yield Fact(f"first count, {form}", "ms", spent)
    yield Fact(f"growth by it, {form}", "MB", grown)


def string_tax(text: str) -> Iterator[Fact]:
    """One job, counting a word, on the three roads by which C++ can get at a str."""
    count = peers.function(MODULES["fastlane"], "text.count")
    if count is None:
        return
    as_utf8 = ctypes.pythonapi.PyUnicode_AsUTF8AndSize
    as_utf8.argtypes = [ctypes.py_object, ctypes.POINTER(ctypes.c_ssize_t)]
    as_utf8.restype = ctypes.c_void_p

    def cached(s: str) -> int:
        size = ctypes.c_ssize_t()
        address = as_utf8(s, ctypes.byref(size))
        return int(count((ctypes.c_char * size.value).from_address(address), FREQUENT.encode()))

    def encoded(s: str) -> int:
        return int(count(s.encode(), FREQUENT.encode()))

    def in_place(s: str) -> int:
        return int(count(s, FREQUENT))

    for name, road in (("UTF-8 cached", cached), ("bytes made", encoded), ("in place", in_place)):
        fresh = own(text)
        before = sys.getsizeof(fresh)
        times = []
        for _ in range(5):
            begin = time.perf_counter_ns()
            road(fresh)
            times.append((time.perf_counter_ns() - begin) / 1e6)
        yield Fact(f"{name}, first call", "ms", {"fastlane": times[0]})
        yield Fact(f"{name}, later calls", "ms", {"fastlane": min(times[1:])})
        yield Fact(f"{name}, str grows by", "MB", {"fastlane": (sys.getsizeof(fresh) - before) / 1e6})


def file_facts(size: int) -> Iterator[Fact]:
    """Pass filenames, not content."""
    path = file_jobs.large_file(size)
    known = {name: file_jobs.run_alone(name, path) for name in file_jobs.JOBS}
    label = f"crc32 of a file of {size >> 20} MiB"
    yield Fact(label, "s", {name: seconds for name, (seconds, _) in known.items()})
    yield Fact("  peak memory", "MB", {name: memory for name, (_, memory) in known.items()})


def rate_fact(ascii_text: str, wide: str, form: str) -> Fact:
    """Bytes per second in another form, as a multiple of those in ASCII."""
    values: dict[str, float | None] = {}
    for column in ("Python", "fastlane"):
        count = peers.function(MODULES["fastlane"], "text.count") if column == "fastlane" else str.count
        if count is None:
            continue
        calls: dict[str, Call | None] = {
            "ASCII": Call(count, (ascii_text, FREQUENT)),
            "wide": Call(count, (wide, FREQUENT)),
        }
        cells: Any = measure(Row("rates", calls), Effort(seconds=0.5, least=10))
        values[column] = cells["ASCII"]["min"] / cells["wide"]["min"]
    return Fact(f"rate in {form}, ASCII is 1", "x", values)


def lines_row(form: str, text: str) -> Row:
    def by_numpy() -> Any:
        # These offsets are right for ASCII only: the others are those of the UTF-8.
        return np.flatnonzero(np.frombuffer(text.encode(), "u1") == 10)

    sz = peers.module("stringzilla")
    lines = text.count("\n") + 1
    return Row(
        f"line_offsets, {form}",
        {
            "Python": Call(text.splitlines),
            "NumPy": Call(by_numpy),
            "StringZilla": Call(sz.Str(own(text)).split, ("\n",)) if sz and form.startswith("ASCII") else None,
            "fastlane": call("fastlane", "text.line_offsets", text),
        },
        right=lambda got: abs(len(got) - lines) <= 1,
    )


def utf8_row(form: str, text: str) -> Row:
    return Row(
        f"utf8_length, {form}",
        {
            "Python": Call(lambda: len(text.encode())),
            "fastlane": call("fastlane", "text.utf8_length", text),
        },
        right=equals(len(text.encode())),
    )


def hard_rows() -> Iterator[Row]:
    """Needles that look like a match nearly everywhere."""
    million = 10**6
    ones = "a" * 10 * million
    twos = "ab" * 5 * million
    cases = {
        "a*1000 in a*10^7": (ones, "a" * 1000),
        "a*999 b in a*10^7": (ones, "a" * 999 + "b"),
        "b a*999 in a*10^7": (ones, "b" + "a" * 999),
        "a*500 b a*499 in a*10^7": (ones, "a" * 500 + "b" + "a" * 499),
        "ab*500 in ab*5*10^6": (twos, "ab" * 500),
        "ab*499 ba in ab*5*10^6": (twos, "ab" * 499 + "ba"),
        "a b*998 a in ab*5*10^6": (twos, "a" + "b" * 998 + "a"),
        "aXa in a*10^7": (ones, "aXa"),
    }
    for name, (text, sub) in cases.items():
        yield count_row(name, text, sub, "hard")


def rows(options: argparse.Namespace) -> Iterator[Row | Fact]:
    sizes = {"100 B": 100, "4 KiB": 4096, "64 KiB": 1 << 16, "1 MiB": 1 << 20, "64 MiB": 64 << 20}
    for label, size in sizes.items():
        yield crc32_row(label, size)
    yield vector_state_row()
    texts = {form: log_text(form, TEXT_BYTES) for form in FOREIGN}
    for form in FOREIGN:
        small = log_text(form, SMALL_BYTES)
        yield count_row(f"{form} 512 KB", small, word(form, ABSENT), "a rare word")
        yield find_row(f"find a rare word, {form} 512 KB", small, word(form, ABSENT))
        yield lines_row(f"{form} 512 KB", small)
        yield utf8_row(f"{form} 512 KB", small)
    for form, text in texts.items():
        if form != "ASCII":
            yield from first_call(form, text)
        yield count_row(form, text, FREQUENT, "a word")
        yield count_row(form, text, word(form, ABSENT), "a rare word")
        yield find_row(f"find a rare word, {form}", text, word(form, ABSENT))
        absent = "\x7f" if form == "ASCII" else chr(ord(FOREIGN[form]) ^ 2)
        yield find_row(f"find one character, {form}", text, absent)
        yield lines_row(form, text)
        yield utf8_row(form, text)
    for form in ("UCS-2", "UCS-4"):
        yield rate_fact(texts["ASCII"], texts[form], form)
    for form, foreign in FOREIGN.items():
        yield find_row(f"find x near the front of 100, {form}", foreign * 10 + "x" + "a" * 89, "x")
        yield find_row(f"find x at the end of 4096, {form}", foreign + "a" * 4094 + "x", "x")
        yield find_row(f"find x at the end of 65536, {form}", foreign + "a" * 65534 + "x", "x")
    yield from hard_rows()
    yield from string_tax(texts["UCS-2"])
    if peers.module("fastlane"):
        yield from file_facts(128 << 20 if options.quick else 1 << 30)
