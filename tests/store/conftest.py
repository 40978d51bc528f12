from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inspector.store.store import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(tmp_path / "data" / "sessions.db")
    await opened.open()
    yield opened
    await opened.close()
