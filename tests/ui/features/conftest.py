import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from inspector.core.records.capture import Failure, Frame
from inspector.core.values.snapshot import snapshot
from inspector.ui.kit.theme import Theme
from inspector.ui.kit.wraplabel import WrapLabel
from inspector.ui.selection import Selection
from tests.catalog.runs import MS, Run
from tests.catalog.samples import demo_catalog
from tests.ui.features.stories import notices, shown, story

__all__ = ["notices", "shown", "story"]

CATALOG = demo_catalog()
#: A few workflows of it: a catalog of 77 events takes a while to read, and most tests need three.
FEW = replace(
    CATALOG,
    events=tuple(
        event
        for event in CATALOG.events
        if event.workflow in ("user_registration", "user_login", "user_password_change", "file_import", "user_logout")
    ),
)
FAILURE = Failure(
    "RuntimeError",
    "builtins",
    "AuditEventHandler requires a database session",
    frames=(
        Frame("/usr/lib/python3/asyncio/tasks.py", 277, "step", False, ((277, "    result = send(None)"),)),
        Frame(
            "/home/me/demo/handlers/audit.py",
            41,
            "handle_user_password_change_succeeded",
            True,
            ((40, "        if session is None:"), (41, '            raise RuntimeError("no")'), (42, "        x()")),
            (("session", "None"),),
        ),
    ),
    chain=(Failure("LookupError", "builtins", "empty", (Frame("/home/me/demo/db.py", 12, "current", True),), "cause"),),
)


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme("dark")


@pytest.fixture
def selection(qapp: QApplication) -> Selection:
    return Selection()


@pytest.fixture
def run() -> Run:
    return Run(FEW)


@pytest.fixture
def show(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[[QWidget], QWidget]]:
    """Show a panel as narrow as it is in the window, and let it paint."""

    def shown(widget: QWidget, width: int = 340, height: int = 700) -> QWidget:
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        widget.grab()
        return widget

    yield shown
    qapp.sendPostedEvents(None, 52)  # DeferredDelete


def texts(widget: QWidget) -> str:
    """Everything that the visible labels of a panel say."""
    QApplication.processEvents()  # new widgets are shown by the layout, with the next turn
    labels: list[QLabel | WrapLabel] = [*widget.findChildren(QLabel), *widget.findChildren(WrapLabel)]
    return "\n".join(label.text() for label in labels if label.isVisibleTo(widget))


def failing_run(run: Run) -> None:
    """A publication whose audit execution fails, with notes, a derived event, and one that is still running."""
    name = "UserPasswordChangeSucceeded"
    keys = next(event.handlers for event in CATALOG.events if event.name == name)
    payload = snapshot(
        {
            "user_id": UUID("0199a1b2-7c1d-7000-8000-00000000b81c"),
            "initiated_by": "user",
            "amount": Decimal("12.50"),
            "details": {"from": "Stockholm, Sweden", "to": "Valencia, Spain"},
            "occurred_at": datetime(2026, 11, 20, 21, 44, 7, tzinfo=UTC),
        }
    )
    run.at = 5 * MS
    number = run.publish(name, payload=payload, handlers=len(keys), session=False, metadata={"ip": "192.0.2.1"}, fire=1)
    started = [run.start(number, key, "fail" if place == 1 else "") for place, key in enumerate(keys)]
    run.at += MS
    run.note(started[1], number, "log", "audit_record_creating", data='{"action": "X"}')
    run.note(started[1], number, "log", "audit_session_missing", level="error")
    run.end(started[0])
    run.end(started[1], "failed", 400_000, json.dumps(asdict(FAILURE)))
    derived = run.publish("PortfolioNetWorthRecalculated", cause=started[2], fire=1)
    run.end(run.start(derived, "m:f"), "swallowed")
    run.done(derived)
    run.end(started[2])
    run.end(started[3])
    run.fold()


def repaints_in_the_other_theme(widget: QWidget, theme: Theme) -> bool:
    """Whether a widget looks different in light than in dark, all of it painted anew."""
    before = widget.grab().toImage()
    theme.set_choice("light" if theme.dark else "dark")
    return widget.grab().toImage() != before
