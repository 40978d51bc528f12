"""Real windows for tests: the demo program, a sessions database of the test's own, mouse and keyboard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from inspector.analysis.journal import Journal
from inspector.app.notices import Notice, Notices
from inspector.app.places import layout_path, settings_path
from inspector.app.settings import Settings
from inspector.cli.programs import demo_program
from inspector.ui.features.all import FEATURES
from inspector.ui.features.catalog.panel import CatalogPanel
from inspector.ui.features.conformance.panel import ConformancePanel
from inspector.ui.features.event.panel import EventPanel
from inspector.ui.features.execution.panel import ExecutionPanel
from inspector.ui.features.failures.panel import FailuresPanel
from inspector.ui.features.findings.panel import FindingsPanel
from inspector.ui.features.fire.copying import CommandCopies
from inspector.ui.features.fire.firing import Firing
from inspector.ui.features.fire.panel import FirePanel
from inspector.ui.features.latency.panel import LatencyPanel
from inspector.ui.features.log.panel import LogPanel
from inspector.ui.features.project.flow import ProjectFlow
from inspector.ui.features.sessions.importing import Importing
from inspector.ui.features.sessions.panel import SessionsPanel
from inspector.ui.features.sessions.sessions import Sessions
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.kit.theme import Theme
from inspector.ui.parts.gathering import Gathering
from inspector.ui.window import Window
from tests.patience import PATIENCE, until

Part = TypeVar("Part", bound=QObject)
CTRL = Qt.KeyboardModifier.ControlModifier


def drop_file(widget: QWidget, path: Path) -> bool:
    """Drop a file on a widget from elsewhere; return whether it was taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    facts = Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), *facts)
    enter.ignore()
    widget.dragEnterEvent(enter)
    event = QDropEvent(QPointF(5, 5), *facts)
    event.ignore()
    widget.dropEvent(event)  # Qt itself sends a drop only after a real drag
    assert enter.isAccepted() == event.isAccepted()
    return event.isAccepted()


class Desk:
    """The panels of a window, and what does the work behind them, by their names."""

    def __init__(self, window: Window) -> None:
        shell = window.shell

        def part(kind: type[Part]) -> Part:
            found = shell.findChild(kind)
            assert isinstance(found, kind)
            return found

        self.selection = window.context.selection
        self.strip = shell.strip
        self.catalog = part(CatalogPanel)
        self.event_panel = part(EventPanel)
        self.fire_panel = part(FirePanel)
        self.firing = part(Firing)
        self.copies = part(CommandCopies)
        self.execution = part(ExecutionPanel)
        self.log = part(LogPanel)
        self.failures = part(FailuresPanel)
        self.latency = part(LatencyPanel)
        self.findings = part(FindingsPanel)
        self.conformance = part(ConformancePanel)
        self.sessions_panel = part(SessionsPanel)
        self.sessions = part(Sessions)
        self.importing = part(Importing)
        self.flow = part(ProjectFlow)
        self.timeline = part(TimelinePanel)


@dataclass
class Opened:
    """A window that is open."""

    window: Window
    notices: list[Notice]
    stop: asyncio.Event
    task: asyncio.Task[int]

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.window)

    @property
    def journal(self) -> Journal:
        journal = self.window.context.journal
        assert journal is not None
        return journal

    async def activate(self) -> None:
        """Give the window the keyboard, as a window manager does when a dialog has gone."""
        shell = self.window.shell
        shell.activateWindow()
        await until(lambda: QApplication.activeWindow() is shell, "the window has the keyboard")

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the keyboard is."""
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key, modifiers)

    def type(self, text: str) -> None:
        """Write where the keyboard is, wherever it goes meanwhile."""
        for letter in text:
            focus = QApplication.focusWidget()
            assert focus is not None
            QTest.keyClicks(focus, letter)

    def click(self, widget: QWidget | None) -> None:
        """Click the middle of a widget."""
        assert widget is not None
        assert widget.isVisible()
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    async def settled(self, publications: int) -> None:
        """Wait until so many events have been published and all that came of them is over and shown."""
        await until(lambda: len(self.journal.publications) >= publications, f"{publications} publications")
        await until(lambda: not self.journal.running and bool((self.journal.publications["end"] >= 0).all()))
        await until(lambda: self.desk.log.model.rowCount() >= publications)
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until no panel keeps back what has come: on a busy machine they show less often."""
        panels = self.window.shell.findChildren(Gathering)
        await until(lambda: not any(panel._waiting for panel in panels), "the panels show everything")

    def log(self) -> list[list[str]]:
        """Give the log as it is shown, row by row."""
        model = self.desk.log.model
        return [
            [str(model.index(row, column).data()) for column in range(model.columnCount())]
            for row in range(model.rowCount())
        ]

    async def fire(self, *names: str) -> None:
        """Fire these events one after another."""
        for name in names:
            so_far = len(self.journal.publications)
            self.desk.selection.select_event(name)
            assert self.window.commands.run("fire.selected")
            await self.settled(so_far + 1)

    async def close(self) -> int:
        """Close it as a person does, and give the exit code."""
        self.window.shell.close()
        return await asyncio.wait_for(self.task, PATIENCE)


@asynccontextmanager
async def opened(db: Path | None, *, theme: str = "dark", seed: int = 7, **more: Any) -> AsyncIterator[Opened]:
    """Open a window and wait until its program runs; it is closed afterwards, if it is not yet."""
    notices = Notices()
    told: list[Notice] = []
    notices.attach(told.append)
    settings = Settings(settings_path(), notices)
    size = more.pop("size", (1600, 1000))
    project, confirmed = more.pop("project", None), more.pop("confirmed", False)
    features, frame = more.pop("features", FEATURES), more.pop("frame", None)
    QApplication.setQuitOnLastWindowClosed(False)
    window = Window(
        *(lambda: demo_program(seed), db, seed, settings, Theme(theme), notices),
        layout=layout_path(),
        size=size,
        project=project,
        confirmed=confirmed,
        features=features,
        frame=frame,
    )
    stop = asyncio.Event()
    task = asyncio.ensure_future(window.live(stop, **more))
    shown = Opened(window, told, stop, task)
    try:
        bench, roof = window.workbench, window.roof
        await until(
            lambda: (
                task.done()
                or roof.standing.stopped
                or (roof.complete and (project is not None or (bench.view is not None and not bench.opening)))
            ),
            "the window is open",
        )
        if project is None:
            await shown.activate()
        else:
            await until(lambda: task.done() or window.roof.complete, "all panels are there")
        yield shown
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE)
