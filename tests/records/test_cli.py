"""The command line in a process of its own: exit status, one sentence on stderr, files that
appear whole or not at all.
"""

from __future__ import annotations

import base64
import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from records import logs
from records.compare import PLANS, access_log

PLAN = str(PLANS / "access.json")


def fastlane(
    *arguments: object,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    columns: int = 100,
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": str(columns), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", "fastlane", *map(str, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=120,
        check=False,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def assert_refused(done: subprocess.CompletedProcess[str], *said: str, status: int = 2) -> None:
    assert done.returncode == status, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("fastlane: ")
    for each in said:
        assert each in lines[0]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "some.log"
    path.write_bytes(logs.access_log(400, seed=11))
    return path


def test_the_real_log() -> None:
    done = fastlane("run", PLAN, access_log())
    assert done.returncode == 0 and done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["method", "status", "n", "total", "worst", "mean"]
    assert lines[2].split() == ["GET", "200", "9,090", "2,735,432,343", "69,192,717", "307,007.0"]
    assert any(
        line.startswith("10,000 rows in, 9,999 ok, 1 bad, 0 blank; ") and line.endswith(" MB/s")
        for line in lines
    )
    assert lines[-1].split()[:5] == ["1", "row", "format", "line", "8899:"]


@pytest.mark.parametrize("columns", [20, 40, 60, 100])
def test_what_is_shown_fits_the_terminal(log: Path, columns: int) -> None:
    done = fastlane("run", PLAN, log, columns=columns)
    table, _, rest = done.stdout.partition("\n\n")
    assert max(map(len, table.splitlines())) <= columns
    assert max(map(len, rest.partition("errors\n")[2].splitlines())) <= columns


def test_rows_on_the_terminal(log: Path) -> None:
    assert "more groups" in fastlane("run", PLAN, log, "--rows", 3).stdout
    assert fastlane("run", PLAN, log, "--rows", 0).stdout.startswith("400 rows in") is False
    assert "rows in" in fastlane("run", PLAN, log, "--rows", 0).stdout.splitlines()[0]


def test_a_csv_file(tmp_path: Path, log: Path) -> None:
    done = fastlane("run", PLAN, log, "-o", tmp_path / "out.csv")
    assert done.returncode == 0
    with open(tmp_path / "out.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["method", "status", "n", "total", "worst", "mean"]
    assert {row["worst"] for row in rows if row["status"] == "304"} == {""}
    summary = done.stdout.partition("\n\n")[2]
    assert f"{sum(int(row['n']) for row in rows)} ok" in summary
    assert os.listdir(tmp_path) == ["some.log", "out.csv"] or sorted(os.listdir(tmp_path)) == [
        "out.csv",
        "some.log",
    ]


def test_an_ndjson_file_and_the_errors(tmp_path: Path, log: Path) -> None:
    out, bad = tmp_path / "out.ndjson", tmp_path / "bad.ndjson"
    done = fastlane("run", PLAN, log, "--output", out, "--errors", bad)
    assert done.returncode == 0
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert list(rows[0]) == ["method", "status", "n", "total", "worst", "mean"]
    assert {row["mean"] for row in rows if row["status"] == 304} == {None}
    errors = [json.loads(line) for line in bad.read_text("utf-8").splitlines()]
    assert len(errors) > 5
    data = log.read_bytes()
    for error in errors:
        assert error["input"] == str(log) and error["code"] and error["expected"]
        raw = (
            base64.b64decode(error["raw_base64"])
            if "raw_base64" in error
            else error["raw"].encode()
        )
        assert data[error["byte_offset"] :].startswith(raw)
    assert f"{len({error['row'] for error in errors})} bad" in done.stdout


def test_every_error_is_written(tmp_path: Path) -> None:
    log, bad = tmp_path / "bad.log", tmp_path / "bad.ndjson"
    log.write_bytes(b"nonsense\n" * 3000)
    assert fastlane("run", PLAN, log, "--errors", bad).returncode == 0
    assert [json.loads(line)["row"] for line in bad.read_text().splitlines()] == list(range(3000))


def test_columns_of_times_and_texts_are_written(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(
        json.dumps(
            {
                "fastlane_plan": 1,
                "source": {"apache": "%h %t %s"},
                "schema": {
                    "host": "string",
                    "time": {"timestamp": {"format": "%d/%b/%Y:%H:%M:%S %z"}},
                    "status": {"float64": {"allow_nan": True}},
                },
            }
        )
    )
    log = tmp_path / "log"
    log.write_bytes('"a,b\u00e9" [17/May/2015:10:05:03 +0200] nan\n'.encode())
    assert fastlane("run", plan, log, "-o", tmp_path / "o.csv").returncode == 0
    assert (tmp_path / "o.csv").read_bytes() == (
        'host,time,status\r\n"""a,b\u00e9""",2015-05-17T08:05:03Z,nan\r\n'.encode()
    )
    assert fastlane("run", plan, log, "-o", tmp_path / "o.ndjson").returncode == 0
    assert json.loads((tmp_path / "o.ndjson").read_text("utf-8")) == {
        "host": '"a,b\u00e9"',
        "time": "2015-05-17T08:05:03Z",
        "status": None,
    }


def test_several_inputs_and_standard_input(tmp_path: Path, log: Path) -> None:
    data = log.read_bytes()
    both = fastlane("run", PLAN, log, "-", stdin=data)
    assert both.returncode == 0
    twice = tmp_path / "twice.log"
    twice.write_bytes(data + data)
    counts = [
        done.stdout.partition("\n\n")[2].partition(";")[0]
        for done in (both, fastlane("run", PLAN, twice))
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("bound", "status"), [(0, 1), (10_000, 0)])
def test_too_many_bad_rows(tmp_path: Path, log: Path, bound: int, status: int) -> None:
    done = fastlane("run", PLAN, log, "--max-bad", bound, "-o", tmp_path / "o.csv")
    assert (tmp_path / "o.csv").exists()
    assert "rows in" in done.stdout
    if status:
        assert_refused(done, f"more than --max-bad {bound}", status=1)
    else:
        assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], ["expected a command (run, plan, ", "--help"]),
        (["rnu"], ["got 'rnu'; did you mean run?"]),
        (["--version"], ["expected a command"]),
        (["run"], ["PLAN.json, INPUT"]),
        (["run", PLAN], ["INPUT"]),
        (["run", PLAN, "LOG", "--thread", "2"], ["no option '--thread'; did you mean --threads?"]),
        (["run", PLAN, "LOG", "--thr=2"], ["no option '--thr=2'"]),
        (["run", PLAN, "LOG", "--threads", "0"], ["a whole number from 1 on, got '0'"]),
        (["run", PLAN, "LOG", "--threads", "two"], ["a whole number from 1 on, got 'two'"]),
        (["run", PLAN, "LOG", "--max-bad", "-1"], ["--max-bad"]),
        (["run", PLAN, "LOG", "-o"], ["expected one argument"]),
        (
            ["run", "nowhere.json", "LOG"],
            ["nowhere.json: No such file or directory", "a plan file"],
        ),
        (["run", ".", "LOG"], [".: is a directory, expected a plan file"]),
        (["run", PLAN, "nowhere.log"], ["nowhere.log: No such file or directory"]),
        (["run", PLAN, "LOG", "."], [".: is a directory, expected a file"]),
        (
            ["run", PLAN, "LOG", "-o", "o.arro"],
            ["o.arro: expected a name that ends in .csv or .ndjson or .arrow or .html, got '.arro'"],
        ),
        (["run", PLAN, "LOG", "-o", "o.xml"], [".csv or .ndjson"]),
        (["run", PLAN, "LOG", "-o", "o"], ["a name without an ending"]),
        (["run", PLAN, "LOG", "-o", "nowhere/o.csv"], ["nowhere/o.csv: cannot be written"]),
        (["run", PLAN, "LOG", "-o", "dir.csv"], ["dir.csv: is a directory"]),
        (["run", PLAN, "LOG", "--errors", "nowhere/e"], ["nowhere/e: cannot be written"]),
        (["run", PLAN, "LOG", "--errors", "LOG"], ["an output of its own"]),
        (["run", PLAN, "LOG", "-o", "o.csv", "--errors", "o.csv"], ["an output of its own"]),
        (["info", "more"], ["no option 'more'"]),
    ],
)
def test_a_wrong_call(tmp_path: Path, log: Path, arguments: list[str], said: list[str]) -> None:
    (tmp_path / "dir.csv").mkdir()
    (tmp_path / "z.log").write_bytes(b"\x1f\x8b\x08\x00")
    before = sorted(os.listdir(tmp_path)), log.read_bytes()
    assert_refused(
        fastlane(*[log.name if each == "LOG" else each for each in arguments], cwd=tmp_path), *said
    )
    assert (sorted(os.listdir(tmp_path)), log.read_bytes()) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "$: expected a JSON text"),
        ("", "$: expected a JSON text"),
        ("\x00\x01", "$: expected a JSON text"),
        (
            '{"fastlane_plan": 1, "source": {"apache": "common"}, "schema": {"statuss": "int16"}}',
            "did you mean status?",
        ),
        (
            '{"fastlane_plan": 1, "source": {"apache": "combined"}, "schema": {"status": "int61"}}',
            "$.schema.status",
        ),
        (
            '{"fastlane_plan": 1, "source": {"ndjsn": {}}, "schema": {"status": "int16"}}',
            "one of the sources apache, nginx, ndjson, csv",
        ),
    ],
)
def test_a_wrong_plan(tmp_path: Path, log: Path, text: str, said: str) -> None:
    plan = tmp_path / "wrong.json"
    plan.write_text(text)
    assert_refused(fastlane("run", plan, log), f"{plan}: ", said)


