"""Context menus in the window: what each offers, and that it does what it says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QTabBar

from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.ui.features.catalog.model import CatalogRole
from inspector.ui.kit.menus import MenuItem
from tests.patience import until
from tests.ui.windows import Opened, opened

pytestmark = [
    pytest.mark.allow_log("inspector.demo"),
    pytest.mark.allow_log("inspector.core.bus"),
    # The plugin that draws without a display says what it cannot do.
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.notices"),
]

EVENT = "UserPasswordChangeSucceeded"


def labels(items: Sequence[MenuItem]) -> list[str]:
    return [item.label for item in items if item.label]


def run(items: Sequence[MenuItem], label: str) -> None:
    item = next(item for item in items if item.label == label)
    assert item.enabled
    assert item.run is not None
    item.run()


def in_front(window: Opened, panel: str) -> bool:
    shell = window.window.shell
    return shell._tabs.in_front(shell.panel(panel))


async def test_menus_offer_what_can_be_done_there_and_do_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places: list[tuple[str, int]] = []
    async with opened(tmp_path / "s.db") as window:
        desk, context = window.desk, window.window.context
        monkeypatch.setattr(context, "open_source", lambda file, line: places.append((Path(file).name, line)))
        window.window.commands.run("faults.toggle")
        await window.fire(EVENT, "UserLogoutSucceeded", "UserLoginFailed")
        journal, filter_field = window.journal, window.window.shell.bar.filter

        # A row of the log.
        items = desk.log.menu_items(PublicationIndex(0))
        assert {"Show execution", "Fire again", "Edit & fire", "Copy event id", "Filter to this event"} <= set(
            labels(items)
        )
        run(items, "Filter to this event")
        assert filter_field.text() == f"event:{EVENT}"
        run(items, "Filter to this correlation")
        assert filter_field.text().startswith("corr:")
        run(items, "Copy event id")
        assert QGuiApplication.clipboard().text() == journal.publication(PublicationIndex(0)).event_id
        assert window.window.shell.status.brief == "Copied event id"
        filter_field.clear()
        window.window.shell.bar.filter.replace("")

        # A bar of the timeline, and its lane.
        canvas, controller = desk.timeline.canvas, desk.timeline.controller
        controller.fit()
        bar = controller.scene.bar(0)
        assert bar is not None
        items = canvas.menu_items(QPointF((bar.x0 + bar.x1) / 2, bar.middle).toPoint())
        assert labels(items)[:3] == ["Zoom to execution", "Show details", "Show in timeline"]
        keys = {item.label: item.hint for item in items if item.hint}
        assert keys == {"Retry handler": "R", "Edit & fire": "E", "Copy as pytest": "T", "Copy as Markdown": "C"}
        assert all(item.icon for item in items if item.label)
        assert desk.selection.execution == 0
        run(items, "Show details")
        assert in_front(window, "execution")
        run(items, "Filter to this handler")
        assert filter_field.text() == f"handler:{journal.execution(ExecutionIndex(0)).handler.label}"
        window.window.shell.bar.filter.replace("")
        mark = controller.scene.mark(1)
        assert mark is not None
        assert "Show in catalog" in labels(canvas.menu_items(QPointF(*mark).toPoint()))
        assert desk.selection.publication == 1
        title = QPoint(40, round(bar.middle))
        items = canvas.menu_items(title)
        run(items, "Filter to these handlers")
        assert filter_field.text() == f"handler:{journal.execution(ExecutionIndex(0)).handler.owner}"
        window.window.shell.bar.filter.replace("")
        controller.lanes.set_group("event")
        await until(lambda: controller.ready)
        lane = next(strip for strip in controller.scene.layout.strips if strip.title == EVENT)
        y = round(26 + controller.scene.layout.top(lane, controller.scene.scroll) + lane.height / 2)
        assert {"Edit & fire", "Show in catalog", "Copy name"} <= set(labels(canvas.menu_items(QPoint(40, y))))

        # The catalog, latencies and findings.
        catalog = desk.catalog
        index = catalog.filter.index_of(EVENT)
        run(catalog.menu_items(index), "Filter to this event")
        assert filter_field.text() == f"event:{EVENT}"
        workflow = index.parent()
        run(catalog.menu_items(workflow), "Filter to this workflow")
        assert filter_field.text() == f"workflow:{workflow.data(CatalogRole.NAME)}"
        window.window.shell.bar.filter.replace("")
        desk.latency.refresh()
        items = desk.latency.menu_items(0)
        assert "Copy rows" in labels(items)
        await until(lambda: desk.findings.findings)
        finding = next(finding for finding in desk.findings.findings if finding.event and finding.file)
        desk.findings.show_finding(finding)
        items = desk.findings.menu_items()
        run(items, "Open in editor")
        assert places.pop() == (Path(finding.file).name, finding.line)
        run(items, "Show in catalog")
        assert catalog.current_event() == finding.event
        run(items, "Edit & fire")
        assert in_front(window, "fire")

        # Failures: a double click leads to the line.
        window.window.shell.raise_panel("failures")
        group = desk.failures.model.group(0)
        desk.failures.table.setCurrentIndex(desk.failures.table.index_of(0))
        items = desk.failures.menu_items()
        assert {"Fire again", "Copy traceback"} <= set(labels(items))
        place = (Path(group.place.file).name, group.place.line)
        run(items, f"Open {place[0]}:{place[1]}")
        desk.failures.table.activated_row.emit(desk.failures.table.index_of(0))
        assert places == [place, place]


@pytest.mark.qt_log_ignore("grabbing the keyboard")
async def test_lists_of_runs_subscribers_and_executions_have_the_menus_of_what_they_list(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        desk, journal = window.desk, window.journal
        await window.fire(EVENT)
        window.window.shell.raise_panel("event")
        desk.selection.select_event(EVENT)
        await until(lambda: desk.event_panel.run_items(0), "the run is listed")
        execution, head = journal.execution(ExecutionIndex(0)), desk.execution._head

        # The panel of the event: its runs, its subscribers, its siblings.
        run(desk.event_panel.run_items(0), "Copy event id")
        assert window.window.shell.status.brief == "Copied event id"
        assert desk.event_panel.run_items(9) == []
        run(desk.event_panel.handler_items(execution.handler.key), "Copy name")
        assert QGuiApplication.clipboard().text() == execution.handler.label
        assert "Edit & fire" in labels(desk.event_panel.event_items("UserPasswordChangeAttempted"))

        # The panel of the execution: the executions of a publication, then handler, event, correlation, cause.
        desk.selection.select_publication(PublicationIndex(0), EVENT)
        run(desk.execution._list.rows.items(0), "Show details")
        assert desk.selection.execution == 0
        assert "Filter to this handler" in labels(head.handler_items())
        assert "Show in catalog" in labels(head.event_items())
        run(head.correlation_items(), "Copy correlation id")
        assert QGuiApplication.clipboard().text() == journal.publication(PublicationIndex(0)).correlation
        assert head.cause_items() == []

        # By mouse: the row opens it where the pointer is.
        window.window.shell.raise_panel("event")
        row = desk.event_panel._runs.rows[0]
        row.customContextMenuRequested.emit(QPoint(5, 5))
        menu = row.findChild(QMenu)
        assert menu is not None
        assert "Fire again" in [action.text() for action in menu.actions()]
        menu.close()


async def test_a_double_click_leads_from_the_log_to_the_execution_and_from_an_event_to_its_form(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as window:
        desk = window.desk
        await window.fire(EVENT)
        table = desk.log.table
        QTest.mouseClick(
            table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(desk.log.model.index(0, 2)).center()
        )
        assert in_front(window, "execution")
        table.doubleClicked.emit(desk.log.model.index(0, 2))
        assert desk.selection.execution >= 0
        index = desk.catalog.filter.index_of(EVENT)
        desk.catalog.tree.setCurrentIndex(index)
        desk.catalog.tree.doubleClicked.emit(index)
        assert in_front(window, "fire")


async def test_the_menu_of_a_tab_is_about_its_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(tmp_path / "s.db") as window:
        shell = window.window.shell
        bar = next(bar for bar in shell.tab_bars() if "Latency" in [bar.tabText(n) for n in range(bar.count())])
        number = [bar.tabText(n) for n in range(bar.count())].index("Latency")
        place = bar.mapToGlobal(bar.tabRect(number).center())
        assert isinstance(bar, QTabBar)
        dock = shell._tabs.dock_at(place)
        assert dock is shell.panel("latency")
        monkeypatch.setattr("inspector.ui.shell.shell.QCursor.pos", lambda: place)
        menu = shell.createPopupMenu()
        texts = [action.text() for action in menu.actions()]
        assert texts[:2] == ["Float", "Close"]
        menu.actions()[1].trigger()
        assert shell.panel("latency").isHidden()
        menu.deleteLater()
