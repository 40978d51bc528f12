"""What the base of panels does for all of them."""

from __future__ import annotations

import pytest

from inspector.analysis.journal import Journal
from inspector.ui.kit.theme import Theme
from inspector.ui.panel import JournalPanel
from inspector.ui.selection import Selection


class Follower(JournalPanel):
    """Notes what is selected."""

    def __init__(self, selection: Selection) -> None:
        super().__init__(Theme("dark"), selection)
        self.heard: list[tuple[str, object]] = []

    def execution_selected(self, index: int) -> None:
        self.heard.append(("execution", index))

    def publication_selected(self, index: int) -> None:
        self.heard.append(("publication", index))

    def event_selected(self, name: str) -> None:
        # All values are set by now.
        self.heard.append(("event", (name, self._selection.handler)))

    def handler_selected(self, number: int) -> None:
        self.heard.append(("handler", number))

    def range_selected(self, start: int, end: int) -> None:
        self.heard.append(("range", (start, end)))


@pytest.fixture
def selection(qapp: object) -> Selection:
    return Selection()


def test_a_panel_follows_the_selection(selection: Selection) -> None:
    panel = Follower(selection)
    selection.select_execution(3, 2, "Paid", 1)
    selection.select_range(5, 9)
    assert panel.heard == [
        ("execution", 3),
        ("publication", 2),
        ("event", ("Paid", 1)),
        ("handler", 1),
        ("range", (5, 9)),
    ]


def test_what_a_panel_selects_itself_is_not_told_back_even_when_it_goes_wrong(selection: Selection) -> None:
    panel, other = Follower(selection), Follower(selection)

    def go_wrong() -> None:
        with panel.quietly(), panel.quietly():
            selection.select_event("Paid")
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        go_wrong()
    assert (panel.heard, other.heard) == ([], [("event", ("Paid", -1))])
    selection.select_event("Gone")
    assert panel.heard == [("event", ("Gone", -1))]


def test_a_panel_that_overrides_nothing_has_an_empty_journal_and_takes_another(selection: Selection) -> None:
    panel, journal = JournalPanel(Theme("dark"), selection), Journal()
    assert len(panel._journal.executions) == 0
    panel.set_journal(journal)
    panel.set_filter(None)
    selection.select_execution(3, 2, "Paid", 1)
    assert panel._journal is journal