def test_a_file_name_is_not_obeyed_by_the_terminal(tmp_path: Path) -> None:
    done = fastlane("run", PLAN, tmp_path / "a\x1b[31m\nb")
    assert_refused(done, "\\x1b[31m")
    assert "\x1b" not in done.stderr


def test_help_teaches() -> None:
    for arguments in (["--help"], ["-h"], ["help"]):
        done = fastlane(*arguments)
        assert done.returncode == 0 and done.stderr == ""
        assert "run PLAN.json INPUT" in done.stdout and '"fastlane_plan": 1' in done.stdout
    done = fastlane("run", "--help")
    assert done.returncode == 0 and "--max-bad" in done.stdout and "Exit status" in done.stdout


def test_the_plan_in_the_help_can_be_pasted(tmp_path: Path, log: Path) -> None:
    text = fastlane("--help").stdout
    plan = tmp_path / "plan.json"
    plan.write_text(text[text.index('{"fastlane_plan"') : text.index("examples")])
    assert fastlane("run", plan, log).returncode == 0


def test_info() -> None:
    done = fastlane("info")
    assert done.returncode == 0 and done.stderr == ""
    assert {line.split()[0] for line in done.stdout.splitlines()} >= {"fastlane", "python", "cpu"}


def test_a_reader_that_leaves_is_no_error(log: Path) -> None:
    command = f'"{sys.executable}" -m fastlane run "{PLAN}" "{log}"; echo "status $?" >&2'
    done = subprocess.run(
        ["bash", "-c", f"({command}) | true"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == "status 0\n"


def test_an_interrupt_is_one_line(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [sys.executable, "-m", "fastlane", "run", PLAN, str(fifo), "-o", str(tmp_path / "o.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with open(fifo, "wb"):  # both are there once the other side reads
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "fastlane: interrupted\n")
    assert os.listdir(tmp_path) == ["fifo"]


def test_an_interrupt_ends_the_engine(tmp_path: Path) -> None:
    log = tmp_path / "big.log"
    log.write_bytes(logs.access_log(2000, seed=1) * 50)
    command = [sys.executable, "-m", "fastlane", "run", PLAN, *[str(log)] * 1000]
    process = subprocess.Popen(
        [*command, "-o", str(tmp_path / "o.csv")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob(".o.csv.*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "fastlane: interrupted\n")
    assert os.listdir(tmp_path) == ["big.log"]


def test_an_output_that_stays_in_its_place(tmp_path: Path, log: Path) -> None:
    assert fastlane("run", PLAN, log, "--errors", "/dev/null").returncode == 0
    assert Path("/dev/null").is_char_device()
    target, link = tmp_path / "real.csv", tmp_path / "link.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    assert fastlane("run", PLAN, log, "-o", link).returncode == 0
    assert target.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink() and target.read_text().startswith("method,status")


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, log: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    assert_refused(
        fastlane("run", PLAN, log, "--errors", "/dev/full", "-o", tmp_path / "o.csv"),
        "/dev/full: cannot be written: No space left on device",
    )


def test_progress_is_for_terminals(log: Path) -> None:
    assert fastlane("run", PLAN, log, "--progress").stderr == ""
    leader, follower = pty.openpty()
    process = subprocess.run(
        [sys.executable, "-m", "fastlane", "run", PLAN, str(log), "--progress"],
        stdout=subprocess.PIPE,
        stderr=follower,
        timeout=60,
        check=False,
    )
    os.close(follower)
    try:
        shown = os.read(leader, 10_000).decode()
    except OSError:
        shown = ""
    os.close(leader)
    assert process.returncode == 0
    assert shown == "" or ("MB" in shown and shown.endswith("\r"))
