"""What tests of the agent leave behind would be seen by the next ones: all share one process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agent.samples import WATCHED


@pytest.fixture(autouse=True)
def _nothing_stays_watched() -> Iterator[None]:
    yield
    while WATCHED:
        WATCHED.pop().undo()
