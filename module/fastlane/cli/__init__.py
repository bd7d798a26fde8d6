"""The command line: `python -m fastlane run|info`."""

from .dispatch import main

__all__ = ["main"]
