"""Objects that misbehave in every way a class can, and what a call may do when it meets one.

Run as a program, it attacks every parameter of every call and prints what went wrong.
"""

from __future__ import annotations

import array
import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from call_kinds import Call, NumPys
from calls import CALLS

import fastlane

Complain = Callable[[], Any]
HOSTILE: dict[str, Callable[[Complain], Any]] = {}
DOCUMENTED = (
    fastlane.FastlaneError, TypeError, ValueError, BufferError, OverflowError, AttributeError,
    MemoryError, OSError,
)  # fmt: skip


def hostile(make: Callable[[Complain], Any]) -> Callable[[Complain], Any]:
    """Registers a maker of hostile objects; `complain` raises and remembers that it did."""
    HOSTILE[make.__name__] = make
    return make


def class_with(complain: Complain, bases: tuple[type, ...], *names: str) -> type:
    """A class of which the named methods raise."""
    return type("Hostile", bases, {name: lambda *_, **__: complain() for name in names})


NUMBER_METHODS = ("__index__", "__float__", "__int__", "__bool__", "__complex__", "__trunc__")
LOOKS = ("__repr__", "__str__", "__format__", "__hash__", "__eq__", "__ne__", "__lt__")
CONTAINER = ("__len__", "__iter__", "__getitem__", "__contains__", "__length_hint__")
ARRAY_METHODS = ("__array__", "__array_ufunc__", "__array_function__", "__array_wrap__")
DLPACK = ("__dlpack__", "__dlpack_device__")


@hostile
def index_raises(complain):
    return class_with(complain, (), "__index__")()


@hostile
def float_raises(complain):
    return class_with(complain, (), "__float__")()


@hostile
def every_number_method_raises(complain):
    return class_with(complain, (), *NUMBER_METHODS)()


@hostile
def looks_raise(complain):
    return class_with(complain, (), *LOOKS)()


@hostile
def container_raises(complain):
    return class_with(complain, (), *CONTAINER)()


@hostile
def array_protocol_raises(complain):
    made = class_with(complain, (), *ARRAY_METHODS)
    made.__array_interface__ = property(lambda self: complain())
    made.__array_struct__ = property(lambda self: complain())
    return made()


@hostile
def dlpack_raises(complain):
    return class_with(complain, (), *DLPACK)()


@hostile
def dlpack_lookup_raises(complain):
    made = class_with(complain, ())
    made.__dlpack__ = property(lambda self: complain())
    made.__dlpack_device__ = property(lambda self: complain())
    return made()


@hostile
def dlpack_gives_nonsense(complain):
    made = class_with(complain, ())
    made.__dlpack__ = lambda self, **options: 42
    made.__dlpack_device__ = lambda self: (1, 0)
    return made()


@hostile
def dlpack_gives_a_used_capsule(complain):
    values = np.arange(3.0)
    capsule = values.__dlpack__()
    keeper = np.from_dlpack(
        type("Once", (), {
            "__dlpack__": lambda self, **options: capsule,
            "__dlpack_device__": lambda self: (1, 0),
        })()
    )  # fmt: skip
    made = class_with(complain, ())
    made.__dlpack__ = lambda self, **options: capsule
    made.__dlpack_device__ = lambda self: (1, 0)
    made.keeper = keeper
    return made()


@hostile
def dlpack_on_another_device(complain):
    made = class_with(complain, ())
    made.__dlpack__ = lambda self, **options: np.arange(3.0).__dlpack__()
    made.__dlpack_device__ = lambda self: (2, 0)
    return made()


@hostile
def path_raises(complain):
    return class_with(complain, (), "__fspath__")()


@hostile
def path_gives_nonsense(complain):
    return type("Hostile", (), {"__fspath__": lambda self: 42})()


@hostile
def every_attribute_raises(complain):
    return class_with(complain, (), "__getattribute__")()


@hostile
def metaclass_raises(complain):
    meta = type("Meta", (type,), {"__getattribute__": lambda *_: complain()})
    return type.__call__(meta("Hostile", (), {}))


@hostile
def metaclass_name_raises(complain):
    meta = type("Meta", (type,), {"__name__": property(lambda cls: complain())})
    return meta("Hostile", (), {})()


@hostile
def class_lies(complain):
    return type("Hostile", (), {"__class__": property(lambda self: np.ndarray)})()


@hostile
def str_subclass_raises(complain):
    return class_with(complain, (str,), *LOOKS, *CONTAINER, "encode")("plain")


@hostile
def bytes_subclass_raises(complain):
    return class_with(complain, (bytes,), *LOOKS, *CONTAINER, "__bytes__")(b"plain")


@hostile
def bytearray_subclass_raises(complain):
    return class_with(complain, (bytearray,), *LOOKS, *CONTAINER)(b"plain")


@hostile
def array_subclass_raises(complain):
    return class_with(complain, (array.array,), *LOOKS, *CONTAINER)("d", [1.0, 2.0])


@hostile
def int_subclass_raises(complain):
    return class_with(complain, (int,), *NUMBER_METHODS, *LOOKS)(3)


