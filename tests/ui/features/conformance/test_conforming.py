"""A run of conformance in the window: asked for in the panel, fired on the live session, shown in the panel."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from inspector.agent.effects.effects import watched
from inspector.analysis.journal import Journal
from inspector.app.notices import Notices
from inspector.app.tasks import TaskOwner
from inspector.app.workbench import Workbench
from inspector.hosts.embedded import EmbeddedHost
from inspector.ui.features.conformance.conforming import TASK, Conforming
from inspector.ui.features.conformance.panel import ConformancePanel
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.patience import PATIENCE
from tests.programs import OrderPlaced, shop_program

pytestmark = pytest.mark.allow_log("inspector.core.bus", "event_handler_failed")


class Made:
    """A workbench with the panel, as the window puts them together."""

    def __init__(self, *handlers) -> None:
        self.notices = Notices()
        self.told = []
        self.notices.attach(self.told.append)
        self.tasks = TaskOwner(self.notices)
        host = lambda: EmbeddedHost(lambda: watched(shop_program(*handlers)))  # noqa: E731
        self.workbench = Workbench(host, None, self.notices, self.tasks, name="today")
        self.panel = ConformancePanel(Theme("dark"), Selection())
        self.workbench.on_view(lambda view: self.panel.set_journal(view.journal))
        self.workbench.on_folded(self.panel.folded)
        self.conforming = Conforming(self.workbench, self.panel, self.notices, self.tasks)

    async def start(self) -> None:
        await self.workbench.start()
        self.conforming.refresh()

    async def ended(self) -> None:
        assert self.conforming._task is not None
        await asyncio.wait([self.conforming._task], timeout=PATIENCE)
        await asyncio.sleep(0)  # what failed is told one step later

    async def close(self) -> None:
        await self.workbench.close()
        await self.tasks.cancel_all()
        self.panel.deleteLater()


@asynccontextmanager
async def made_with(*handlers) -> AsyncIterator[Made]:
    """Not a fixture: between a fixture and its test Qt turns, and the loop of the tasks does not run."""
    made = Made(*handlers)
    assert not made.panel.fire.isEnabled()
    await made.start()
    try:
        yield made
    finally:
        await made.close()


async def fails(_: OrderPlaced) -> None:
    raise ValueError("no stock")


async def test_what_a_person_fires_is_reported_in_the_panel(qapp):
    async with made_with(fails) as made:
        made.panel.fire.click()
        await asyncio.sleep(0)
        assert made.panel.running
        await made.ended()
        assert not made.panel.running
        found = made.panel.findings.model
        assert [found.finding(row).code for row in range(found.rows())] == ["CF111"]
        assert made.panel._status.text() == "2 events fired · 1 error"
        assert made.panel.fire.isEnabled()


async def test_a_run_that_is_stopped_says_so(qapp):
    release = threading.Event()  # the handler runs on another loop

    async def waits(_: OrderPlaced) -> None:
        await asyncio.to_thread(release.wait, PATIENCE)

    async with made_with(waits) as made:
        made.panel.fire.click()
        await asyncio.sleep(0)
        made.conforming.run("all")  # there is one already
        assert made.tasks.names.count(TASK) == 1
        made.panel.cancel.click()
        await made.ended()
        release.set()
        assert (made.panel.running, made.panel._status.text()) == (False, "Stopped")
        assert made.told == []


async def test_when_the_program_ends_under_it_the_reason_is_told(qapp):
    async with made_with(fails) as made:
        host = made.workbench.recording.host
        assert isinstance(host, EmbeddedHost)
        made.panel.fire.click()
        host._server.stop()
        host._wait_for_end()  # it holds the loop: the run takes its first step when the program has ended
        await made.ended()
        assert not made.panel.running
        assert made.panel._status.text() == "No program is running."
        assert [notice.severity for notice in made.told] == ["error"]


async def test_while_recording_is_paused_nothing_can_be_fired(qapp):
    async with made_with(fails) as made:
        made.workbench.set_recording(False)
        made.conforming.refresh()
        assert not made.panel.fire.isEnabled()
        assert "paused" in made.panel.fire.toolTip()
        made.conforming.run("all")
        assert not made.conforming.running


async def test_a_run_that_ends_while_another_session_is_shown_is_told_and_does_not_change_it(qapp):
    async with made_with(fails) as made:
        made.panel.fire.click()
        await asyncio.sleep(0)
        made.panel.set_journal(Journal())
        await made.ended()
        assert made.panel.findings.model.rows() == 0
        assert [notice.text for notice in made.told] == ["All events fired: 1 error, 0 warnings."]
