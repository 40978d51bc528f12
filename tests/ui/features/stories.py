"""A run to show in the panels of the journal, and the fixtures around it."""

import pytest
from PySide6.QtGui import QCursor

from inspector.app.notices import Notices
from tests.analysis.sample_runs import MS, Run, Story, Told, failure


@pytest.fixture
def notices():
    return Notices()


@pytest.fixture
def story():
    """Forty publications, each handled by two handlers; every tenth execution of one of them failed."""
    story = Story()
    story.tell(told(n) for n in range(40))
    return story


def told(n):
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


@pytest.fixture
def shown(qtbot):
    """Shows a panel as the bottom dock does."""

    def show(panel, width=900, height=330):
        QCursor.setPos(4000, 4000)  # where another test has left the pointer nobody reads
        qtbot.addWidget(panel)
        panel.resize(width, height)
        panel.show()
        return panel

    return show
