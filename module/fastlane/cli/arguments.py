"""What can be written behind `python -m fastlane`, and the help that teaches it.

A wrong call is one sentence that says what is wrong and what to write; argparse's usage block is
never printed.
"""

from __future__ import annotations

import argparse
import shutil
from typing import Any, NoReturn

from fastlane.records._errors import close_hint

__all__ = [
    "COMMANDS",
    "DESCRIPTION",
    "EPILOG",
    "PROGRAM",
    "RUN_DESCRIPTION",
    "CallError",
    "HelpAsked",
    "parse",
]

PROGRAM = "python -m fastlane"

DESCRIPTION = """\
fastlane reads logs, NDJSON and CSV into validated, typed, aggregated tables, and keeps every bad
row as data.

commands
  run PLAN.json INPUT...   run a plan over files: a table, a summary and the kinds of errors
  plan INPUT               propose a plan for a file: its source, columns and types
  lab [NAME]               the lessons: what copies, calls, locks and leaks cost, shown
  info                     versions, the CPU row in use, threads
  config                   what compilers need: flags, folders, the kernels' sources
"""

EPILOG = """\
A plan is a JSON file: where the rows come from, which columns they have, what to make of them.

  {"fastlane_plan": 1,
   "source": {"apache": "combined"},
   "schema": {"method": "category",
              "status": {"int16": {"ge": 100, "le": 599}},
              "bytes": {"int64": {"ge": 0, "null": "-"}}},
   "group_by": ["method", "status"],
   "aggregate": {"n": "count()", "total": "sum(bytes)", "mean": "mean(bytes)"}}

examples
  python -m fastlane run plan.json access.log
  python -m fastlane run plan.json access.log access.log.1 -o table.csv --errors bad.ndjson
  python -m fastlane run plan.json access.log.2.gz --max-bad 100
  python -m fastlane plan access.log -o plan.json

Exit status: 0 done; 1 more than --max-bad rows are bad, or the input is damaged; 2 a wrong call,
a file that cannot be read or an output that cannot be written; 130 interrupted.
"""

RUN_DESCRIPTION = """\
Runs PLAN.json over the inputs, which are read one after the other as one stream of rows.
A row that does not fit the schema is never dropped in silence: it is counted, told and, with
--errors, written down.
"""


CONFIG_DESCRIPTION = """\
Prints what compilers and build tools ask for, so that a C or C++ extension can use fastlane.h, or
writes the kernels as two files that need no fastlane at run time.
"""

CONFIG_EPILOG = """\
examples
  cc -O2 -shared -fPIC $(python -m fastlane config --cflags) mine.c \\
     -o mine$(python -m fastlane config --extension-suffix)
  c++ $(python -m fastlane config --cflags) main.cpp $(python -m fastlane config --ldflags --embed)
  cmake -Dfastlane_DIR=$(python -m fastlane config --cmakedir) -B build
  PKG_CONFIG_PATH=$(python -m fastlane config --pkgconfigdir) pkg-config --cflags fastlane
  python -m fastlane config --sources src --prefix acme --kernels reductions,text
"""

# The kinds of kernels that can be had as sources.
TOPICS = ("reductions", "layout", "bytes", "text", "tensors", "pictures")


class CallError(Exception):
    """A wrong call, in one sentence."""


