from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolTip

from inspector.analysis.query.query import parse
from inspector.core.records.host import RecordsLost
from inspector.core.records.records import to_row
from inspector.ui.features.log import model as columns
from inspector.ui.features.log.panel import LogPanel
from tests.analysis.sample_runs import Story, Told
from tests.ui.features.stories import told


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
    assert panel._hidden.isVisible()
    assert panel._hidden.text() == "4 of 40 events"
    selection.select_range(0, 600_000_000)
    assert panel._hidden.text() == "1 of 40 events"
    panel.set_filter(parse("event:nothing"))
    assert panel._empty.isVisible()
    panel.set_filter(None)
    selection.select_range(-1, -1)
    assert not panel._hidden.isVisible()
    assert counts[-1] == "40"


def test_losses_of_the_session_are_named_above_the_rows(theme, selection, story, shown):
    panel = filled(theme, selection, story, shown)
    assert not panel._hidden.isVisible()
    panel.folded(story.fold([to_row(RecordsLost(9_000_000_000, 1200, "the database cannot keep up"))]))
    panel._gathering.flush()
    assert panel._hidden.isVisible()
    assert panel._hidden.text() == "1\u2009200 records were lost"
    panel.set_filter(parse("status:failed"))
    assert panel._hidden.text() == "4 of 40 events · 1\u2009200 records were lost"


def test_return_activates_and_the_menu_copies_and_filters(theme, selection, story, shown, qtbot):
    panel = filled(theme, selection, story, shown)
    activated, filters = [], []
    panel.activated.connect(activated.append)
    panel.filter_requested.connect(filters.append)
    panel.table.setCurrentIndex(panel.model.index(4, 0))
    qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert activated == [4]
    items = {item.label: item for item in panel.menu_items(4)}
    items["Only this correlation"].run()
    items["Only Event1"].run()
    assert filters == ["corr:order-4", "event:Event1"]
    items["Copy correlation id"].run()
    assert QGuiApplication.clipboard().text() == "order-4"
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


def test_the_longest_outcome_of_one_execution_can_be_read(theme, selection, story, shown):
    panel = filled(theme, selection, story, shown)
    for width in (676, 859):  # in windows of 1280 and 1600 pixels
        panel.resize(width, 300)
        hidden = [column for column in range(columns.DURATION + 1) if panel.table.isColumnHidden(column)]
        assert hidden == ([] if width == 859 else [columns.WHERE])
        room = panel.table.columnWidth(columns.OUTCOME) - 16
        for outcome in ("≠ 1 interrupted", "↩ 1 returned failure"):
            assert panel.table.fontMetrics().horizontalAdvance(outcome) <= room
