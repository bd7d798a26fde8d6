"""CSV: against Python's csv module where a text is CSV, against a plain reference where it is not."""

from __future__ import annotations

import csv
import gzip
import io
import random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fastlane import SchemaError
from fastlane import records as fr
from fastlane.records import Plan, Result
from fastlane.records.program import make_program
from records import source_reference
from records.compare import assert_same

TEXTS = Plan(fr.csv(header=False), fr.Schema(a=fr.String(), b=fr.String()))
TYPED = fr.Schema(
    name=fr.String(max_length=12),
    kind=fr.Category(one_of=["x", "y", ""]),
    whole=fr.Int16(ge=-5),
    size=fr.UInt64(nullable=True),
    share=fr.Float64(nullable=True, le=1000),
    small=fr.Float32(allow_nan=True, default=7.5),
    flag=fr.Bool(nullable=True),
    at=fr.Timestamp("iso8601", nullable=True),
    seconds=fr.Timestamp("epoch_s", null="none"),
)


def check(plan: Plan, data: bytes, **options: Any) -> Result:
    """Runs the plan with the engine and with the reference; the result, once the two agree."""
    result = plan.run(data, max_errors=10**6, **options)
    wanted = source_reference.run(data, make_program(plan), **options)
    wanted["rows_blank"] = result.rows_blank
    assert_same(result, wanted)
    return result


@given(
    st.lists(
        st.tuples(st.text("ab,\"\n\r'; \xe9", max_size=8), st.text("ab,\"\n\r'; \xe9", max_size=8)),
        max_size=12,
    ),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([",", ";", "|", "\t"]),
)
@settings(max_examples=300, deadline=None)
def test_what_the_csv_module_writes(
    rows: list[tuple[str, str]], quoting: Any, ending: str, delimiter: str
) -> None:
    # The module leaves a lone carriage return unquoted, and then reads it as a line end.
    assume(quoting == csv.QUOTE_ALL or not any("\r" in cell for row in rows for cell in row))
    file = io.StringIO(newline="")
    csv.writer(file, quoting=quoting, lineterminator=ending, delimiter=delimiter).writerows(rows)
    data = file.getvalue()
    plan = Plan(fr.csv(delimiter, header=False), TEXTS.schema)
    result = plan.run(data.encode())
    assert result.rows_bad == 0
    assert list(zip(*result.to_dict().values(), strict=True)) == rows
    read = list(csv.reader(io.StringIO(data, newline=""), delimiter=delimiter, strict=True))
    assert [list(row) for row in rows] == read


@given(st.lists(st.sampled_from(list(b'",\n\ra"\n,') + [0xC3, 0xA9]), max_size=40))
@settings(max_examples=1500, deadline=None)
def test_any_bytes_as_the_reference_reads_them(content: list[int]) -> None:
    data = bytes(content)
    check(TEXTS, data)
    check(TEXTS, data, max_row_bytes=5)
    check(Plan(fr.csv(header=False, quote=None), TEXTS.schema), data)


def test_a_stray_quote_costs_one_row() -> None:
    data = b'1,a\n2,"open\n3,c\n4,d\n5,"e"x\n6,"f"\n7,g"h\n'
    result = check(TEXTS, data)
    assert result["a"].tolist() == ["1", "3", "4", "6", "7"]
    assert result["b"].tolist() == ["a", "c", "d", "f", 'g"h']
    assert [(each.line, each.code) for each in result.errors] == [(2, "syntax"), (5, "syntax")]


def random_cell(choose: random.Random, name: str) -> str:
    good = {
        "name": ["", "ann", "bob, the", 'say "hi"', "two\nlines", "na\xefve"],
        "kind": ["x", "y", ""],
        "whole": ["0", "-5", "+17", "0012", "32767", "-0"],
        "size": ["", "0", "18446744073709551615"],
        "share": ["", "0.1", "1e2", "-3.5E-2", " 7 ", ".5", "5.", "1e-400"],
        "small": ["", "3.4e38", "nan", "-inf", "16777217"],
        "flag": ["", "true", "FALSE", "1", "0"],
        "at": ["", "2024-02-29T12:00:00Z", "2015-05-17 10:05:03+02:00", "2015-05-17"],
        "seconds": ["none", "0", "1431857103.5", "-1"],
    }
    bad = ["", "32768", "1.0", "1e400", "nan", "abc", "1_0", " 1", "2023-02-29", "tru", "-1", "z" * 13]
    return choose.choice(bad if choose.random() < 0.02 else good[name])


