"""Every call with every form of every argument: the right value, or the documented exception."""

import copy

import numpy as np
import pytest
import variants
from call_kinds import Call, same
from calls import CALLS
from ownership import observe, still_borrowed

PARAMETERS = [(call, name) for call in CALLS for name in call.parameters]


def plain_copy(value):
    return value.copy() if isinstance(value, np.ndarray) else copy.copy(value)


def wrong_in(call: Call, name: str, variant: variants.Variant) -> str | None:
    """What is wrong with the call when `name` comes as this variant, or None."""
    right = call.make()
    arguments = {**right, name: variant.value}
    plain = {key: plain_copy(value) for key, value in right.items()} | {name: variant.plain}
    result, raised, changes = observe(call, arguments)
    if changes:
        return ", ".join(changes)
    if variant.raises is not None:
        if not isinstance(raised, variant.raises):
            return f"gave {result!r}, raised {raised!r} instead of {variant.raises}"
        if getattr(raised, "argument", name) != name:
            return f"the error names {raised.argument!r}: {raised}"
    elif raised is not None:
        return f"raised {raised!r}"
    elif call.model is not None:
        expected = call.model(**plain)
        if not same(result, expected, call.tolerance):
            return f"gave {result!r} instead of {expected!r}"
        written = variant.value
        if isinstance(variant.value, variants.OnlyDLPack):
            written = variant.value._values
        if isinstance(variant.plain, np.ndarray) and not np.array_equal(
            np.asarray(written), plain[name], equal_nan=variant.plain.dtype.kind == "f"
        ):
            return f"left {np.asarray(written)!r} instead of {plain[name]!r}"
    del result, arguments
    return still_borrowed(variant.value)


@pytest.mark.parametrize(
    ("call", "name"), PARAMETERS, ids=[f"{call.name}({name})" for call, name in PARAMETERS]
)
def test_every_form_of_every_argument(call: Call, name: str):
    is_optional = name not in call.make()
    example = call.make().get(name)
    found = [
        f"{variant.label}: {wrong}"
        for variant in variants.of(call.parameters[name], example, is_optional)
        if (wrong := wrong_in(call, name, variant)) is not None
    ]
    assert not found, f"{len(found)} wrong\n" + "\n".join(found[:20])
