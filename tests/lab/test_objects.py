"""Counter is full at 2**64 - 1; processors give back what they hold, but for the leaking twin."""

import gc
import sys
import threading
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlane import ArgumentTypeError, ArgumentValueError, lab

MOST = 2**64 - 1


@given(st.integers(0, MOST - 3))
def test_counter_counts_from_any_start(start):
    counter = lab.Counter(start)
    assert counter.value == start
    assert [counter.increment() for _ in range(3)] == [start + 1, start + 2, start + 3]
    assert counter.value == start + 3


def test_counter_starts_at_zero_and_takes_its_start_by_name():
    assert lab.Counter().value == 0
    assert lab.Counter(start=7).value == 7


def test_a_full_counter_says_so_and_keeps_its_value():
    counter = lab.Counter(MOST - 1)
    assert counter.increment() == MOST
    for _ in range(3):
        with pytest.raises(OverflowError, match=r"Counter.increment\(\): .*2\*\*64 - 1"):
            counter.increment()
        assert counter.value == MOST


@pytest.mark.parametrize("start", [-1, 2**64, 10**30, -(10**5000)], ids=["-1", "2**64", "10**30", "huge"])
def test_a_start_that_does_not_fit_is_refused(start):
    with pytest.raises(ArgumentValueError) as caught:
        lab.Counter(start)
    assert caught.value.argument == "start"


@pytest.mark.parametrize("start", [1.0, "1", None, [1]])
def test_a_start_that_is_no_int_is_refused(start):
    with pytest.raises(ArgumentTypeError):
        lab.Counter(start)


def test_the_value_cannot_be_set():
    with pytest.raises(AttributeError):
        lab.Counter().value = 3


def test_no_count_is_lost_between_threads():
    counter = lab.Counter()
    threads = [
        threading.Thread(target=lambda: [counter.increment() for _ in range(20_000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counter.value == 80_000


BOTH = [lab.SafeProcessor, lab.LeakingProcessor]


@pytest.mark.parametrize("processor", BOTH)
def test_results_are_kept_in_order(processor):
    made = processor(abs)
    assert [made.process(x) for x in (-1, 2, -3)] == [1, 2, 3]
    assert made.results == [1, 2, 3]
    assert made.callback is abs


@pytest.mark.parametrize("processor", BOTH)
def test_what_the_callback_raises_comes_out_and_adds_nothing(processor):
    made = processor(int)
    made.process("1")
    with pytest.raises(ValueError, match="invalid literal"):
        made.process("one")
    assert made.results == [1]


@pytest.mark.parametrize("processor", BOTH)
def test_the_last_reference_gives_everything_back(processor):
    class Result:
        pass

    result = Result()
    callback = lambda x: x  # noqa: E731
    before = sys.getrefcount(callback)
    made = processor(callback)
    made.process(result)
    assert sys.getrefcount(callback) == before + 1
    kept = weakref.ref(result)
    del result
    assert kept() is not None
    del made
    assert kept() is None
    assert sys.getrefcount(callback) == before


def test_a_processor_that_ends_on_another_thread_ends_well():
    made = [lab.SafeProcessor(lambda x: x) for _ in range(100)]
    for each in made:
        each.process(object())
    kept = weakref.ref(made[0].callback)
    thread = threading.Thread(target=made.clear)
    del each
    thread.start()
    thread.join()
    assert kept() is None


class Owner:
    """A cycle: owner, processor, bound method, owner."""

    def __init__(self, processor):
        self.processor = processor(self.seen)
        self.processor.process(self)

    def seen(self, x):
        return x


def test_the_collector_finds_the_cycle_of_the_safe_one():
    kept = weakref.ref(Owner(lab.SafeProcessor))
    gc.collect()
    assert kept() is None


def test_the_collector_does_not_find_the_cycle_of_the_twin():
    kept = weakref.ref(Owner(lab.LeakingProcessor))
    gc.collect()
    assert kept() is not None
    assert not gc.is_tracked(kept().processor)
    kept().processor.results.clear()
    del kept().__dict__["processor"]  # by hand: the tests leave nothing behind
    gc.collect()
    assert kept() is None


def test_a_callback_may_drop_its_own_processor():
    held = []

    def callback(x):
        held.clear()
        gc.collect()
        return x

    held.append(lab.SafeProcessor(callback))
    assert held[0].process(5) == 5
    assert held == []


def test_any_library_can_be_called_through_a_processor():
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not there")
    model = linear_model.LinearRegression().fit([[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0])
    predicted = lab.SafeProcessor(model.predict).process([[3.0]])
    assert predicted.tolist() == pytest.approx([7.0])
