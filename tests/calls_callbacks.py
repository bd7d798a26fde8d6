"""Entries of the table in calls.py: the type CallbackQueue and the threads that post to one."""

from __future__ import annotations

from call_kinds import Anything, Call, Integer, Refusal

import fastlane
from fastlane import ArgumentTypeError, ArgumentValueError


def full_queue() -> fastlane.CallbackQueue:
    """One whose callable waits for its only place to be taken, so that nothing fits any more."""
    queue = fastlane.CallbackQueue(list, max_wait=3600, max_pending=1, on_full="raise")
    queue.post(1)
    return queue


def closed_queue() -> fastlane.CallbackQueue:
    queue = fastlane.CallbackQueue(list)
    queue.close()
    return queue


TIMEOUT_ERRORS = (
    Refusal(lambda: {"timeout": -1}, ArgumentValueError, "timeout"),
    Refusal(lambda: {"timeout": float("nan")}, ArgumentValueError, "timeout"),
    Refusal(lambda: {"timeout": "long"}, ArgumentTypeError, "timeout"),
)

CALLBACKS = [
    Call(
        "fastlane.CallbackQueue",
        {
            "callable": Anything(),
            "max_batch": Integer(1, (1 << 63) - 1, (1, 256)),
            "max_wait": Anything(),
            "max_pending": Integer(1, (1 << 63) - 1, (1, 256)),
            "on_full": Anything(),
        },
        make=lambda: {"callable": list},
        model=None,
        errors=(
            Refusal(lambda: {"callable": 1}, ArgumentTypeError, "callable"),
            Refusal(lambda: {"max_batch": 0}, ArgumentValueError, "max_batch"),
            Refusal(lambda: {"max_wait": -1.0}, ArgumentValueError, "max_wait"),
            Refusal(lambda: {"max_wait": "long"}, ArgumentTypeError, "max_wait"),
            Refusal(lambda: {"max_pending": 0}, ArgumentValueError, "max_pending"),
            Refusal(lambda: {"on_full": "drop"}, ArgumentValueError, "on_full"),
            Refusal(lambda: {"on_full": 1}, ArgumentTypeError, "on_full"),
        ),
        keyword_only=frozenset(("max_batch", "max_wait", "max_pending", "on_full")),
    ),
    Call(
        "fastlane.CallbackQueue.post",
        {
            "self": Anything(),
            "code": Anything(),
            "payload": Anything(),
        },
        make=lambda: {"self": fastlane.CallbackQueue(list), "code": 7, "payload": b"payload"},
        model=None,
        errors=(
            Refusal(lambda: {"self": full_queue()}, fastlane.Overloaded),
            Refusal(lambda: {"self": closed_queue()}, RuntimeError),
            Refusal(lambda: {"payload": "text"}, ArgumentTypeError, "payload"),
            Refusal(lambda: {"code": 1.5}, ArgumentTypeError, "code"),
        ),
    ),
    Call(
        "fastlane.CallbackQueue.flush",
        {"self": Anything(), "timeout": Anything()},
        make=lambda: {"self": fastlane.CallbackQueue(list)},
        model=None,
        errors=TIMEOUT_ERRORS,
    ),
    Call(
        "fastlane.CallbackQueue.close",
        {"self": Anything(), "timeout": Anything()},
        make=lambda: {"self": fastlane.CallbackQueue(list)},
        model=None,
        errors=TIMEOUT_ERRORS,
    ),
    Call(
        "fastlane.CallbackQueue.stats",
        {"self": Anything()},
        make=lambda: {"self": fastlane.CallbackQueue(list)},
        model=None,
    ),
    Call(
        "fastlane.testing.post_events",
        {
            "queue": Anything(),
            "threads": Anything(),
            "events": Anything(),
        },
        make=lambda: {"queue": fastlane.CallbackQueue(list), "threads": 2, "events": 3},
        model=None,
        errors=(
            Refusal(lambda: {"queue": 1}, ArgumentTypeError, "queue"),
            Refusal(lambda: {"queue": closed_queue()}, RuntimeError),
            Refusal(lambda: {"threads": 0}, ArgumentValueError, "threads"),
            Refusal(lambda: {"events": -1}, ArgumentValueError, "events"),
        ),
    ),
]
