"""What is proposed for files that one has never seen, and single records."""

from __future__ import annotations

import dataclasses
import datetime
import gzip
import io
from pathlib import Path
from typing import Annotated, Literal

import pytest

from fastlane import RecordError, SchemaError
from fastlane import records as fr
from fastlane.cli import main
from fastlane.records import Plan, Schema
from records.compare import DATA


def test_the_real_files() -> None:
    log, lines = DATA / "logs" / "access.log", DATA / "logs" / "nginx_plus.ndjson"
    if not log.exists():
        pytest.skip(f"there is no {log}")
    plan = fr.infer(log)
    assert plan.source == fr.apache("combined")
    assert isinstance(plan.schema["status"], fr.Int64)
    assert isinstance(plan.schema["time"], fr.Timestamp)
    result = plan.run(log)
    assert result.rows_bad < 0.01 * result.rows_in
    plan = fr.infer(str(lines))
    assert plan.source == fr.ndjson()
    assert plan.run(lines).rows_bad == 0


def test_csv() -> None:
    data = "id;name;when;share;ok;zip\n" + "".join(
        f"{index};n{index};2024-01-{index % 28 + 1:02};{index / 7};{'true' if index % 2 else ''};0{index}\n"
        for index in range(200)
    )
    for given in (data.encode(), gzip.compress(data.encode()), io.BytesIO(data.encode()), iter([data.encode()])):
        plan = fr.infer(given)
        assert plan.source == fr.csv(";")
        assert {name: type(field) for name, field in plan.schema.fields.items()} == {
            "id": fr.Int64, "name": fr.String, "when": fr.Timestamp, "share": fr.Float64,
            "ok": fr.Bool, "zip": fr.String,
        }  # fmt: skip
    assert plan.run(data.encode()).rows_bad == 0
    headless = fr.infer(b"1,2.5\n3,4\n")
    assert headless.source == fr.csv(header=False)
    assert headless.run(b"1,2.5\n3,4\n").to_dict() == {"column_1": [1, 3], "column_2": [2.5, 4.0]}


def test_ndjson() -> None:
    data = b'{"a": 1, "b": {"c d": "x", "e": null}, "f": [1]}\n{"a": 2.5, "b": {"c d": "y", "e": true}}\n'
    plan = fr.infer(data)
    assert plan.run(data).to_dict() == {"a": [1.0, 2.5], "b_c_d": ["x", "y"], "b_e": [None, True]}


@pytest.mark.parametrize("data", [b"", b"\n\n", b"free text\nof many kinds, here\n", bytes(range(256))])
def test_nothing_fits(data: bytes) -> None:
    with pytest.raises(SchemaError, match="infer"):
        fr.infer(data)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, plan = tmp_path / "in.csv", tmp_path / "plan.json"
    source.write_text("a,b\n1,x\n2,y\n")
    assert main(["plan", str(source)]) == 0
    shown = capsys.readouterr().out
    assert '"comment"' in shown and "all rows" in shown
    assert main(["plan", str(source), "-o", str(plan)]) == 0
    assert plan.read_text() == shown
    assert Plan.from_json(shown).run(source).to_dict() == {"a": [1, 2], "b": ["x", "y"]}
    assert main(["plan", str(tmp_path / "none")]) == 2
    assert main(["plan", __file__]) == 2


def test_damaged_gzip_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, plan = tmp_path / "in.csv.gz", tmp_path / "plan.json"
    source.write_bytes(gzip.compress(b"a,b\n" + b"1,x\n" * 100)[:-4])
    plan.write_text(Plan(fr.csv(), Schema(a=fr.Int8())).to_json())
    assert main(["run", str(plan), str(source)]) == 1
    out, complaint = capsys.readouterr()
    assert "100 rows in" in out
    assert "ends too early" in complaint


def test_decode() -> None:
    schema = Schema(status=fr.Int16(ge=100), host=fr.String(), at=fr.Timestamp("iso8601", nullable=True))
    line = b'{"status": 200, "host": "h", "at": "2024-02-29T00:00:00Z"}\n'
    assert schema.decode(line, source=fr.ndjson()) == {
        "status": 200, "host": "h", "at": datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
    }  # fmt: skip
    assert schema.decode('{"status": 200, "host": "h"}', source=fr.ndjson())["at"] is None
    with pytest.raises(RecordError, match="status: range.*host: missing") as caught:
        schema.decode(b'{"status": 9}', source=fr.ndjson())
    assert [(each.field, each.code) for each in caught.value.errors] == [
        ("status", "range"),
        ("host", "missing"),
    ]
    assert schema.decode(b"200,h,", source=fr.csv(header=False))["status"] == 200
    with pytest.raises(RecordError, match="one record"):
        schema.decode(b"", source=fr.ndjson())
    with pytest.raises(SchemaError, match="header=False"):
        schema.decode(b"200,h", source=fr.csv())


@dataclasses.dataclass
class Row:
    status: Annotated[int, fr.Int16(ge=100)]
    host: str
    share: float | None
    method: Literal["GET", "PUT"] = "GET"
    at: datetime.datetime | None = None


def test_from_dataclass() -> None:
    assert Schema.from_dataclass(Row) == Schema(
        status=fr.Int16(ge=100),
        host=fr.String(),
        share=fr.Float64(nullable=True),
        method=fr.Category(one_of=["GET", "PUT"], default="GET"),
        at=fr.Timestamp("iso8601", nullable=True),
    )
    with pytest.raises(SchemaError, match="a dataclass"):
        Schema.from_dataclass(int)
    with pytest.raises(SchemaError, match="wrong"):
        Schema.from_dataclass(dataclasses.make_dataclass("Wrong", [("wrong", list)]))
