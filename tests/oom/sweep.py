"""Lets every allocation of every call fail once, and every one from there on.

sweep.py [--domains | --shim] [NAME...]: sweeps the calls of the table, right and refused, or those
whose name contains a NAME. --domains uses _testcapi and sees Python's own allocators; --shim sees
everything else too and is the default when oomshim.c is preloaded (tools/oom). Each call is swept
in a process of its own, so that a crash has a name.
"""

from __future__ import annotations

import argparse
import ast
import errno
import faulthandler
import gc
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from call_kinds import Arguments, Bytes, Call, resolve
from calls import CALLS

QUIET_POINTS = 3  # so many points without a fault end a sweep
MOST_POINTS = 2000
MOST_WRONG = 5  # enough to look into
SLICED = (bytes, str, np.ndarray)  # of large arguments a call gets the beginning
REPEATS = (20, 20, 100, 200, 200)


class Faults(Protocol):
    """A source of failing allocations; `disarm` says whether one has failed, if it knows."""

    knows_hits: bool

    def arm(self, first: int, past_last: int) -> None: ...
    def disarm(self) -> bool: ...
    def blocks(self) -> int: ...


class DomainFaults:
    """Python's raw, mem and object allocators, failed by _testcapi: a MemoryError tells it."""

    knows_hits = False

    def __init__(self) -> None:
        import _testcapi

        self.arm = _testcapi.set_nomemory
        self._remove = _testcapi.remove_mem_hooks
        self.blocks = sys.getallocatedblocks

    def disarm(self) -> bool:
        self._remove()
        return False


class ShimFaults:
    """Every allocation of this thread, failed by the preloaded shim."""

    knows_hits = True

    def __init__(self) -> None:
        import oomswitch

        self._arm = oomswitch.arm
        self._disarm = oomswitch.disarm
        self.blocks = oomswitch.live

    def arm(self, first: int, past_last: int) -> None:
        self._arm(first, past_last, False)

    def disarm(self) -> bool:
        return self._disarm()[1] > 0


def call_once(
    function: Callable[..., Any], positional: tuple, keywords: dict
) -> BaseException | None:
    """Calls as directly as Python can: CPython 3.11 itself loses a block unpacking a list."""
    try:
        if keywords:
            function(*positional, **keywords)
        else:
            function(*positional)
    except BaseException as error:
        return error
    return None


def point(
    faults: Faults, call: Call, make: Callable[[], Arguments], first: int, past_last: int
) -> tuple[BaseException | None, bool]:
    """One call with its allocations number first..past_last-1 failing."""
    arguments = make()
    by_name = call.keyword_only | call.named
    positional = tuple(value for name, value in arguments.items() if name not in by_name)
    keywords = {name: value for name, value in arguments.items() if name in by_name}
    function = call.function
    gc.collect()  # empties the free lists, behind which allocations hide
    faults.arm(first, past_last)
    error = call_once(function, positional, keywords)
    hit = faults.disarm()
    if error is not None:
        error.__traceback__ = None
    return error, hit if faults.knows_hits else isinstance(error, MemoryError)


def blocks_in_use(faults: Faults) -> int:
    """Without what the interpreter only caches: the type cache keeps thousands of names alive."""
    gc.collect()
    sys._clear_type_cache()
    return faults.blocks()


def blocks_lost(faults: Faults, run: Callable[[], Any]) -> int:
    """Memory blocks that the same point leaves behind each time; caches fill up and then stop."""
    lost = 0
    for repeats in REPEATS:
        before = blocks_in_use(faults)
        for _ in range(repeats):
            run()
        lost = (blocks_in_use(faults) - before) // repeats
        if lost <= 0:
            return 0
    return lost


def is_documented(error: BaseException | None, raises: type[BaseException] | None) -> bool:
    if error is None:
        return True
    if isinstance(error, MemoryError):
        return True
    # What CPython 3.11's evaluation loop says of itself when memory runs out in a Python function.
    if isinstance(error, SystemError) and str(error) == "error return without exception set":
        return True
    if raises is None:  # a file that exists, but cannot be mapped
        return isinstance(error, OSError) and error.errno == errno.ENOMEM
    return raises is not None and isinstance(error, raises)


def sweep_form(
    faults: Faults,
    call: Call,
    make: Callable[[], Arguments],
    raises: type[BaseException] | None,
    single: bool,
) -> tuple[int, list[str]]:
    """All points of one form of the call: how many there were, and what was wrong."""
    wrong: list[str] = []
    quiet = 0
    for first in range(MOST_POINTS):
        if len(wrong) >= MOST_WRONG:
            return first, wrong
        past_last = first + 1 if single else 0
        error, hit = point(faults, call, make, first, past_last)
        if not is_documented(error, raises):
            wrong.append(f"allocation {first}: {error!r}")
        elif hit:
            lost = blocks_lost(faults, lambda: point(faults, call, make, first, past_last))  # noqa: B023
            if lost > 0:
                wrong.append(f"allocation {first}: {lost} blocks stay each time")
        quiet = 0 if hit else quiet + 1
        if quiet == QUIET_POINTS:
            return first + 1 - quiet, wrong
    return MOST_POINTS, [*wrong, "the sweep does not end"]


