"""How the reference reads single values: each function is a few lines of plain Python that follow
the documentation, with nothing in common with the engine. A value comes back, or Refused with
the code of the error is raised.
"""

from __future__ import annotations

import datetime
import fractions
import re
import struct

INTEGERS = {
    "int8": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint8": (0, 2**8 - 1),
    "uint16": (0, 2**16 - 1),
    "uint32": (0, 2**32 - 1),
    "uint64": (0, 2**64 - 1),
}
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

_FLOAT = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_SPECIAL = re.compile(r"[+-]?(?:inf|infinity|nan)", re.IGNORECASE)
_ISO = re.compile(
    r"(?P<Y>\d{4})-(?P<m>\d\d)-(?P<d>\d\d)"
    r"(?:[Tt ](?P<H>\d\d):(?P<M>\d\d)(?::(?P<S>\d\d)(?:[.,](?P<f>\d+))?)?"
    r"(?P<z>Z|[+-]\d\d(?::?\d\d)?)?)?",
    re.ASCII,
)
_DIRECTIVES = {
    "Y": r"(?P<Y>\d{4})",
    "m": r"(?P<m>\d{1,2})",
    "d": r"(?P<d>\d{1,2})",
    "H": r"(?P<H>\d{1,2})",
    "M": r"(?P<M>\d{1,2})",
    "S": r"(?P<S>\d{1,2})",
    "f": r"(?P<f>\d{1,6})",
    "b": "(?P<b>" + "|".join(MONTHS) + ")",
    "z": r"(?P<z>Z|[+-]\d\d:?\d\d)",
    "%": "%",
}


class Refused(Exception):
    """The code of the error."""


def read_bool(text: str) -> bool:
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise Refused("type")


def read_integer(text: str, type_name: str) -> int:
    if re.fullmatch(r"[+-]?[0-9]+", text) is None:
        raise Refused("type")
    # int() refuses more than 4,300 digits.
    value = (
        int(text)
        if len(text) < 1000
        else int(text.lstrip("+-0")[:1000] or "0") * (-1 if text[0] == "-" else 1)
    )
    low, high = INTEGERS[type_name]
    if not low <= value <= high:
        raise Refused("overflow")
    return value


def read_float(text: str, type_name: str, allow_nan: bool) -> float:
    text = text.strip(" \t\n\r\v\f")
    if allow_nan and _SPECIAL.fullmatch(text):
        return float(text)
    if _FLOAT.fullmatch(text) is None:
        raise Refused("type")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Refused("overflow")
    return nearest_float32(text) if type_name == "float32" else value


def nearest_float32(text: str) -> float:
    """The float32 nearest to the decimal itself, not to the float64 that is nearest to it."""
    exact = fractions.Fraction(text)
    try:
        guess = struct.unpack("<f", struct.pack("<f", float(text)))[0]
    except OverflowError:
        raise Refused("overflow") from None
    (bits,) = struct.unpack("<I", struct.pack("<f", abs(guess)))
    near = [
        struct.unpack("<f", struct.pack("<I", each))[0]
        for each in (bits - 1, bits, bits + 1)
        if 0 <= each < 0x7F800000
    ]
    best = min(
        near, key=lambda each: (abs(fractions.Fraction(each) - abs(exact)), each_bits(each) & 1)
    )
    return -best if text.startswith("-") else best


def each_bits(value: float) -> int:
    return int(struct.unpack("<I", struct.pack("<f", value))[0])


def read_time(text: str, format: str) -> int:
    """Microseconds since 1970 in UTC."""
    if format in ("epoch_s", "epoch_ms"):
        return _read_epoch(text, 1_000_000 if format == "epoch_s" else 1000)
    pattern = _ISO if format == "iso8601" else _pattern(format)
    match = pattern.fullmatch(text)
    if match is None:
        raise Refused("format")
    parts = match.groupdict()
    month = MONTHS.index(parts["b"].lower()) + 1 if parts.get("b") else int(parts["m"])
    try:
        naive = datetime.datetime(
            int(parts["Y"]),
            month,
            int(parts["d"]),
            int(parts.get("H") or 0),
            int(parts.get("M") or 0),
            int(parts.get("S") or 0),
        )
        offset = _offset(parts.get("z"))
    except ValueError:
        raise Refused("range") from None
    micros = int(((parts.get("f") or "") + "000000")[:6])
    # Beyond the years 1 to 9999 in UTC there is no time, though the local one may be within.
    since = naive.replace(tzinfo=datetime.UTC) - EPOCH
    total = (since.days * 86400 + since.seconds) * 1_000_000 + micros - offset
    if not -62135596800 * 10**6 <= total < 253402300800 * 10**6:
        raise Refused("range")
    return total


def _pattern(format: str) -> re.Pattern[str]:
    pattern = ""
    for piece in re.findall(r"%.|[^%]", format, re.DOTALL):
        pattern += _DIRECTIVES[piece[1]] if piece[0] == "%" else re.escape(piece)
    return re.compile(pattern, re.IGNORECASE | re.ASCII)


def _offset(text: str | None) -> int:
    if text is None or text in "Zz":
        return 0
    digits = text[1:].replace(":", "") + "00"
    hours, minutes = int(digits[:2]), int(digits[2:4])
    if hours > 23 or minutes > 59:
        raise ValueError
    return (hours * 3600 + minutes * 60) * 1_000_000 * (-1 if text[0] == "-" else 1)


def _read_epoch(text: str, unit: int) -> int:
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", text) is None:
        raise Refused("format")
    micros = int(abs(fractions.Fraction(text)) * unit)
    if text[0] == "-":
        micros = -micros
    if not -62135596800 * 10**6 <= micros < 253402300800 * 10**6:
        raise Refused("range")
    return micros
