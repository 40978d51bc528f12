import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolTip

from inspector.analysis.journal import Journal
from inspector.analysis.query.query import parse
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import Batch, to_row
from inspector.ui.features.log import model as columns
from inspector.ui.features.log.panel import LogPanel
from tests.analysis.sample_runs import MS, Run, Story, Told
from tests.analysis.several import shop
from tests.ui.features.stories import point_at, told


def at_end(panel):
    bar = panel.table.verticalScrollBar()
    return bar.value() == bar.maximum() > 0


def filled(theme, selection, story, shown):
    panel = LogPanel(theme, selection)
    panel.set_journal(story.journal)
    return shown(panel)


def test_new_rows_are_followed_until_a_person_scrolls(theme, selection, story, shown):
    panel = filled(theme, selection, story, shown)
    panel.folded(story.tell(told(n) for n in range(40, 60)))
    assert at_end(panel)
    bar = panel.table.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    read = bar.value()
    panel.folded(story.tell(told(n) for n in range(60, 80)))
    assert bar.value() == read
    assert panel._newest.isVisible()
    panel._newest.click()
    assert at_end(panel)
    assert not panel._newest.isVisible()


def test_choosing_a_row_selects_its_publication_and_stops_following(theme, selection, story, shown, qtbot):
    panel = filled(theme, selection, story, shown)
    panel.table.scrollToTop()
    qtbot.mouseClick(
        panel.table.viewport(),
        Qt.MouseButton.LeftButton,
        pos=panel.table.visualRect(panel.model.index(2, 2)).center(),
    )
    assert (selection.publication, selection.event_name, selection.execution) == (2, "Event2", -1)
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    assert selection.publication == 3
    assert not panel.following


def test_a_row_shows_the_execution_that_failed_and_one_alone(theme, selection, shown):
    story = Story()
    story.tell(
        [
            Told("Paid", 0, [Run(0, MS), Run(0, 2 * MS, "app:Mail.send", "failed")]),
            Told("Sent", 3 * MS, [Run(3 * MS, 4 * MS, "app:Log.write")]),
            Told("Both", 5 * MS, [Run(5 * MS, 6 * MS), Run(5 * MS, 9 * MS, "app:Mail.send")]),
            Told("Unheard", 9 * MS),
            Told("Lost", 10 * MS, [Run(10 * MS, 19 * MS), Run(10 * MS, 11 * MS, "app:Mail.send", "swallowed")]),
            Told("Worse", 20 * MS, [Run(20 * MS, 29 * MS, status="swallowed"), Run(20 * MS, 21 * MS, status="failed")]),
        ]
    )
    panel = filled(theme, selection, story, shown)
    chosen = []
    for row in range(6):
        panel.table.setCurrentIndex(panel.model.index(row, 0))
        chosen.append((selection.publication, selection.execution))
    assert chosen == [(0, 1), (1, 2), (2, -1), (3, -1), (4, 6), (5, 8)]
    opened, unheard = [], []
    panel.execution_activated.connect(opened.append)
    panel.activated.connect(unheard.append)
    for row in range(6):
        panel.table.activated_row.emit(panel.model.index(row, 0))
    assert (opened, unheard) == ([1, 2, 4, 6, 8], [3])


def test_a_selection_made_elsewhere_is_shown_without_moving_what_is_read(theme, selection, story, shown):
    panel = filled(theme, selection, story, shown)
    panel.table.scrollToTop()
    selection.select_publication(30, "Event0")
    row = panel.table.currentIndex().row()
    assert row == 30
    assert panel.table.viewport().rect().contains(panel.table.visualRect(panel.model.index(row, 0)).center())
    panel.table.scrollToTop()
    panel.table.setFocus()
    selection.select_publication(39, "Event0")
    assert panel.table.currentIndex().row() == 39
    if panel.table.hasFocus():  # in the person's hands: not scrolled
        assert panel.table.verticalScrollBar().value() == 0
    selection.clear()
    assert not panel.table.selectionModel().hasSelection()


