"""The first frame: what it shows, and that nothing is lost that is asked for before there is a program."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from inspector.app.notices import Notices
from inspector.app.places import settings_path
from inspector.app.settings import Settings
from inspector.cli.catalog import as_json
from inspector.cli.programs import demo_catalog, demo_program, demo_rows
from inspector.core.description import CatalogDescription
from inspector.core.records.numbers import PublicationIndex
from inspector.ui.feature import Feature, Parts
from inspector.ui.features.catalog.panel import CatalogPanel
from inspector.ui.features.timeline.bare import BareTimeline
from inspector.ui.features.timeline.panel import TimelinePanel
from inspector.ui.first_frame import FirstFrame
from inspector.ui.kit.theme import Theme
from inspector.ui.window import Window
from tests.patience import until
from tests.ui.windows import CTRL, opened

pytestmark = [pytest.mark.allow_log("inspector.demo"), pytest.mark.allow_log("inspector.core.bus")]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def make_frame(catalog: CatalogDescription | None = None) -> FirstFrame:
    notices = Notices()
    settings = Settings(settings_path(), notices)
    name = "2026-11-30 02:20:00"
    return FirstFrame(Theme("dark"), settings, notices, None, (1600, 1000), catalog=catalog, name=name)


def test_the_rows_of_the_demo_are_those_that_it_describes() -> None:
    catalog, rows = demo_program().catalog(), demo_rows()
    assert demo_catalog() == json.loads(json.dumps(as_json(catalog))), "run python -m tools.demo_rows"
    assert [event.name for event in rows.events] == [event.name for event in catalog.events]
    assert (rows.workflows, rows.subscriptions) == (catalog.workflows, catalog.subscriptions)


async def test_what_is_asked_for_before_there_is_a_program_is_done_when_there_is_one(db: Path, home: Path) -> None:
    frame = make_frame(demo_rows())
    shell, catalog = frame.shell, frame.panels["catalog"]
    frame.open()
    shell.activateWindow()
    await until(lambda: QApplication.activeWindow() is shell, "the window has the keyboard")
    assert isinstance(catalog, CatalogPanel)
    assert QApplication.focusWidget() is catalog.tree
    assert catalog.footer.text().replace("\N{NO-BREAK SPACE}", " ").startswith("77 events · 32 workflows")
    assert isinstance(frame.panels["timeline"], BareTimeline)
    fire, chosen = shell.bar.button("fire.selected"), catalog.current_event()
    assert fire is not None
    assert fire.caption() == f"Fire {chosen}"
    assert shell.bar.source.caption() == "demo catalog · embedded bus"
    assert shell.windowTitle().startswith("demo catalog · ")
    catalog.tree.setFocus()
    QTest.keyClick(catalog.tree, Qt.Key.Key_Down)
    chosen = catalog.current_event()
    QTest.keyClick(catalog.tree, Qt.Key.Key_Return, CTRL)
    QTest.keyClick(catalog.tree, Qt.Key.Key_O, CTRL)
    async with opened(db, frame=frame) as window:
        assert isinstance(shell.centralWidget().findChild(TimelinePanel), TimelinePanel)
        await window.settled(1)
        assert window.journal.publication(PublicationIndex(0)).event.name == chosen
        await until(lambda: shell.panel("sessions").x() >= 0, "the sessions are in front")
        assert window.desk.catalog is catalog


async def test_what_is_typed_into_the_filter_before_and_while_the_program_is_loaded_stays(db: Path, home: Path) -> None:
    frame = make_frame()  # of a project nothing is known before it is loaded
    catalog = frame.panels["catalog"]
    assert isinstance(catalog, CatalogPanel)
    notices = Notices()
    settings = Settings(settings_path(), notices)
    window = Window(*(demo_program, db, 7, settings, frame.theme, notices), layout=None, size=(1600, 1000), frame=frame)
    frame.open()
    await until(lambda: QApplication.activeWindow() is frame.shell, "the window has the keyboard")
    keys = list("role_assign")

    def type_one() -> None:
        """Type where the keyboard is, as somebody does who does not look."""
        if keys:
            QTest.keyClicks(frame.shell.focusWidget(), keys.pop(0))

    typing = QTimer(interval=1)
    typing.timeout.connect(type_one)
    type_one()
    stop = asyncio.Event()
    task = asyncio.ensure_future(window.live(stop))
    typing.start()
    await until(lambda: not keys and window.context.journal is not None, "all is typed, and the program is there")
    await until(lambda: catalog.current_event().startswith("RoleAssign"), "it is found")
    assert catalog.search.text() == "role_assign"
    assert frame.shell.focusWidget() is catalog.search
    stop.set()
    assert await task == 0


async def test_keys_that_come_while_the_program_is_started_are_kept_too(db: Path, home: Path) -> None:
    frame = make_frame(demo_rows())
    notices = Notices()
    settings = Settings(settings_path(), notices)
    window = Window(*(demo_program, db, 7, settings, frame.theme, notices), layout=None, size=(1600, 1000), frame=frame)
    frame.open()
    await until(lambda: QApplication.activeWindow() is frame.shell, "the window has the keyboard")
    catalog = frame.panels["catalog"]
    assert isinstance(catalog, CatalogPanel)
    catalog.tree.setFocus()
    QTest.keyClick(catalog.tree, Qt.Key.Key_Return, CTRL)
    QTest.keyClick(catalog.tree, Qt.Key.Key_O, CTRL)
    stop = asyncio.Event()
    task = asyncio.ensure_future(window.live(stop))
    await until(lambda: window.context.journal is not None and len(window.context.journal.publications) == 1)
    await until(lambda: frame.shell.panel("sessions").x() >= 0, "the sessions are in front")
    stop.set()
    assert await task == 0


async def test_a_window_that_is_closed_before_there_is_a_program_closes(db: Path, home: Path) -> None:
    frame = make_frame()
    frame.open()
    frame.shell.close()
    assert frame.shell.isVisible()
    async with opened(db, frame=frame) as window:
        assert await window.task == 0


async def test_a_feature_may_show_something_else_first(db: Path) -> None:
    label = QLabel("first")
    late = QLabel("then")
    feature = Feature("late", "Late", "tree", "centre", lambda _: Parts(late), first_frame=lambda _: label)
    async with opened(db, features=(feature,)) as window:
        centre = window.window.shell.centralWidget()
        assert centre.isAncestorOf(late)
        await until(lambda: [label.text() for label in centre.findChildren(QLabel) if label.text()] == ["then"])
