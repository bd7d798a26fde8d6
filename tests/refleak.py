"""Counts what calls leave behind: references, memory blocks and open files.

refleak.py [NAME...]: measures every call of the table, right and refused, or those whose name
contains a NAME. References are counted by a debug interpreter only, and only for calls that no
NumPy object takes part in: a NumPy built for release does not keep the debug interpreter's count.
"""

from __future__ import annotations

import array
import gc
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from call_kinds import Arguments, Call
from calls import CALLS

WARM_UPS = 3
MEASURED = 3
CALLS_EACH = 20
COUNTED = ("references", "blocks", "files")
small_ints = list(range(-5, 257))  # alive throughout, so that none is made while measuring


@dataclass(frozen=True)
class Scenario:
    label: str
    run: Callable[[], None]
    counts_references: bool


def open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0


def references() -> int:
    return getattr(sys, "gettotalrefcount", int)()


def settle() -> None:
    """Empties the caches that would otherwise look like growth."""
    if sys.version_info < (3, 13):
        sys._clear_type_cache()
    gc.collect()


def growth(run: Callable[[], None]) -> dict[str, list[int]]:
    """References, blocks and files that each measured round added."""
    rounds = WARM_UPS + MEASURED
    # Machine integers: an int object per number would be a block that stays.
    counts = {what: array.array("q", [0] * (rounds + 1)) for what in COUNTED}
    for index in range(rounds + 1):
        if index > 0:
            for _ in range(CALLS_EACH):
                run()
        settle()
        counts["blocks"][index] = sys.getallocatedblocks()
        counts["references"][index] = references()
        counts["files"][index] = open_files()
    return {
        what: [after - before for before, after in zip(seen, seen[1:], strict=False)][WARM_UPS:]
        for what, seen in counts.items()
    }


def leaks(scenario: Scenario) -> list[str]:
    """A leak is there in every round; what comes in some rounds only is somebody's cache."""
    return [
        f"{what} {deltas}"
        for what, deltas in growth(scenario.run).items()
        if (what != "references" or scenario.counts_references)
        and (any(deltas) if what == "files" else all(delta >= 1 for delta in deltas))
    ]


def leaks_thrice(scenario: Scenario) -> list[str]:
    """What a second and a third look still see: caches have filled by then."""
    found: list[str] = []
    for _ in range(3):
        found = leaks(scenario)
        if not found:
            break
    return found


def is_numpys(value: Any) -> bool:
    """Whether it is, or holds, an object that a release build of NumPy makes or lets go."""
    if isinstance(value, dict):
        return any(map(is_numpys, value.values()))
    if isinstance(value, list | tuple) and type(value).__module__ == "builtins":
        return any(map(is_numpys, value))
    return type(value).__module__.split(".")[0] in ("numpy", "fastlane")


def without_numpy(arguments: Arguments) -> Arguments | None:
    """The same arguments from the standard library, or None where that cannot be."""
    plain = dict(arguments)
    for name, value in arguments.items():
        if not is_numpys(value):
            continue
        if not isinstance(value, np.ndarray) or value.ndim != 1 or not value.dtype.isnative:
            return None
        if value.dtype.char not in "bBhHiIlLqQfd":
            return None
        plain[name] = array.array(value.dtype.char, value.tolist())
    return plain


def caller(call: Call, make: Callable[[], Arguments]) -> Callable[[], Any]:
    def run() -> Any:
        try:
            return call.invoke(make())
        except Exception:
            return None

    return run


def copier(arguments: Arguments) -> Callable[[], Arguments]:
    return lambda: {
        name: value[:] if isinstance(value, array.array) else value
        for name, value in arguments.items()
    }


def scenarios_of(call: Call) -> Iterator[Scenario]:
    makers = [("right", call.make, False)]
    makers += [
        (f"error {index}", partial(call.arguments_of, refusal), refusal.has_result)
        for index, refusal in enumerate(call.errors)
    ]
    for label, make, has_result in makers:
        run = caller(call, make)
        touches_numpy = any(is_numpys(value) for value in (*make().values(), run()))
        if not touches_numpy:  # nor may what a refusal replaces be made anew each time
            run = caller(call, copier(make()))
        yield Scenario(f"{call.name} {label}", run, not touches_numpy)
        plain = without_numpy(make())
        if touches_numpy and plain is not None:
            run = caller(call, copier(plain))
            counts = not has_result and not is_numpys(run())
            yield Scenario(f"{call.name} {label}, no array", run, counts)
    wrong = dict.fromkeys(call.make(), ("wrong", "type"))
    if "self" not in wrong:
        yield Scenario(f"{call.name} wrong types", caller(call, lambda: wrong), True)
    yield Scenario(f"{call.name} unknown keyword", partial(unknown_keyword, call), True)


def unknown_keyword(call: Call) -> None:
    try:
        call.function(no_such_keyword=1)
    except TypeError:
        pass


def main(names: list[str]) -> int:
    nothing = growth(lambda: None)
    chosen = [call for call in CALLS if not names or any(name in call.name for name in names)]
    failed = 0
    measured = 0
    for call in chosen:
        for scenario in scenarios_of(call):
            measured += 1
            found = leaks_thrice(scenario)
            failed += bool(found)
            for what in found:
                print(f"{scenario.label}: {what} a round of {CALLS_EACH}")
    counted = "references, " if hasattr(sys, "gettotalrefcount") else ""
    print(f"{measured} scenarios of {len(chosen)} calls: {counted}blocks and files; {failed} leak")
    print(f"an empty function: {nothing}")
    return 1 if failed or not measured else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