def forms_of(call: Call) -> list[tuple[str, Callable[[], Arguments], Any]]:
    forms: list[tuple[str, Callable[[], Arguments], Any]] = [("right", call.make, None)]
    if call.large is not None:
        forms.append(("detached", detached(call), None))
    for name, kind in call.parameters.items():
        if isinstance(kind, Bytes) and kind.or_path:
            path = {name: pathlib.Path(__file__)}
            forms.append(("path", lambda path=path: {**call.make(), **path}, None))
    for index, refusal in enumerate(call.errors):
        make = lambda refusal=refusal: call.arguments_of(refusal)  # noqa: E731
        forms.append((f"error {index}", make, refusal.raises))
    wrong = dict.fromkeys(call.make(), "wrong")
    if wrong and "self" not in wrong:
        # Where a path is taken, this one names nothing.
        refused = (TypeError, ValueError, FileNotFoundError)
        forms.append(("wrong types", lambda: wrong, refused))
    return forms


def detached(call: Call) -> Callable[[], Arguments]:
    """Arguments just large enough for the call to release the GIL."""

    def make() -> Arguments:
        shortened = {}
        for name, value in call.large().items():
            if isinstance(value, int) and value > 20_000:
                shortened[name] = 20_000
            else:
                shortened[name] = value[:70_000] if isinstance(value, SLICED) else value
        return shortened

    return make


def touch_thread_locals() -> None:
    """glibc makes thread-local memory at its first use and ends the process when it cannot."""
    for call in CALLS:
        for refusal in call.errors:  # some of them throw in C++
            call_once(call.invoke, (call.arguments_of(refusal),), {})


def remember_syntax_trees() -> None:
    """Each text is parsed once: CPython 3.11's own parser damages the heap when memory runs out."""
    parse = ast.parse
    remembered: dict[str, ast.AST | SyntaxError] = {}

    def parse_once(text: str, mode: str) -> ast.AST:
        if text not in remembered:
            try:
                remembered[text] = parse(text, mode=mode)
            except SyntaxError as error:
                remembered[text] = error
        found = remembered[text]
        if isinstance(found, SyntaxError):
            raise found.with_traceback(None)
        return found

    ast.parse = parse_once


def sweep_call(faults: Faults, call: Call) -> int:
    points, failed = 0, 0
    for label, make, raises in forms_of(call):
        if raises is MemoryError and not faults.knows_hits:
            continue  # no telling the call's own error from the fault's
        call_once(call.invoke, (make(),), {})
        call_once(call.function, (), {})
        for _ in range(100):  # fill the caches: what is made once is not this call's
            for first in (0, 1, MOST_POINTS * 1000):
                point(faults, call, make, first, 0)
        for single in (True, False):
            count, wrong = sweep_form(faults, call, make, raises, single)
            points += count
            failed += len(wrong)
            kind = "once" if single else "from there on"
            for text in wrong:
                print(f"{call.name} {label}, failing {kind}: {text}")
        error = call_once(call.invoke, (make(),), {})
        if not is_documented(error, raises) or isinstance(error, MemoryError) > (raises is not None):
            print(f"{call.name} {label}: afterwards it raises {error!r}")
            failed += 1
    print(f"{call.name}: {points} points, {failed} wrong")
    return failed


def run_alone(call: Call, mode: str) -> bool:
    """Sweeps one call in a process of its own; true when all was well."""
    run = subprocess.run(
        [sys.executable, *(["-P"] if sys.flags.safe_path else []), __file__, mode, "--alone", call.name],
        timeout=600,
    )
    if run.returncode < 0 or run.returncode > 1:
        print(f"{call.name}: CRASHED with status {run.returncode}", flush=True)
    return run.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--domains", action="store_const", const="--domains", dest="mode")
    parser.add_argument("--shim", action="store_const", const="--shim", dest="mode")
    parser.add_argument("--alone", action="store_true", help="sweep in this very process")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    mode = options.mode or ("--shim" if "oomshim" in os.environ.get("LD_PRELOAD", "") else "--domains")
    if options.alone:
        faulthandler.enable()
        remember_syntax_trees()
        touch_thread_locals()
        gc.collect()
        gc.freeze()  # collecting before each point costs little then
        faults = ShimFaults() if mode == "--shim" else DomainFaults()
        chosen = [call for call in CALLS if call.name in options.names]
        return 1 if sum(sweep_call(faults, call) for call in chosen) else 0
    wanted = options.names or [""]
    chosen = [call for call in CALLS if any(name in call.name for name in wanted)]
    failed = [call.name for call in chosen if not run_alone(call, mode)]
    print(f"{len(chosen)} calls swept with {mode[2:]}; failed: {', '.join(failed) or 'none'}")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
