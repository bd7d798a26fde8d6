"""The command line: `python -m fastlane run|plan|lab|info`."""

from .dispatch import main

__all__ = ["main"]
