"""Entries of the table in calls.py: the pool's size and what is counted."""

from __future__ import annotations

from call_kinds import Call, Integer, Refusal

from fastlane import ArgumentTypeError, ArgumentValueError

THREADS = [
    Call(
        "fastlane.set_threads",
        {"n": Integer(1, (1 << 63) - 1, (1, 2, 5))},
        make=lambda: {"n": 2},
        model=lambda n: None,
        errors=(
            Refusal(lambda: {"n": 0}, ArgumentValueError, "n"),
            Refusal(lambda: {"n": 1.5}, ArgumentTypeError, "n"),
        ),
    ),
    Call("fastlane.get_threads", {}, make=dict, model=None),
]

COUNTERS = [
    Call("fastlane.counters", {}, make=dict, model=None),
    Call("fastlane.reset_counters", {}, make=dict, model=lambda: None),
]
