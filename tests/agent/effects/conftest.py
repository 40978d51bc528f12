"""A watched handler and a database for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine

from tests.agent.test_effects import Base, Watched


@pytest.fixture
def here() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    watched.undo()


@pytest.fixture
def database() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()