class HelpAsked(Exception):
    """Somebody wants to read `text`."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, add_help=False, formatter_class=_formatter, **options)
        self.add_argument("-h", "--help", action=_Help, nargs=0, help="say this and stop")

    def error(self, message: str) -> NoReturn:
        raise CallError(f"{message}; {self.prog} --help shows how it is called")


class _Help(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        raise HelpAsked(parser.format_help().rstrip())


def _formatter(prog: str) -> argparse.HelpFormatter:
    return argparse.RawDescriptionHelpFormatter(
        prog, width=min(shutil.get_terminal_size().columns, 100)
    )


def _at_least(least: int) -> Any:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {least} on, got {text!r}"
            )
        return value

    return number


def _main_parser() -> argparse.ArgumentParser:
    return _Parser(
        prog=PROGRAM, description=DESCRIPTION, epilog=EPILOG, usage=f"{PROGRAM} COMMAND ..."
    )


def _run_parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=f"{PROGRAM} run", description=RUN_DESCRIPTION, epilog=EPILOG)
    parser.add_argument("plan", metavar="PLAN.json", help="the plan file")
    parser.add_argument(
        "inputs", metavar="INPUT", nargs="+", help="a file, also packed with gzip; - is standard input"
    )
    parser.add_argument(
        "-o", "--output", metavar="OUT", help="write the table to OUT.csv, OUT.ndjson, OUT.arrow (by pyarrow) or OUT.html (one page)"
    )
    parser.add_argument(
        "--errors",
        metavar="BAD.ndjson",
        help="write every error with its row, one JSON object a line",
    )
    parser.add_argument(
        "--threads",
        metavar="N",
        type=_at_least(1),
        help="how many threads; all processors if not said",
    )
    parser.add_argument(
        "--max-bad",
        metavar="N",
        type=_at_least(0),
        help="exit with 1 when more rows than N are bad",
    )
    parser.add_argument(
        "--rows", metavar="N", type=_at_least(0), default=50, help="rows on the terminal (50)"
    )
    parser.add_argument(
        "--progress", action="store_true", help="show how far it is, when stderr is a terminal"
    )
    return parser


def _plan_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"{PROGRAM} plan",
        description="Looks at the first rows of INPUT and proposes a plan file for it.",
    )
    parser.add_argument("input", metavar="INPUT", help="a log, NDJSON or CSV file; - is standard input")
    parser.add_argument(
        "-o", "--output", metavar="PLAN.json", help="write the plan there instead of showing it"
    )
    return parser


def _lab_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"{PROGRAM} lab",
        description="Runs a lesson and shows its numbers; without a name, lists the lessons.",
    )
    parser.add_argument("lesson", metavar="NAME", nargs="?", help="the lesson; docs/lab explains it")
    return parser


def _info_parser() -> argparse.ArgumentParser:
    return _Parser(
        prog=f"{PROGRAM} info", description="Shows versions, the CPU row in use and threads."
    )


def _config_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=f"{PROGRAM} config", description=CONFIG_DESCRIPTION, epilog=CONFIG_EPILOG
    )
    for option, meaning in (
        ("--cflags", "include folders of fastlane.h and Python.h"),
        ("--ldflags", "flags for the linker; none for an extension"),
        ("--embed", "flags for a program that starts an interpreter"),
        ("--cmakedir", "the folder of fastlane-config.cmake"),
        ("--pkgconfigdir", "the folder of fastlane.pc"),
        ("--extension-suffix", "how the file name of an extension ends"),
    ):
        parser.add_argument(option, action="store_true", help=meaning)
    parser.add_argument(
        "--sources", metavar="DIR", help="write the kernels as PREFIX.h and PREFIX.cpp into DIR"
    )
    parser.add_argument(
        "--prefix", metavar="NAME", default="fln", help="of every name in these files (fln)"
    )
    parser.add_argument(
        "--kernels", metavar="A,B", help="only these kinds of kernels (all): " + ",".join(TOPICS)
    )
    return parser


COMMANDS = {
    "run": _run_parser,
    "plan": _plan_parser,
    "lab": _lab_parser,
    "info": _info_parser,
    "config": _config_parser,
}


def parse(argv: list[str]) -> argparse.Namespace:
    """The command and its arguments. Raises CallError and HelpAsked."""
    if argv and argv[0] in ("-h", "--help", "help"):
        raise HelpAsked(_main_parser().format_help().rstrip())
    known = ", ".join(COMMANDS)
    if not argv:
        raise CallError(f"expected a command ({known}); {PROGRAM} --help shows what they do")
    command, rest = argv[0], argv[1:]
    if command not in COMMANDS:
        hint = close_hint(command, COMMANDS) or f"{PROGRAM} --help shows what they do"
        raise CallError(f"expected a command ({known}), got {command!r}; {hint}")
    parser = COMMANDS[command]()
    arguments, unknown = parser.parse_known_args(rest)
    if unknown:
        options = [option for action in parser._actions for option in action.option_strings]
        near = close_hint(unknown[0].partition("=")[0], options)
        parser.error(f"there is no option {unknown[0]!r}" + (f"; {near}" if near else ""))
    arguments.command = command
    return arguments
