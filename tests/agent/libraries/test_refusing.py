"""Handlers that cannot take what their library passes: told of each library, on the real one, and never of others."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

import inspector
from inspector.agent.libraries.every import library_adapters
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("refusing.py")
BY_NAME = "signal and sender by name"
PAIR = "the event, a pair of name and payload"
#: Of each library the handlers that refuse, why, and what they are called with.
REFUSING: dict[str, dict[str, tuple[str, str]]] = {
    "django": {
        "bad": ("it takes no argument signal", BY_NAME),
        "worse": ("it requires signal, sender by position", BY_NAME),
    },
    "celery": {"bad": ("it requires sender, signal by position", BY_NAME)},
    "blinker": {
        "bad": ("it takes no arguments", "the sender"),
        "worse": ("it requires amount by position", "the sender"),
    },
    "pyee": {
        "bad": ("it takes no arguments", "name, loud, as pyee.first"),
        "worse": ("it requires 3 arguments: name, loud, again", "name, loud, as pyee.first"),
    },
    "psygnal": {
        "bad": ("it requires 2 arguments: width, by", "1 argument"),
        "worse": ("it requires the keyword argument by", "0 arguments"),
    },
    "bubus": {"bad": ("it takes no arguments", ""), "worse": ("it requires 2 arguments: event, session", "")},
    "lato": {"bad": ("it takes event by position only", "arguments by name")},
    "pluggy": {"opened": ("it requires the keyword argument day", "its arguments by position")},
    "pypubsub": {"bad": ("it requires text by position", "message data by name")},
    "fastapi_events": {
        "bad": ("it takes no arguments", PAIR),
        "worse": ("it requires 2 arguments: name, payload", PAIR),
    },
    "litestar": {"bad": ("it takes no arguments", "name, as litestar.first")},
    "faststream": {"bad": ("it requires item by position", "the message by name")},
}


@functools.cache
def run(version: str) -> subprocess.CompletedProcess[str] | None:
    """Run all programs with the libraries of a version; None where they are not installed."""
    python = ROOT / ".venv-libs" / version / "bin" / "python"
    if not python.exists():
        return None
    command = [str(python), "-I", str(CHILD), str(Path(inspector.__file__).parent)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)


@pytest.fixture(params=("newest", "older"))
def answers(request: pytest.FixtureRequest) -> dict[str, Any]:
    done = run(str(request.param))
    if done is None:
        text = "The libraries are not installed: run tools/library-venvs."
        if os.environ.get("REQUIRE_LIBRARIES"):
            pytest.fail(text)
        pytest.skip(text)
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_each_library_has_handlers_that_cannot_be_called() -> None:
    libraries = {adapter.name.replace("-", "_") for adapter in library_adapters()} - {"core"}
    assert set(REFUSING) == libraries


@pytest.mark.parametrize("library", sorted(REFUSING))
def test_a_handler_that_cannot_take_what_it_is_given_is_told_and_no_other(
    answers: dict[str, Any], library: str
) -> None:
    refuses = answers[library]["refuses"]
    refused = {label: tuple(why) for label, why in refuses.items() if why[0]}
    assert refused == REFUSING[library]
    assert set(answers[library]["ran"]) == set(refuses) - set(refused)  # and so it is
