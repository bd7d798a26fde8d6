"""Hostile objects in every parameter: no crash, no SystemError, and no exception gets lost."""

import os
import subprocess
import sys

import hostile
import pytest
from call_kinds import Call

import fastlane

ATTACKS = list(hostile.attacks())


def test_there_are_enough_enemies():
    assert len(hostile.HOSTILE) >= 20


@pytest.mark.parametrize(
    ("call", "name"), ATTACKS, ids=[f"{call.name}({name})" for call, name in ATTACKS]
)
def test_every_parameter_survives(call: Call, name: str):
    found = hostile.failures(call, name)
    assert not found, f"{len(found)} wrong\n" + "\n".join(found[:20])


def test_what_a_path_raises_comes_out_as_it_is():
    raised = TypeError("injected")

    class Path:
        def __fspath__(self) -> str:
            raise raised

    with pytest.raises(TypeError) as caught:
        fastlane.crc32(Path())
    assert caught.value is raised


def test_every_parameter_survives_while_the_collector_runs_all_the_time():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run(
        [sys.executable, "-X", "faulthandler", hostile.__file__],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
    assert "met every parameter" in run.stdout
