"""What the tests and benchmarks of fastlane, and of code built on it, need to see."""

from fastlane import _core

noop = _core.testing.noop
one = _core.testing.one
hypot = _core.testing.hypot
buffer_length = _core.testing.buffer_length
bytes_length = _core.testing.buffer_length
text_length = _core.testing.text_length

__all__ = ["noop", "one", "hypot", "buffer_length", "bytes_length", "text_length"]
