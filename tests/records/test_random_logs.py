"""Random fields, options and lines: the engine and the reference agree on every one of them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastlane import records as fr
from records.compare import check

COMMON = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))

NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.integers(-300, 300).map(str),
    st.sampled_from(
        [
            "",
            "-",
            "+",
            "+5",
            "-0",
            "007",
            "1.0",
            " 1",
            "1 ",
            "1_000",
            "0x10",
            "\u0661",
            "1e3",
            "nan",
            "inf",
            "128",
            "-129",
            "255",
            "256",
            "65536",
            "2147483648",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "0" * 40 + "7",
        ]
    ),
)
FLOATS = st.one_of(
    NUMBERS,
    st.floats(allow_nan=False).map(repr),
    st.sampled_from(
        [
            "1.",
            ".5",
            ".",
            "1e400",
            "-1e400",
            "1e-400",
            "5e-324",
            "3.4028236e38",
            "1E5",
            "1e",
            "e5",
            "Infinity",
            "-nan",
            "NaN",
            "\t2.5",
            "1__0",
            "0.1e1",
            "--1",
            "9007199254740993",
            "1e23",
        ]
    ),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str),
)
WORDS = st.text(st.sampled_from('ab"\\x4-\u00e9\U0001f600\x00\x7f\xa0'), max_size=12)
BOOLS = st.sampled_from(
    ["true", "FALSE", "True", "1", "0", "-", "", "2", "yes", "tru", "truee", "01"]
)
CLOCKS = st.sampled_from(
    [
        "17/May/2015:10:05:03 +0000",
        "29/Feb/2015:10:05:03 +0000",
        "29/Feb/2016:10:05:03 -0330",
        "1/jan/0001:0:0:0 +0000",
        "01/Jan/0001:00:00:00 +0001",
        "31/Dec/9999:23:59:59 -0100",
        "17/May/2015:24:05:03 +0000",
        "17/May/2015:10:60:03 +0000",
        "17/May/2015:10:05:60 +0000",
        "17/May/2015:10:05:03",
        "17/Mai/2015:10:05:03 +0000",
        "17/May/15:10:05:03 +0000",
        "00/May/2015:10:05:03 +0000",
        "32/May/2015:10:05:03 +0000",
        "17/May/2015:10:05:03 +2500",
        "17/May/2015:10:05:03 Z",
        "-",
        "17/May/2015:10:05:04 +0000",
        "17/May/2015:11:05:03 +0000",
        "18/May/2015:10:05:03 +0000",
        "17/May/2015:1a:05:03 +0000",
    ]
)
ISO = st.one_of(
    st.datetimes().map(lambda time: time.isoformat()),
    st.datetimes().map(lambda time: time.isoformat(timespec="milliseconds") + "Z"),
    st.sampled_from(
        [
            "2015-05-17",
            "2015-05-17 10:05",
            "2015-05-17T10:05:03,5+02:00",
            "2015-13-01",
            "2015-05-17T25:00",
            "2015-5-17",
            "2015-05-17T10:05:03.",
            "2015-05-17T10:05:03+24:00",
            "10000-01-01",
            "-",
        ]
    ),
)
EPOCHS = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["1431857103.25", "-1.5", "1e9", "1.", ".5", "-", "999999999999999999999999"]),
)

INTEGER_TYPES = [fr.Int8, fr.Int16, fr.Int32, fr.Int64, fr.UInt8, fr.UInt16, fr.UInt32, fr.UInt64]


@st.composite
def integer_fields(draw: st.DrawFn) -> fr.Field:
    cls = draw(st.sampled_from(INTEGER_TYPES))
    low, high = sorted((draw(st.integers(0, 60)), draw(st.integers(61, 120))))
    options, default = draw(
        st.sampled_from(
            [
                ({}, 0),
                ({"ge": low}, high),
                ({"le": high}, low),
                ({"ge": low, "lt": high}, low),
                ({"gt": low, "le": high}, high),
                ({"one_of": [low, high]}, high),
            ]
        )
    )
    return cls(**options, **draw(null_options(default)))


def null_options(default: object) -> st.SearchStrategy[dict[str, object]]:
    return st.sampled_from(
        [
            {},
            {"nullable": True},
            {"null": "0"},
            {"null": ""},
            {"nullable": True, "null": "-"},
            {"default": default},
            {"null": "7", "default": default},
        ]
    )


@st.composite
def text_fields(draw: st.DrawFn) -> fr.Field:
    cls = draw(st.sampled_from([fr.String, fr.Category]))
    options = draw(
        st.sampled_from(
            [
                {},
                {"max_length": 3},
                {"min_length": 2},
                {"min_length": 1, "max_length": 4},
                {"starts_with": "a"},
                {"starts_with": "\u00e9"},
                {"one_of": ["a", "", 'a"b', "\u00e9"]},
            ]
        )
    )
    nulls = draw(st.sampled_from([{}, {"nullable": True}, {"null": "a"}, {"null": ""}]))
    return cls(**options, **nulls)


def lines(values: list[str]) -> bytes:
    return "".join(f"{number} {value}\n" for number, value in enumerate(values)).encode()


def one_column(field: fr.Field) -> fr.Plan:
    schema = fr.Schema(host=fr.UInt32(), user=field)
    return fr.Plan(fr.apache("%h %u"), schema)


@COMMON
@given(integer_fields(), st.lists(NUMBERS, max_size=8))
def test_integers(field: fr.Field, values: list[str]) -> None:
    check(one_column(field), lines(values))


@COMMON
@given(
    st.sampled_from([fr.Float32, fr.Float64]),
    st.booleans(),
    st.sampled_from([{}, {"ge": 0}, {"gt": -1.5, "le": 100.25}, {"lt": 1e300}]),
    st.lists(FLOATS, max_size=8),
)
def test_floats(
    cls: type[fr.Float64], allow_nan: bool, options: dict[str, float], values: list[str]
) -> None:
    check(one_column(cls(allow_nan=allow_nan, **options)), lines(values))


@COMMON
@given(text_fields(), st.lists(WORDS, max_size=8))
def test_texts(field: fr.Field, values: list[str]) -> None:
    check(one_column(field), lines(values))


@COMMON
@given(st.booleans(), st.lists(BOOLS, max_size=8))
def test_bools(nullable: bool, values: list[str]) -> None:
    check(one_column(fr.Bool(nullable=nullable)), lines(values))


@COMMON
@given(st.lists(CLOCKS, max_size=8))
def test_clocks(values: list[str]) -> None:
    check(one_column(fr.Timestamp("%d/%b/%Y:%H:%M:%S %z", nullable=True)), lines(values))


@COMMON
@given(
    st.lists(ISO, max_size=8),
    st.sampled_from([{}, {"ge": "1980-01-01"}, {"lt": "2015-05-17T10:05:00Z"}]),
)
def test_iso_times(values: list[str], options: dict[str, str]) -> None:
    check(one_column(fr.Timestamp("iso8601", **options)), lines(values))


@COMMON
@given(st.sampled_from(["epoch_s", "epoch_ms"]), st.lists(EPOCHS, max_size=8))
def test_epochs(format: str, values: list[str]) -> None:
    check(one_column(fr.Timestamp(format)), lines(values))


PIECES = st.sampled_from(
    [
        b'"',
        b"\\",
        b" ",
        b"[",
        b"]",
        b"- ",
        b"GET",
        b"/",
        b"HTTP/1.1",
        b"200",
        b"\r",
        b"\n",
        b"\x00",
        b"\xff",
        b"\xc3\xa9",
        b"\\x41",
        b"\\xff",
        b'\\"',
        b"a",
        b'" "',
        b'] "',
    ]
)


@COMMON
@given(st.lists(PIECES, max_size=40).map(b"".join), st.sampled_from([b"", b"\n"]))
def test_lines_of_random_pieces(line: bytes, end: bytes) -> None:
    schema = fr.Schema(
        host=fr.String(),
        time=fr.String(),
        method=fr.Category(),
        path=fr.String(),
        referer=fr.String(nullable=True),
    )
    plan = fr.Plan(fr.apache('%h [%t "%r" "%{Referer}i"'), schema)
    good = b'h [[t] "GET / HTTP/1.1" "-"\n'
    check(plan, good + line + end)
    check(plan, good.replace(b"-", line.replace(b"\n", b"") + b"-") + line + end)


@COMMON
@given(st.lists(PIECES, max_size=20).map(b"".join), st.data())
def test_any_prefix_of_a_line(line: bytes, data: st.DataObject) -> None:
    schema = fr.Schema(host=fr.String(), request=fr.String(), user_agent=fr.String())
    plan = fr.Plan(fr.apache('%h "%r" - "%{User-Agent}i"'), schema)
    whole = b'1.2.3.4 "GET /' + line + b' HTTP/1.1" - "agent \\" x"\n'
    check(plan, whole[: data.draw(st.integers(0, len(whole)))])
