"""The same function twice: as the house writes it, and with every C call written out."""

from fastlane import _core

scaled_copy = _core.lessons.scaled_copy
scaled_copy_raw = _core.lessons.scaled_copy_raw

__all__ = ["scaled_copy", "scaled_copy_raw"]
