"""`python -m fastlane plan`: proposes a plan file for an input."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys

from fastlane.records._errors import SchemaError
from fastlane.records.infer import propose

from . import outputs
from .arguments import CallError
from .dispatch import DONE

__all__ = ["plan"]


def plan(arguments: argparse.Namespace) -> int:
    """Shows or writes the plan, with a comment that says what was guessed. Raises CallError and
    OSError.
    """
    input = sys.stdin.buffer if arguments.input == "-" else arguments.input
    try:
        proposed, notes = propose(input)
    except SchemaError as problem:
        raise CallError(f"{arguments.input}: {problem}") from None
    comment = ",\n    ".join(json.dumps(note, ensure_ascii=False) for note in notes)
    text = proposed.to_json().replace("{\n", '{\n  "comment": [\n    ' + comment + "],\n", 1)
    if arguments.output is None:
        print(text, end="")
        return DONE
    with contextlib.ExitStack() as stack:
        output = outputs.opened(stack, arguments.output)
        assert output is not None
        output.file.write(text)
        output.commit()
    return DONE