def test_a_filter_says_how_much_it_leaves_out(theme, selection, story, shown):
    panel = filled(theme, selection, story, shown)
    counts = []
    panel.badge_changed.connect(lambda text, _tone: counts.append(text))
    panel.set_filter(parse("status:failed"))
    assert panel._sum.text() == "4 of 40 events"
    selection.select_range(0, 600_000_000)
    assert panel._sum.text() == "1 of 40 events"
    panel.set_filter(parse("event:nothing"))
    assert panel._empty.isVisible()
    panel.set_filter(None)
    selection.select_range(-1, -1)
    assert panel._sum.text() == "40 events"
    assert counts[-1] == "40"


def test_losses_of_the_session_are_named_below_the_rows(theme, selection, story, shown):
    panel = filled(theme, selection, story, shown)
    panel.folded(story.fold([to_row(RecordsLost(9_000_000_000, 1200, "the database cannot keep up"))]))
    panel._gathering.flush()
    assert panel._sum.text() == "40 events · 1\u2009200 records were lost"
    panel.set_filter(parse("status:failed"))
    assert panel._sum.text() == "4 of 40 events · 1\u2009200 records were lost"


def test_return_activates_and_the_menu_copies(theme, selection, story, shown, qtbot):
    panel = filled(theme, selection, story, shown)
    activated = []
    panel.execution_activated.connect(activated.append)
    panel.table.setCurrentIndex(panel.model.index(4, 0))
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert activated == [8]
    items = {item.label: item for item in panel.menu_items(4)}
    items["Show execution"].run()
    assert activated == [8, 8]
    items["Copy rows"].run()
    assert "Event1" in QGuiApplication.clipboard().text()


def test_names_that_look_like_markup_are_shown_as_they_are(theme, selection, shown):
    story = Story()
    story.tell([Told("<img src=x>" * 40)])
    panel = filled(theme, selection, story, shown)
    index = panel.model.index(0, 2)
    from PySide6.QtGui import QHelpEvent
    from PySide6.QtWidgets import QStyleOptionViewItem

    event = QHelpEvent(QHelpEvent.Type.ToolTip, panel.rect().center(), panel.mapToGlobal(panel.rect().center()))
    panel.table.itemDelegate().helpEvent(event, panel.table, QStyleOptionViewItem(), index)
    assert "<img" not in QToolTip.text()
    assert "&lt;img" in QToolTip.text()
    QToolTip.hideText()


def test_outcome_and_duration_can_be_read_at_every_width(theme, selection, story, shown):
    panel = filled(theme, selection, story, shown)
    for width in (400, 676, 859, 1600):
        panel.resize(width, 300)
        shown_columns = [c for c in range(columns.CAUSE + 1) if not panel.table.isColumnHidden(c)]
        assert {columns.EVENT, columns.OUTCOME, columns.DURATION} <= set(shown_columns)
        assert panel.table.horizontalScrollBar().maximum() == 0
        room = panel.table.columnWidth(columns.OUTCOME) - 16
        for outcome in ("■ 1 interrupted", "↩ 1 returned failure"):
            assert panel.table.fontMetrics().horizontalAdvance(outcome) <= room
    assert columns.CORRELATION in shown_columns


def test_a_title_sorts_the_log_and_newest_brings_back_the_order_of_time(theme, selection, story, shown, qtbot):
    panel = filled(theme, selection, story, shown)
    click_title(panel, columns.DURATION, qtbot)
    assert [panel.model.publication_at(row) for row in range(3)] == [39, 38, 37]
    assert panel.table.verticalScrollBar().value() == 0
    panel.folded(story.tell(told(n) for n in range(40, 44)))
    assert panel.model.publication_at(0) == 39
    panel._settling.timeout.emit()
    assert panel.model.publication_at(0) == 43
    assert panel._newest.isVisible()
    panel._newest.click()
    assert at_end(panel)
    assert panel.model.publication_at(0) == 0


