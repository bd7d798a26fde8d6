"""Texts of the suite `text`: an access log in each of the four forms that a str can have."""

from __future__ import annotations

from bench_suite.sample import source_log

ABSENT = "Zeppelin"  # a word of the log's letters that stands only at the end
FREQUENT = "Mozilla"
FOREIGN = {"ASCII": "e", "Latin-1": "\xe9", "UCS-2": "\u0119", "UCS-4": "\U0001f600"}
UNIT = {"ASCII": 1, "Latin-1": 1, "UCS-2": 2, "UCS-4": 4}


def log_text(form: str, size: int) -> str:
    """So many bytes of log in memory; its letters "e" are what makes it of that form."""
    source = source_log("")
    if source is None:
        raise FileNotFoundError("no access log and no generator of one")
    log = source.read_bytes().decode("ascii", "replace").replace("\ufffd", "?")
    length = size // UNIT[form] - len(ABSENT)
    text = log.replace("e", FOREIGN[form]) * (length // len(log) + 1)
    return text[:length] + ABSENT.replace("e", FOREIGN[form])


def word(form: str, ascii_word: str) -> str:
    return ascii_word.replace("e", FOREIGN[form])
