"""A run to show in the panels of the journal, and the fixtures around it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget
from pytestqt.qtbot import QtBot

from inspector.app.notices import Notices
from tests.analysis.sample_runs import MS, Run, Story, Told, failure


@pytest.fixture
def notices() -> Notices:
    return Notices()


@pytest.fixture
def story() -> Story:
    """Forty publications, each handled by two handlers; every tenth execution of one of them failed."""
    story = Story()
    story.tell(told(n) for n in range(40))
    return story


def told(n: int) -> Told:
    at = n * 100 * MS
    bad = n % 10 == 5
    return Told(
        f"Event{n % 3}",
        at,
        [
            Run(at, at + (n + 1) * MS, "app:Audit.write", "failed" if bad else "ok", failure=failure("KeyError") * bad),
            Run(at, at + 2 * MS, "app:Mail.send"),
        ],
        correlation=f"order-{n}",
    )


def point_at(widget: QWidget, place: QPoint) -> None:
    """Move the pointer to a place of a widget, of its rows where it has some."""
    part = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    QApplication.processEvents()  # it may not be laid out yet
    QCursor.setPos(part.mapToGlobal(place))
    QApplication.processEvents()


@pytest.fixture
def shown(qtbot: QtBot) -> Callable[..., QWidget]:
    """Shows a panel as the bottom dock does."""

    def show(panel: QWidget, width: int = 900, height: int = 330) -> QWidget:
        QCursor.setPos(4000, 4000)  # where another test has left the pointer nobody reads
        qtbot.addWidget(panel)
        panel.resize(width, height)
        panel.show()
        return panel

    return show
