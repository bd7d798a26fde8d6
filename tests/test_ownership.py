"""After every call, right or refused: counts as before, exporters free, memory where it belongs."""

import array
import gc
import sys
import threading

import numpy as np
import pytest
import variants
from call_kinds import Array, Bytes, Call, Refusal, Text
from calls import CALLS
from ownership import observe, still_borrowed

ERRORS = [(call, refusal) for call in CALLS for refusal in call.errors]
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
each_error = pytest.mark.parametrize(
    ("call", "refusal"),
    ERRORS,
    ids=[f"{call.name}-{index}" for index, (call, _) in enumerate(ERRORS)],
)


@each_call
def test_right_call_leaves_its_arguments_as_they_were(call: Call):
    arguments = call.make()
    _, raised, changes = observe(call, arguments)
    assert raised is None
    assert changes == []
    assert [still_borrowed(value) for value in arguments.values()] == [None] * len(arguments)


@each_error
def test_documented_error_leaves_its_arguments_as_they_were(call: Call, refusal: Refusal):
    arguments = call.arguments_of(refusal)
    _, raised, changes = observe(call, arguments)
    assert isinstance(raised, refusal.raises), repr(raised)
    assert getattr(raised, "argument", None) == refusal.argument
    assert changes == []
    assert [still_borrowed(value) for value in arguments.values()] == [None] * len(arguments)


@each_error
def test_sentence_says_where_what_and_what_came(call: Call, refusal: Refusal):
    with pytest.raises(refusal.raises) as caught:
        call.invoke(call.arguments_of(refusal))
    if isinstance(caught.value, variants.ArgumentTypeError | variants.ArgumentValueError):
        error = caught.value
        assert str(error).startswith(call.name.removeprefix("fastlane.").split(".")[-1]) or (
            str(error).startswith(call.name.removeprefix("fastlane."))
        )
        assert error.expected in str(error) and error.got in str(error)


def exporters_for(kind, value) -> list:
    """One fresh exporter of each sort that can be resized or closed."""
    if isinstance(kind, Array):
        right = np.ascontiguousarray(value)
        if right.dtype.name not in kind.dtypes:
            right = right.astype(kind.dtypes[0])
        made = [memoryview(right.copy())]
        if kind.ndim not in (None, 1):
            return made
        if right.dtype.char in "bBhHiIlLqQfd":
            made.append(array.array(right.dtype.char, right.ravel().tolist()))
        if right.dtype == "u1":
            made.append(bytearray(right.tobytes()))
        return made
    if isinstance(kind, Bytes):
        return [bytearray(value), array.array("d", [1.0, 2.0]), memoryview(bytearray(value))[::2]]
    return []


LOCKABLE = [
    (call, name)
    for call in CALLS
    for name, kind in call.parameters.items()
    if isinstance(kind, Array | Bytes)
]


@pytest.mark.parametrize(
    ("call", "name"), LOCKABLE, ids=[f"{call.name}({name})" for call, name in LOCKABLE]
)
def test_exporters_can_be_resized_after_right_and_refused_calls(call: Call, name: str):
    right = call.make()
    if name not in right:
        pytest.skip("optional argument without an example")
    for exporter in exporters_for(call.parameters[name], right[name]):
        call.invoke({**call.make(), name: exporter})
        for refusal in call.errors:
            changes = refusal.changes()
            if name not in changes and "self" not in changes:
                with pytest.raises(refusal.raises):
                    call.invoke({**call.make(), name: exporter, **changes})
        assert still_borrowed(exporter) is None, type(exporter)


MOVING = [call for call in CALLS if call.moves]
each_moving_call = pytest.mark.parametrize("call", MOVING, ids=lambda call: call.name)


@each_moving_call
def test_moved_memory_has_an_owner_and_outlives_its_views(call: Call):
    result = call.invoke(call.make())
    owner = result.base
    assert type(owner).__name__ == "Owner" and not result.flags.owndata
    assert sys.getrefcount(owner) == 3
    assert result.flags.writeable and result.flags.aligned
    expected = result.copy()
    view = result[::-1]
    del result, owner
    gc.collect()
    assert np.array_equal(view[::-1], expected, equal_nan=expected.dtype.kind == "f")


@each_moving_call
def test_moved_memory_may_end_on_any_thread(call: Call):
    results = [call.invoke(call.make()) for _ in range(20)]
    expected = results[0].tobytes() if call.model else None
    kept = results[-1]
    thread = threading.Thread(target=results.clear)
    thread.start()
    thread.join()
    assert results == []
    assert expected is None or kept.tobytes() == expected


CALLS_MEASURED = 500
TOLERATED = 50  # blocks of other code; one that a call loses would be there CALLS_MEASURED times


def block_growth(call: Call, arguments_of) -> int:
    """Blocks that stay after many calls, at best of a few tries: other code allocates too."""

    def repeat() -> None:
        for _ in range(CALLS_MEASURED):
            try:
                call.invoke(arguments_of())
            except Exception:
                pass

    gc.collect()
    gc.freeze()  # what the tests hold need not be looked at again and again
    try:
        repeat()
        least = sys.maxsize
        for _ in range(3):
            gc.collect()
            before = sys.getallocatedblocks()
            repeat()
            gc.collect()
            least = min(least, sys.getallocatedblocks() - before)
            if least < TOLERATED:
                break
        return least
    finally:
        gc.unfreeze()


@each_call
def test_right_calls_leave_no_blocks(call: Call):
    assert block_growth(call, call.make) < TOLERATED


@each_error
def test_refused_calls_leave_no_blocks(call: Call, refusal: Refusal):
    assert block_growth(call, lambda: call.arguments_of(refusal)) < TOLERATED


TEXTS = [
    (call, name)
    for call in CALLS
    for name, kind in call.parameters.items()
    if isinstance(kind, Text)
]


@pytest.mark.parametrize(
    ("call", "name"), TEXTS, ids=[f"{call.name}({name})" for call, name in TEXTS]
)
@pytest.mark.parametrize("text", ["a" * 100, "\xe9" * 100, "\u20ac" * 100, "\U0001f600" * 100])
def test_text_weighs_the_same_after_the_call(call: Call, name: str, text: str):
    fresh = "".join(list(text))
    before = sys.getsizeof(fresh)
    call.invoke({**call.make(), name: fresh})
    assert sys.getsizeof(fresh) == before
