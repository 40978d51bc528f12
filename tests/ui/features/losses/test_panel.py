"""The losses panel: chips, the detail below the chosen row, what can be done, and what stands where nothing is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from inspector.analysis.losskinds import KIND_NUMBERS, LOSS_KINDS
from inspector.analysis.query.query import parse
from inspector.app.loss_marks import LossMarks
from inspector.app.notices import Notices
from inspector.app.settings import Settings
from inspector.core.records.host import PublicationsSkipped, RecordsLost
from inspector.core.records.records import to_row
from inspector.hosts.embedded import EmbeddedHost
from inspector.ui.features.losses.model import PLACE, SUBJECT
from inspector.ui.features.losses.panel import LossesPanel
from inspector.ui.shell.standing import count_texts
from tests.analysis.sample_runs import MS, Run, Story, Told, failure
from tests.analysis.test_losses import begun
from tests.patience import until
from tests.ui.windows import opened

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

LIMIT = "Swallowed exceptions, mixed-up sessions, late work, and code that never ran need Python 3.12."
Show = Callable[[LossesPanel], LossesPanel]


def swallowed(at: int, line: int = 41) -> Told:
    return Told("Paid", at, [Run(at, at + MS, "app:Audit.handle", "swallowed", failure=failure("KeyError", line=line))])


@pytest.fixture
def make(theme: Theme, selection: Selection, shown: Any, tmp_path: Path) -> Callable[[Story], LossesPanel]:
    def made_of(story: Story) -> LossesPanel:
        panel = LossesPanel(theme, selection, LossMarks(Settings(tmp_path / "settings.json", Notices())))
        panel.resize(800, 400)
        panel.set_journal(story.journal)
        shown(panel)
        return panel

    return made_of


def three() -> Story:
    story = begun()
    story.tell([swallowed(0), swallowed(5 * MS), swallowed(9 * MS, 77), Told("Placed", 10 * MS, handlers=0)])
    return story


def cells(panel: LossesPanel, column: int) -> list[str]:
    return [panel.table.sorted.index(row, column).data() for row in range(panel.table.sorted.rowCount())]


def test_chips_count_every_kind_and_filter(make: Callable[[Story], LossesPanel]) -> None:
    badges: list[tuple[str, str]] = []
    story = three()
    panel = make(story)
    panel.badge_changed.connect(lambda *badge: badges.append(badge))
    assert panel.all.caption() == "All 4"
    captions = [button.caption() for button in panel.kinds]
    assert captions[0] == "▨ Swallowed 3"
    assert [caption.rpartition(" ")[2] for caption in captions] == [
        {"swallowed": "3", "unheard": "1"}.get(kind.name, "0") for kind in LOSS_KINDS
    ]
    assert panel.meant.isHidden()
    assert panel.muted.isHidden()
    panel.kinds[KIND_NUMBERS["unheard"]].click()
    assert cells(panel, SUBJECT) == ["Placed"]
    panel.kinds[KIND_NUMBERS["late"]].click()
    assert panel.empty.words() == "Late: none Work that outlived its handler."
    panel.kinds[KIND_NUMBERS["late"]].click()  # once more shows all
    assert (len(cells(panel, SUBJECT)), badges[-1]) == (3, ("4", "warn"))
    panel.folded(story.tell([swallowed(30 * MS)]))
    assert (panel.all.caption(), badges[-1][0]) == ("All 5", "5")


def test_the_chosen_row_opens_its_detail(make: Callable[[Story], LossesPanel], selection: Selection) -> None:
    panel = make(three())
    detail, table = panel.detail, panel.table
    assert detail.lines[0].text().startswith("KeyError: it broke · the same in all 2 · for Paid · last at ")
    assert selection.execution == -1  # nobody chose it
    asked: list[Any] = []
    panel.filter_requested.connect(asked.append)
    panel.open_source.connect(lambda *place: asked.append(place))
    assert detail.show_lost.caption() == "Show 2 executions"
    detail.show_lost.click()
    detail.open.click()
    detail.copy.click()
    assert asked == ["loss:swallowed@audit.py:41 handler:Audit.handle", ("/app/audit.py", 41)]
    assert QGuiApplication.clipboard().text().startswith("### Swallowed: Audit.handle (2)")
    line = table.verticalHeader().defaultSectionSize()
    assert table.rowHeight(0) > 2 * line
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert (table.rowHeight(0), table.rowHeight(1) > 2 * line) == (line, True)
    assert detail.y() == table.rowViewportPosition(1) + line
    assert selection.execution == 2
    table.sortByColumn(PLACE, Qt.SortOrder.DescendingOrder)
    row = table.currentIndex().row()
    assert table.rowHeight(row) > 2 * line
    assert sum(table.rowHeight(other) > line for other in range(3)) == 1


def test_what_happened_is_whole_in_the_detail_where_no_exception_says_it(
    make: Callable[[Story], LossesPanel],
) -> None:
    story = begun()
    story.tell([Told(name, 10 * MS, handlers=0) for name in ("Placed", "Placed")])
    panel = make(story)
    (loss,) = (loss for loss in story.journal.losses.groups if loss.count)
    assert panel.detail.lines[0].text().startswith(f"{loss.what} · last at ")


def test_a_place_is_muted_listed_and_heard_again(make: Callable[[Story], LossesPanel]) -> None:
    panel = make(three())
    panel.detail.mute.click()
    assert cells(panel, PLACE) == ["audit.py:77", "events.py:11"]
    assert (panel.muted.caption(), panel.all.caption()) == ("1 muted", "All 2")
    panel.muted.click()
    assert (cells(panel, PLACE), panel.detail.mute.caption()) == (["audit.py:41"], "Unmute")
    panel.detail.mute.click()
    assert panel.muted.isHidden()
    assert panel.all.caption() == "All 4"


def test_what_is_by_design_is_said_and_taken_back(make: Callable[[Story], LossesPanel]) -> None:
    panel = make(three())
    panel.detail.meant.click()
    assert panel.meant.caption() == "By design? 2"
    panel.meant.click()
    assert panel.detail.meant.caption() == "Not by design"
    panel.detail.meant.click()
    assert (panel.meant.isHidden(), panel.all.caption()) == (True, "All 4")


def test_a_range_is_a_chip_that_clears_it(make: Callable[[Story], LossesPanel], selection: Selection) -> None:
    panel = make(three())
    selection.select_range(8 * MS, 20 * MS)
    assert (panel.all.caption(), panel.range.caption()) == ("All 2", "In range 12.0 ms \N{MULTIPLICATION SIGN}")
    selection.select_range(20 * MS, 30 * MS)
    assert panel.empty.words() == "No losses in this range."
    panel.range.click()
    assert (panel.all.caption(), panel.range.isHidden()) == ("All 4", True)


def test_where_nothing_is_it_says_since_when_and_what_cannot_be_seen(make: Callable[[Story], LossesPanel]) -> None:
    words = make(begun()).empty.words()
    assert words.startswith("No losses since ")
    assert "3.12" not in words
    assert make(begun("3.11.7")).empty.words().endswith(LIMIT)
    panel = make(three())
    panel.set_filter(parse("event:Nothing"))
    assert panel.empty.words() == "No matching losses Clear the filter to see all losses."


def test_records_have_no_executions_to_show(make: Callable[[Story], LossesPanel]) -> None:
    story = begun("3.11.7")
    story.fold([to_row(RecordsLost(9, 40, "notes came too fast"))])
    panel = make(story)
    assert (panel.all.caption(), panel.detail.open.isEnabled()) == ("All 40", False)
    assert panel.detail.show_lost.isHidden()
    labels = [item.label for item in panel.menu_items()]
    assert labels[:4] == ["Open in editor", "Show 40 records", "", "Mute this place"]
    assert panel.limits.text() == LIMIT


@pytest.mark.allow_log("inspector.demo")
@pytest.mark.allow_log("inspector.core.bus")
async def test_in_the_window_tab_status_bar_filter_and_log_say_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path / "sessions.db") as window:
        shell, context = window.window.shell, window.window.context
        assert window.window.commands.get("panel.losses").menu == "View"
        host = context.workbench.recording.host
        assert isinstance(host, EmbeddedHost)
        host._recorder.record(PublicationsSkipped(host._recorder.now(), 1, 1, 0, 40))
        await until(lambda: shell.panel("losses").badge_text == "40")
        panel = shell.findChild(LossesPanel)
        assert isinstance(panel, LossesPanel)
        assert context.journal is not None
        assert "40 losses" in count_texts(context.journal, 0, LossMarks(context.settings).total(context.journal))
        context.set_filter("event:Nothing")
        await until(lambda: panel.all.caption() == "All 0")
        context.set_filter("")
        await until(lambda: panel.all.caption() == "All 40")
        assert window.window.commands.run("losses.mute")
        assert shell.panel("losses").badge_text == ""
