"""What other threads may do while a call runs without the GIL, and how the call can be stopped."""

import gc
import subprocess
import sys
import threading
import time
import tracemalloc

import numpy as np
import pytest
from call_kinds import Array, Bytes, Call
from calls import CALLS

import fastlane
import fastlane.testing

LARGE = [call for call in CALLS if call.large is not None]
each_large_call = pytest.mark.parametrize("call", LARGE, ids=lambda call: call.name)


def run_alone(script: str, *options: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """A process of its own for what may crash or hang."""
    prelude = f"import sys; sys.path[:] = {sys.path!r}\n"
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", *options, "-c", prelude + script],
        capture_output=True,
        text=True,
        timeout=timeout,
    )


@each_large_call
def test_other_threads_run_during_a_large_call(call: Call):
    ticks = [0]
    over = threading.Event()

    def tick() -> None:
        while not over.is_set():
            ticks[0] += 1
            time.sleep(0.0001)

    arguments = call.large()
    ticker = threading.Thread(target=tick)
    interval = sys.getswitchinterval()
    ticker.start()
    # Nobody is asked to let go of the GIL: ticks during the call mean that it let go by itself.
    sys.setswitchinterval(100)
    try:
        for _ in range(50):
            before = ticks[0]
            call.invoke(arguments)
            ticked = ticks[0] - before
            if ticked:
                break
    finally:
        sys.setswitchinterval(interval)
        over.set()
        ticker.join()
    assert ticked > 0


def hammer(work, attempt, refusal: type[BaseException]) -> str:
    """Runs `work` on a thread and `attempt` here until it is refused, and counts both."""
    over = threading.Event()
    results = []

    def loop() -> None:
        while not over.is_set():
            results.append(work())

    worker = threading.Thread(target=loop)
    worker.start()
    refused = 0
    end = time.monotonic() + 30
    while refused < 20 and time.monotonic() < end:
        try:
            attempt()
        except refusal:
            refused += 1
    over.set()
    worker.join()
    assert refused > 0, f"never refused during {len(results)} calls"
    assert len(set(results)) == 1, results[:3]
    return "refused"


EXPORTERS = {
    "ndarray": "borrowed = array",
    "view": "borrowed = array[::2]",
    "memoryview": "borrowed = memoryview(array)",
    "view of a memoryview": "borrowed = np.asarray(memoryview(array))[1:]",
}


@pytest.mark.parametrize("exporter", EXPORTERS.values(), ids=EXPORTERS)
@pytest.mark.parametrize("function", ["sum", "crc32"])
def test_array_cannot_be_resized_during_a_call(exporter: str, function: str):
    script = f"""
import numpy as np, fastlane, test_threads
array = np.ones(1 << 21)
{exporter}
def attempt():
    array.resize(1 << 22, refcheck=False)
    array.resize(1 << 21, refcheck=False)
    array[:] = 1
def work():
    return fastlane.{function}(borrowed)
"""
    # A resize that comes between two calls moves the memory away from under a view: only an
    # array that nobody else refers to can be tried over and over.
    if exporter == EXPORTERS["ndarray"]:
        script += "work = lambda: fastlane.%s(array) and 0\n" % function
        script += "print(test_threads.hammer(work, attempt, ValueError))\n"
    else:
        script += """
import threading
started = threading.Event()
def loop():
    started.set()
    for _ in range(200): work()
worker = threading.Thread(target=loop)
refused = 0
worker.start()
started.wait()
import fastlane.testing, weakref
while worker.is_alive() and not refused:
    refused = weakref.getweakrefcount(array)
worker.join()
assert refused and not weakref.getweakrefcount(array)
print("refused")
"""
    run = run_alone(script)
    assert run.returncode == 0, run.stderr[-3000:]
    assert run.stdout.strip() == "refused"


def test_held_array_cannot_be_resized_and_can_be_afterwards():
    array = np.ones(1000)
    with fastlane.testing.hold(array):
        with pytest.raises(ValueError, match="resize"):
            array.resize(2000, refcheck=False)
    array.resize(2000, refcheck=False)
    assert array.sum() == 1000


