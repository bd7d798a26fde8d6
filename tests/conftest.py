"""What all tests share: where real data lies, how Hypothesis runs, which build is under test."""

import os
import signal
from pathlib import Path

import hypothesis
import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

# A shell lets what it starts in the background ignore interrupts; children of the tests must not.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Machines differ in speed and sanitizers slow them down: no example is ever late.
hypothesis.settings.register_profile(
    "fastlane",
    deadline=None,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("fastlane")


def pytest_report_header() -> str:
    import fastlane
    import numpy

    where = Path(fastlane.__file__).parent
    row = os.environ.get("FASTLANE_CPU", "the best CPU row")
    return f"fastlane {fastlane.__version__} from {where}, NumPy {numpy.__version__}, {row}"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of the checkout, for tests of its sources and tools."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real logs and pictures beside the repository; the test is skipped where they are missing."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no real data at {SHARED_DATA}")
    return SHARED_DATA