def random_csv(seed: int, rows: int) -> bytes:
    """Typed rows, some of them wrong; quotes where they are needed and where they are not."""
    choose = random.Random(seed)
    names = list(TYPED)
    order = names + ["unused"]
    choose.shuffle(order)
    lines = [",".join(order)]
    for _ in range(rows):
        cells = []
        for name in order:
            cell = "u" if name == "unused" else random_cell(choose, name)
            if any(each in cell for each in ',"\n') or choose.random() < 0.1:
                cell = '"' + cell.replace('"', '""') + '"'
            cells.append(cell)
        if choose.random() < 0.01:
            cells.pop()
        line = ",".join(cells)
        if choose.random() < 0.01:
            line = line.replace('"', "", 1)
        lines.append(line + ("\r" if choose.random() < 0.2 else ""))
        if choose.random() < 0.02:
            lines.append("")
    return "\n".join(lines).encode()


@pytest.mark.parametrize("seed", range(4))
def test_typed_rows(seed: int) -> None:
    data = random_csv(seed, 1500)
    result = check(Plan(fr.csv(), TYPED), data)
    assert result.rows_bad > 20
    assert result.rows_ok > 500
    grouped = Plan(fr.csv(), TYPED).group_by("kind", "name").aggregate(
        n=fr.count(), least=fr.min("at"), total=fr.sum("whole")
    )
    check(grouped, data)


def test_the_same_from_every_kind_of_input(tmp_path: Any) -> None:
    data = random_csv(9, 9000)
    plan = Plan(fr.csv(), TYPED)
    whole = plan.run(data, threads=1)
    assert whole.metrics["windows"] > 0
    packed = gzip.compress(data[:70000]) + gzip.compress(data[70000:]) + bytes(40)
    plain, zipped = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_bytes(data)
    zipped.write_bytes(packed)
    choose = random.Random(1)
    cuts = sorted(choose.randrange(len(data)) for _ in range(50))
    pieces = [data[one:other] for one, other in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    with plain.open("rb") as file, zipped.open("rb") as packed_file:
        for given_input in (plain, zipped, packed, pieces.__iter__(), file, packed_file):
            assert plan.run(given_input) == whole
    for threads in (1, 2, 7):
        assert plan.run(zipped, threads=threads) == whole
        assert plan.run(plain, threads=threads) == whole


def test_headers() -> None:
    schema = fr.Schema(a=fr.Int8(), b=fr.String(column="the \"b\""))
    plan = Plan(fr.csv(";"), schema)
    assert plan.run(b'\xef\xbb\xbf\r\n"the ""b""";x;a\r\nq;;1\r\n').to_dict() == {"a": [1], "b": ["q"]}
    assert plan.run(b"").rows_in == 0
    assert plan.run([b'a;the "b"\n1;x\n', b'the "b";a\ny;2\n']).to_dict() == {
        "a": [1, 2],
        "b": ["x", "y"],
    }
    with pytest.raises(SchemaError, match="the column 'the \"b\"'.*the header a, b"):
        plan.run(b"a;b\n1;2\n")
    with pytest.raises(SchemaError, match="each column once.*'a' twice"):
        plan.run(b'a;the "b";a\n')
    with pytest.raises(SchemaError, match="UTF-8"):
        plan.run(b"a;\xff\n")


def test_a_refused_header_while_other_threads_wait_for_its_rows() -> None:
    plan = Plan(fr.csv(), fr.Schema(a=fr.Int8()))
    columns = 20_000
    header = ",".join(f"c{column}" for column in range(columns))
    text = f"{header}\n{','.join(['1'] * columns)}\n".encode()
    for _ in range(10):
        with pytest.raises(SchemaError, match="the column 'a'"):
            plan.run(text + text * 20, threads=4)


def test_wrong_sources_and_fields() -> None:
    for options in ({"delimiter": ",,"}, {"delimiter": "\xe9"}, {"quote": ","}, {"header": 1}):
        with pytest.raises(SchemaError):
            fr.csv(**options)
    with pytest.raises(SchemaError, match="path="):
        Plan(fr.csv(), fr.Schema(a=fr.Int8(path="a.b")))
    with pytest.raises(SchemaError, match="header=True"):
        Plan(fr.csv(header=False), fr.Schema(a=fr.Int8(column="b")))
    for text in ('{"csv": {"delimeter": ";"}}', '{"csv": ";"}', '{"ndjson": {"x": 1}}'):
        spec = '{"fastlane_plan": 1, "source": ' + text + ', "schema": {"a": "int8"}}'
        with pytest.raises(SchemaError, match=r"\$\.source"):
            Plan.from_json(spec)


def test_null_cells() -> None:
    schema = fr.Schema(i=fr.Int8(nullable=True), s=fr.String(nullable=True), c=fr.Category(nullable=True))
    result = Plan(fr.csv(header=False), schema).run(b'1,x,y\n,"",\n')
    assert result.to_dict() == {"i": [1, None], "s": ["x", ""], "c": ["y", None]}
    strict = Plan(fr.csv(header=False), fr.Schema(i=fr.Int8(), s=fr.String())).run(b",\n")
    assert strict.error_counts == {("i", "null"): 1}