@hostile
def large_int_subclass_raises(complain):
    return class_with(complain, (int,), *NUMBER_METHODS, *LOOKS)(1 << 100)


@hostile
def float_subclass_raises(complain):
    return class_with(complain, (float,), *NUMBER_METHODS, *LOOKS)(1.5)


@hostile
def ndarray_subclass_raises(complain):
    names = (*LOOKS, *CONTAINER, *ARRAY_METHODS, *NUMBER_METHODS, *DLPACK, "__getattribute__")
    values = np.arange(5.0).view(class_with(lambda: None, (np.ndarray,)))
    values.__class__ = class_with(complain, (np.ndarray,), *names)
    return values


@hostile
def ndarray_of_hostile_objects(complain):
    return np.array([class_with(complain, (), *NUMBER_METHODS, *LOOKS)()], dtype=object)


@hostile
def index_gives_no_int(complain):
    return type("Hostile", (), {"__index__": lambda self: "3", "__float__": lambda self: 3j})()


@hostile
def index_gives_itself(complain):
    return type("Hostile", (), {"__index__": lambda self: self, "__float__": lambda self: self})()


@hostile
def index_collects_garbage(complain):
    def collect(self):
        self.cycle = [self]
        gc.collect()
        return 3

    return type("Hostile", (), {"__index__": collect, "__float__": lambda self: float(collect(self))})()


@hostile
def index_calls_fastlane(complain):
    def call(self):
        fastlane.testing.buffer_length(bytearray(10))
        return 3

    return type("Hostile", (), {"__index__": call, "__float__": lambda self: float(call(self))})()


@hostile
def class_with_deleted_name(complain):
    made = class_with(complain, ())
    made.__module__ = None
    made.__qualname__ = "\ud800"
    return made()


@hostile
def descriptor_raises(complain):
    class Descriptor:
        def __get__(self, *_):
            return complain()

    names = ("__index__", "__float__", "__dlpack__", "__buffer__", "__array__", "__len__")
    return type("Hostile", (), dict.fromkeys(names, Descriptor()))()


@hostile
def destructor_raises(complain):
    def quiet(self):
        fastlane.testing.noop()

    return type("Hostile", (), {"__del__": quiet, "__index__": lambda self: complain()})()


if sys.version_info >= (3, 12):

    @hostile
    def buffer_raises(complain):
        return class_with(complain, (), "__buffer__", "__release_buffer__")()

    @hostile
    def buffer_gives_nonsense(complain):
        return type("Hostile", (), {"__buffer__": lambda self, flags: 42})()

    @hostile
    def buffer_gives_a_released_view(complain):
        view = memoryview(b"released")
        view.release()
        return type("Hostile", (), {"__buffer__": lambda self, flags: view})()

    @hostile
    def buffer_of_another_kind_each_time(complain):
        exporters = iter([b"123", np.arange(3.0), np.arange(3, dtype=">i4"), bytearray(4)] * 99)
        made = type("Hostile", (), {})
        made.__buffer__ = lambda self, flags: memoryview(next(exporters))
        return made()

    @hostile
    def buffer_calls_fastlane(complain):
        def export(self, flags):
            fastlane.testing.buffer_length(self.values)
            gc.collect()
            return memoryview(self.values)

        return type("Hostile", (), {"values": bytearray(8), "__buffer__": export})()


def attack(call: Call, name: str, make: Callable[[Complain], Any], error: Any) -> str | None:
    """Gives the hostile object to one parameter: what went wrong, or None.

    An exception that the object raised must be the one that comes out.
    """
    raised: list[BaseException] = []

    def complain() -> Any:
        raised.append(error("injected"))
        raise raised[-1]

    weapon = make(complain)
    arguments = {**call.make(), name: weapon}
    raised.clear()
    try:
        call.invoke(arguments)
    except SystemError as failure:
        return f"SystemError: {failure}"
    except BaseException as surfaced:
        if raised and surfaced is not raised[-1] and not isinstance(call.parameters[name], NumPys):
            return f"raised {surfaced!r}, but the object had raised {raised[-1]!r}"
        if not raised and not isinstance(surfaced, DOCUMENTED):
            return f"raised {surfaced!r}"
        return None
    return f"swallowed {raised[-1]!r}" if raised else None


class Injected(Exception):
    """An exception that nobody else raises."""


INJECTED = (Injected, KeyboardInterrupt, MemoryError, SystemExit)


def attacks() -> Iterator[tuple[Call, str]]:
    for call in CALLS:
        for name in call.parameters:
            if name != "self":
                yield call, name


def failures(call: Call, name: str) -> list[str]:
    """Everything that goes wrong when one parameter meets all hostile objects."""
    return [
        f"{call.name}({name}) met {label} with {error.__name__}: {wrong}"
        for label, make in HOSTILE.items()
        for error in INJECTED
        if (wrong := attack(call, name, make, error)) is not None
    ]


def main() -> int:
    gc.set_threshold(1, 1, 1)
    found = [wrong for call, name in attacks() for wrong in failures(call, name)]
    print("\n".join(found) or f"{len(HOSTILE)} hostile classes met every parameter")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