def test_with_the_newest_first_what_is_read_stays_where_it_is(theme, selection, story, shown, qtbot):
    panel = filled(theme, selection, story, shown)
    click_title(panel, columns.TIME, qtbot)
    bar = panel.table.verticalScrollBar()
    assert (bar.value(), panel.following) == (0, True)
    panel.folded(story.tell([told(40)]))
    assert (bar.value(), panel.model.publication_at(0)) == (0, 40)
    bar.setValue(bar.maximum() // 2)
    read = panel.model.publication_at(panel.table.rowAt(5))
    panel.folded(story.tell(told(n) for n in range(41, 50)))
    assert panel.model.publication_at(panel.table.rowAt(5)) == read


@pytest.mark.parametrize("newest_first", [False, True])
def test_rows_stay_while_a_person_aims_at_one_and_are_followed_again(
    theme, selection, story, shown, qtbot, newest_first
):
    panel = filled(theme, selection, story, shown)
    if newest_first:
        click_title(panel, columns.TIME, qtbot)
    assert panel.following
    panel.holding._clock = lambda: 100.0
    point_at(panel.table, QPoint(60, 40))
    assert panel.holding.active
    read = panel.model.publication_at(panel.table.rowAt(40))
    panel.folded(story.tell(told(n) for n in range(40, 50)))
    panel._gathering.flush()
    assert panel.model.rowCount() == 50
    assert panel.model.publication_at(panel.table.rowAt(40)) == read
    assert (panel.holding.sign.text(), panel.following) == ("10 new", True)
    point_at(panel._sum, QPoint(2, 2))
    qtbot.waitUntil(lambda: panel.holding.sign.isHidden())
    assert panel.table.verticalScrollBar().value() == 0 if newest_first else at_end(panel)


def test_sorted_rows_take_no_places_while_a_person_aims_at_one(theme, selection, story, shown, qtbot):
    panel = filled(theme, selection, story, shown)
    click_title(panel, columns.DURATION, qtbot)
    point_at(panel.table, QPoint(60, 40))
    panel.folded(story.tell(told(n) for n in range(40, 44)))
    panel._gathering.flush()
    panel._settling.timeout.emit()
    assert panel.model.publication_at(0) == 39
    assert panel.holding.sign.text() == "Sorting paused"
    point_at(panel._sum, QPoint(2, 2))
    qtbot.waitUntil(lambda: panel.model.publication_at(0) == 43)
    assert panel.holding.sign.isHidden()


def click_title(panel, column, qtbot):
    header = panel.table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(column) + 20, header.height() // 2)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_a_program_of_several_processes_has_a_column_for_them_and_no_other_has(theme, selection, story, shown):
    panel = filled(theme, selection, story, shown)
    panel.resize(1900, 300)
    hidden = panel.table.isColumnHidden
    assert hidden(columns.PROCESS)
    assert "process" not in [item.label for item in panel.columns.menu_items()]
    assert columns.PROCESS not in panel.columns.copied
    rows, journal = shop(2), Journal()
    panel.set_journal(journal)
    for first in range(0, len(rows), 50):
        panel.folded(journal.fold(Batch(first + 1, rows[first : first + 50])))
    panel._gathering.flush()
    assert not hidden(columns.PROCESS)
    assert columns.PROCESS in panel.columns.copied
    panel.table.sortByColumn(columns.PROCESS, Qt.SortOrder.DescendingOrder)
    labels = [panel.model.index(row, columns.PROCESS).data() for row in range(panel.model.rowCount())]
    assert labels == sorted(labels, key=lambda label: label.split()[-1], reverse=True)
    assert set(labels) == {"server 48231", "pool worker 48238", "pool worker 48239"}
    panel.set_journal(story.journal)
    assert hidden(columns.PROCESS)
