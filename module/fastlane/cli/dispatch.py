"""Chooses the command and turns everything that can go wrong into one sentence on stderr and an
exit status: 0 done, 1 bad rows or damaged input, 2 a wrong call, 130 interrupted.
"""

from __future__ import annotations

import os
import sys

from fastlane import FastlaneError
from fastlane.records.table import printable

from .arguments import CallError, HelpAsked, parse

__all__ = ["complain", "main", "said_by"]

DONE, BAD_INPUT, WRONG_CALL, INTERRUPTED = 0, 1, 2, 130


def main(argv: list[str] | None = None) -> int:
    """Runs the command line `argv` and returns its exit status. Nothing is raised."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        return _reader_gone(DONE)
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED


def _run(argv: list[str]) -> int:
    try:
        arguments = parse(argv)
        if arguments.command == "info":
            from .info import info

            return info()
        if arguments.command == "plan":
            from .plan import plan

            return plan(arguments)
        if arguments.command == "config":
            from .config import config

            return config(arguments)
        if arguments.command == "lab":
            from .lab import lab

            return lab(arguments)
        from .run import run

        return run(arguments)
    except HelpAsked as asked:
        print(asked.text)
        return DONE
    except CallError as problem:
        complain(str(problem))
        return WRONG_CALL
    except BrokenPipeError:
        raise
    except (FastlaneError, OSError) as problem:
        complain(said_by(problem))
        return WRONG_CALL
    except OverflowError as problem:
        complain(str(problem))
        return BAD_INPUT
    except MemoryError:
        complain("the memory does not suffice for this run")
        return BAD_INPUT


def _reader_gone(status: int) -> int:
    """Whoever read our output has left (`| head`): the rest goes nowhere, also what Python flushes
    at its end.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
    return status


def complain(sentence: str) -> None:
    """One line on stderr, whatever the sentence holds."""
    print("fastlane: " + printable(" ".join(sentence.splitlines())), file=sys.stderr)


def said_by(problem: Exception) -> str:
    """What an exception says, for an OSError with the file's name in front."""
    if isinstance(problem, OSError) and problem.strerror:
        name = os.fsdecode(problem.filename) if isinstance(problem.filename, (str, bytes)) else None
        return f"{name}: {problem.strerror}" if name else problem.strerror
    return str(problem)
