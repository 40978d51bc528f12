from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inspector.demo import build
from inspector.demo.container import Demo


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    """The demo, started, with services that answer at once."""
    demo = build(tmp_path / "audit.sqlite", seed=1, latency=0)
    await demo.start()
    try:
        yield demo
    finally:
        await demo.close()
