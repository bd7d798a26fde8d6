"""The lesson's two forms are one function: with guards, and with every C call written out."""

import array
import math
import sys

import numpy as np
import pytest

from fastlane import lessons

BOTH = [lessons.scaled_copy, lessons.scaled_copy_raw]


@pytest.mark.parametrize("scaled_copy", BOTH)
@pytest.mark.parametrize("length", [0, 1, 7, 100_000])
@pytest.mark.parametrize("step", [1, -1, 3])
def test_values_are_numpys(scaled_copy, length, step):
    values = np.random.default_rng(length).normal(size=length)[::step]
    assert np.array_equal(scaled_copy(values, 2.5), values * 2.5)


@pytest.mark.parametrize("scaled_copy", BOTH)
def test_exporter_is_given_back(scaled_copy):
    values = array.array("d", [1.0, 2.0, 3.0])
    before = sys.getrefcount(values)
    result = scaled_copy(values, -1)
    assert result.tolist() == [-1.0, -2.0, -3.0]
    values.append(4.0)  # BufferError while a buffer is still borrowed
    assert sys.getrefcount(values) == before


@pytest.mark.parametrize("scaled_copy", BOTH)
def test_memory_belongs_to_the_result(scaled_copy):
    result = scaled_copy(np.ones(1000), math.pi)
    assert result.base is not None and not result.flags.owndata
    assert result.flags.writeable and result.flags.c_contiguous
    view = result[::2]
    del result
    assert np.array_equal(view, np.full(500, math.pi))


@pytest.mark.parametrize("scaled_copy", BOTH)
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((np.ones(3, "f4"), 1.0), TypeError),
        ((np.ones(3, ">f8"), 1.0), TypeError),
        ((np.ones((2, 2)), 1.0), ValueError),
        ((np.float64(1.0), 1.0), ValueError),
        ((np.ones(3), "x"), TypeError),
        ((np.ones(3),), TypeError),
        ((1, 2.0), TypeError),
    ],
)
def test_refusals_are_of_one_kind(scaled_copy, arguments, error):
    with pytest.raises(error):
        scaled_copy(*arguments)