def test_shape_and_type_may_change_during_a_call():
    script = """
import numpy as np, fastlane, threading
array = np.ones(1 << 21)
expected = {fastlane.sum(array), fastlane.sum(array.view("i8"))}
over = threading.Event()
def change():
    while not over.is_set():
        array.shape = (1 << 10, 1 << 11)
        array.dtype = "i8"
        array.shape = (1 << 21,)
        array.dtype = "f8"
changer = threading.Thread(target=change)
changer.start()
results = {fastlane.sum(array) for _ in range(300)}
over.set()
changer.join()
assert results <= expected, (results, expected)
"""
    run = run_alone(script, "-W", "ignore")
    assert run.returncode == 0, run.stderr[-3000:]


@pytest.mark.parametrize("function", ["crc32", "sum", "normalize_u8_inplace"])
def test_bytearray_cannot_be_resized_during_a_call(function: str):
    data = bytearray(1 << 23)
    call = getattr(fastlane, function)
    hammer(lambda: call(data), lambda: data.append(0) or data.pop(), BufferError)
    data.append(0)


STOPPABLE = ["sum", "sum64", "describe", "crc32"]


@pytest.mark.parametrize("function", STOPPABLE)
def test_interrupt_stops_a_call_that_would_take_hours(function: str):
    script = f"""
import os, signal, threading, time, numpy as np, fastlane
endless = np.broadcast_to(np.float64(1), 1 << 46)
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    fastlane.{function}(endless)
except KeyboardInterrupt:
    print("interrupted")
assert fastlane.testing.live_borrows() == 0
"""
    run = run_alone("import fastlane.testing\n" + script)
    assert (run.stdout.strip(), run.returncode) == ("interrupted", 0), run.stderr[-3000:]


def test_handler_may_raise_anything():
    script = """
import signal, numpy as np, fastlane
class Alarm(Exception): pass
def handler(*_): raise Alarm
signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.1)
endless = np.broadcast_to(np.float64(1), 1 << 46)
try:
    fastlane.sum(endless)
except Alarm:
    print("alarm")
"""
    run = run_alone(script)
    assert (run.stdout.strip(), run.returncode) == ("alarm", 0), run.stderr[-3000:]


EXITS = {
    "one long call": "fastlane.sum(np.broadcast_to(np.float64(1), 1 << 46))",
    "many short calls": "while True: fastlane.sum(array)",
    "calls that allocate": "while True: fastlane.linspace(20_000, 0, 1)",
    "calls that run Python": "while True: fastlane.crc32(b'x', Index(3)), fastlane.sum(OnlyDLPack(array))",
    "calls that are refused": """
    while True:
        try: fastlane.sum64(array.view("M8[s]"))
        except TypeError: pass""",
}


@pytest.mark.parametrize("work", EXITS.values(), ids=EXITS)
def test_exit_while_daemon_threads_are_in_calls(work: str):
    script = f"""
import threading, time, numpy as np, fastlane
from variants import Index, OnlyDLPack
array = np.ones(20_000)
def loop():
    {work.strip()}
for _ in range(4): threading.Thread(target=loop, daemon=True).start()
time.sleep(0.05)
"""
    for _ in range(5):
        run = run_alone(script)
        assert (run.returncode, run.stderr) == (0, "")


def reads_only(call: Call) -> bool:
    kinds = [kind for kind in call.parameters.values() if isinstance(kind, Array | Bytes)]
    return bool(kinds) and not any(getattr(kind, "writes", False) for kind in kinds)


READING = [call for call in LARGE if reads_only(call) and "out" not in call.parameters]


@pytest.mark.parametrize("call", READING, ids=lambda call: call.name)
def test_reading_copies_nothing(call: Call):
    """tracemalloc sees NumPy's data and Python's objects: neither grows with the input."""
    name, kind = next(
        (name, kind)
        for name, kind in call.parameters.items()
        if isinstance(kind, Array | Bytes)
    )
    dtype = kind.dtypes[-1] if isinstance(kind, Array) else "u1"
    forms = [np.ones(1 << 20, dtype), np.ones(1 << 21, dtype)[::2], np.ones((1 << 10, 1 << 10), dtype).T]
    forms += [memoryview(forms[0]), memoryview(forms[1])]
    for form in forms:
        arguments = {**call.make(), name: form}
        call.invoke(arguments)
        gc.collect()
        tracemalloc.start()
        call.invoke(arguments)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 16 << 10, f"{peak} bytes for {type(form).__name__}"
