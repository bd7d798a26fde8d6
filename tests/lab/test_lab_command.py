"""Every lesson runs, shows a table that fits, and shows the difference that it teaches."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fastlane import lab
from fastlane.cli.lab import lesson_text
from fastlane.lab.lessons import LESSONS, show, title
from fastlane.lab.lessons.callbacks import blocks_left

SHARE = 0.01


def command(*arguments: str, columns: int = 80) -> subprocess.CompletedProcess:
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "COLUMNS": str(columns),
    }
    return subprocess.run(
        [sys.executable, "-m", "fastlane", *arguments],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )


@pytest.mark.parametrize("name", LESSONS)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_every_lesson_fits_the_terminal(name, width):
    text = lesson_text(show(name, SHARE), width)
    assert max(map(len, text.splitlines())) <= width
    assert text.splitlines()[0].startswith("form")


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_says_what_it_is_about(name):
    assert re.fullmatch(r"[A-Z].*\.", title(name).replace("\n", " "))
    shown = show(name, SHARE)
    assert len(shown.rows) >= 2
    assert all(list(row) == list(shown.rows[0]) for row in shown.rows)
    assert shown.says.endswith(".") and "  " not in shown.says


@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_has_a_page_that_names_its_command(name, repository: Path):
    page = (repository / "docs" / "lab" / f"{name}.md").read_text()
    assert f"python -m fastlane lab {name}" in page
    assert f"({name}.md)" in (repository / "docs" / "lab" / "README.md").read_text()


def test_every_name_of_the_lab_stands_on_a_page(repository: Path):
    pages = "\n".join(path.read_text() for path in (repository / "docs" / "lab").glob("*.md"))
    assert [name for name in lab.__all__ if name not in pages] == []


def rows(name: str) -> dict[str, dict]:
    return {str(row["form"]): row for row in show(name, SHARE).rows}


def test_copies_shows_where_bytes_were_copied():
    found = {form: row["bytes copied"] for form, row in rows("copies").items()}
    assert found.pop("slow_sum(list)") == 80_000
    assert set(found.values()) == {0}


def test_text_shows_what_stays_in_the_str():
    found = {form: row["s grew by"] for form, row in rows("text").items()}
    assert found.pop("PyUnicode_AsUTF8(s)") > 100_000
    assert set(found.values()) == {0}


@pytest.mark.skipif(sys.getallocatedblocks() == 0, reason="this interpreter counts no blocks")
def test_the_leak_detector_catches_the_twin():
    assert blocks_left(lab.LeakingProcessor, 100) >= 100
    assert blocks_left(lab.SafeProcessor, 1000) < 100


def test_crash_ends_the_process_that_keeps_an_address():
    found = {form: row["process"] for form, row in rows("crash").items()}
    # A sanitizer catches the signal, tells of it and aborts or leaves.
    endings = {"address": "SIGABRT", "thread": "exit 66"}
    ended = endings.get(os.environ.get("FASTLANE_SANITIZE", ""), "SIGSEGV")
    assert found == {"address kept": ended, "borrowed": "exit 0"}


def test_counter_wraps_where_nobody_looks():
    found = {form: row["it said"] for form, row in rows("counter").items()}
    assert found["ctypes.c_uint64"] == "nothing" and found["Counter"] == "OverflowError"


def test_config_tells_of_all_mistakes():
    told = [row["path"] for row in show("config").rows if row["form"] == "connect"]
    assert told == ["host", "port", "timeout_ms", "timeout", "-"]


def test_the_command_lists_and_runs():
    listed = command("lab")
    assert listed.returncode == 0 and listed.stderr == ""
    assert [line.split()[0] for line in listed.stdout.splitlines() if line[:1].isalpha()][:-1] == list(
        LESSONS
    )
    ran = command("lab", "config")
    assert ran.returncode == 0 and ran.stderr == ""
    assert "port" in ran.stdout and max(map(len, ran.stdout.splitlines())) <= 80


def test_a_lesson_that_there_is_not_is_one_sentence():
    wrong = command("lab", "copys")
    assert wrong.returncode == 2 and wrong.stdout == ""
    assert wrong.stderr.count("\n") == 1 and "did you mean copies?" in wrong.stderr


def test_help_tells_of_the_lab():
    assert "lab [NAME]" in command("--help").stdout
    assert "docs/lab" in command("lab", "--help").stdout
