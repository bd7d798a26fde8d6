"""The command line: `python -m fastlane run|info`."""

from .main import main

__all__ = ["main"]
