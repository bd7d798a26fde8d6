"""While the lab's parallel functions work, other Python threads go on; a holder of the GIL stops them."""

import threading

import numpy as np
import pytest

from fastlane import lab

FORMS = {
    "parallel_task": lambda x: lab.parallel_task(x),
    "parallel_transform": lambda x: lab.parallel_transform(x),
    "compute_heavy": lambda x: lab.compute_heavy(x),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_second_thread_makes_progress_meanwhile(form):
    """The calls go on until the other thread has come round a hundred times inside of them."""
    x = np.linspace(0.0, 9.0, 2_000_000)
    inside = threading.Event()
    enough = threading.Event()
    steps = 0

    def walk() -> None:
        nonlocal steps
        while not enough.is_set():
            steps += inside.is_set()
            enough.wait(0.0002)

    walker = threading.Thread(target=walk)
    walker.start()
    try:
        for _ in range(2000):
            inside.set()
            FORMS[form](x)
            inside.clear()
            if steps >= 100:
                break
    finally:
        enough.set()
        walker.join()
    assert steps >= 100


def test_results_of_concurrent_calls_do_not_mix():
    arrays = [np.full(200_000, float(number)) for number in range(4)]
    found: list = [None] * len(arrays)

    def work(index: int) -> None:
        found[index] = [lab.parallel_task(arrays[index]) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(arrays))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[200_000.0 * number * number] * 20 for number in range(4)]
