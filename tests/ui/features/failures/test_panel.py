import asyncio
import json

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QInputDialog, QLabel

from inspector.analysis.query.query import parse
from inspector.app.failure_marks import FailureMarks, FailureState
from inspector.app.notices import Notices
from inspector.app.retry import Retries
from inspector.app.settings import Settings
from inspector.app.tasks import TaskOwner
from inspector.core.records.capture import capture_failure
from inspector.core.records.records import SessionStarted
from inspector.ui.features.failures import panel as panels
from inspector.ui.features.failures.model import COUNT, PLACE, TREND, TYPE, VERDICT, FailureGrouping
from inspector.ui.features.failures.panel import FailuresPanel
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.text import copy_text
from inspector.ui.kit.theme import Theme
from inspector.ui.parts.traceback import CodeLines
from tests.analysis.sample_runs import MS, Run, Story, Told, failure
from tests.first_hour.hands import rows_of
from tests.patience import until
from tests.ui.features.stories import point_at


def failed(at, text, status="failed"):
    return Told("Paid", at, [Run(at, at + MS, "app:Audit.handle", status, failure=text)])


def filled(theme, selection, shown, *publications):
    story = Story()
    if publications:
        story.tell(publications)
    panel = FailuresPanel(theme, selection)
    panel.set_journal(story.journal)
    return story, shown(panel)


def cells(panel, column):
    return [panel.sorted.index(row, column).data() for row in range(panel.sorted.rowCount())]


def test_the_newest_group_is_first_and_its_newest_failure_is_read(theme, selection, shown):
    old, new = failed(0, failure("KeyError", "first")), failed(5 * MS, failure("OSError", "second"))
    story, panel = filled(theme, selection, shown, old, new)
    assert cells(panel, TYPE) == ["OSError", "KeyError"]
    assert panel.detail.title.text() == "✕ OSError"
    assert panel.detail.message.text() == "second"
    assert selection.execution == -1
    panel.folded(story.tell([failed(10 * MS, failure("KeyError", "third"))]))
    assert cells(panel, TYPE) == ["KeyError", "OSError"]
    assert cells(panel, COUNT) == ["2", "1"]
    assert panel.detail.title.text() == "✕ OSError"


def test_choosing_a_group_selects_its_newest_execution(theme, selection, shown):
    _, panel = filled(theme, selection, shown, *(failed(n * MS, failure("KeyError", f"no {n}")) for n in range(3)))
    asked = []
    panel.show_in_timeline.connect(asked.append)
    panel.table.setCurrentIndex(panel.sorted.index(0, 1))
    panel.table.clearSelection()
    panel.detail.before.click()
    assert (selection.execution, selection.publication, selection.handler, selection.event_name) == (1, 1, 0, "Paid")
    assert panel.detail.position.text() == "2 of 3"
    assert panel.detail.message.text() == "no 1"
    panel.detail.before.click()
    assert not panel.detail.before.isEnabled()
    panel.detail.after.click()
    panel.show_shown()
    assert asked == [1]


def test_an_execution_selected_elsewhere_shows_its_group_and_itself(theme, selection, shown):
    publications = [failed(n * MS, failure("KeyError" if n < 3 else "OSError", f"no {n}")) for n in range(5)]
    _, panel = filled(theme, selection, shown, *publications)
    selection.select_execution(1, 1, "Paid", 0)
    assert panel.detail.title.text() == "✕ KeyError"
    assert panel.detail.message.text() == "no 1"
    assert panel.table.currentIndex().data() == "KeyError"


def read(panel):
    """What the traceback says: heads of frames, lines of code, and what stands between them."""
    parts = [view.head.accessibleName() for view in panel.detail.traceback.frames()]
    parts += [lines.accessibleName() for lines in panel.detail.findChildren(CodeLines)]
    return "\n".join((*parts, *(label.text() for label in panel.detail.traceback.findChildren(QLabel))))


def test_a_traceback_shows_source_locals_and_cause_as_plain_text(theme, selection, shown):
    secretive = "<b>&lt;bold</b>"
    try:
        try:
            raise LookupError("inner")
        except LookupError as error:
            raise RuntimeError(f"outer {secretive}") from error
    except RuntimeError as error:
        text = capture_failure(error)
    _, panel = filled(theme, selection, shown, failed(0, text.replace('"mine": false', '"mine": true')))
    words = read(panel)
    assert "in test_a_traceback_shows_source_locals_and_cause_as_plain_text" in words
    assert 'raise RuntimeError(f"outer' in words
    assert f"secretive = '{secretive}'" in words.replace("  ", " ").replace(" =", " =")
    assert "Caused by" in words
    assert "LookupError: inner" in words
    assert panel.detail.message.text() == f"outer {secretive}"
    copy_text(panel.detail.as_text())
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("✕ RuntimeError\nouter <b>")
    assert "LookupError: inner" in copied


def test_frames_of_libraries_come_when_asked_for_and_a_frame_leads_to_its_source(theme, selection, shown, qapp):
    try:
        json.loads("{")
    except ValueError as error:
        text = capture_failure(error)
    frames = json.loads(text)
    for frame in frames["frames"]:
        frame["mine"] = frame["file"] == __file__
    _, panel = filled(theme, selection, shown, failed(0, json.dumps(frames)))
    assert [view.frame.file for view in panel.detail.traceback.frames()] == [__file__]
    asked = []
    panel.open_source.connect(lambda file, line: asked.append(file))
    panel.detail.traceback.frames()[0].findChild(IconButton).click()
    assert asked == [__file__]
    panel.detail.libraries.click()
    qapp.processEvents()
    assert len([view for view in panel.detail.traceback.frames() if view.isVisibleTo(panel)]) > 1


def test_text_that_is_no_failure_and_no_text_at_all_are_shown(theme, selection, shown):
    _, panel = filled(theme, selection, shown, failed(0, "odd text"))
    assert panel.detail.nothing.text() == "odd text"
    _, panel = filled(theme, selection, shown, failed(0, "", status="timed_out"))
    assert panel.detail.title.text() == "◔ timed out in Audit.handle"
    assert panel.detail.nothing.text() == "No exception raised."


def test_groups_that_change_together_are_sorted_anew(theme, selection, shown):
    kinds = ("KeyError", "OSError", "ValueError", "TypeError")
    story, panel = filled(theme, selection, shown, *(failed(n * MS, failure(kind)) for n, kind in enumerate(kinds)))
    assert cells(panel, TYPE) == list(reversed(kinds))
    later = ("OSError", "KeyError", "TypeError", "RuntimeError", "ValueError")
    panel.folded(story.tell(failed((10 + n) * MS, failure(kind)) for n, kind in enumerate(later)))
    panel._gathering.flush()
    assert cells(panel, TYPE) == list(reversed(later))


@pytest.mark.parametrize(
    ("grouping", "first", "more"),
    [
        (FailureGrouping.PLACE, 0, 2),  # the group and its handler
        (FailureGrouping.EXCEPTION, 0, 3),  # its heading, too
        (FailureGrouping.HANDLER, 1, 1),
        (FailureGrouping.EVENT, 1, 1),
    ],
)
def test_groups_stay_while_a_person_aims_at_one(theme, selection, shown, qtbot, grouping, first, more):
    kinds = ("KeyError", "OSError", "ValueError")
    story, panel = filled(theme, selection, shown, *(failed(n * MS, failure(kind)) for n, kind in enumerate(kinds)))
    panel.set_grouping(grouping)
    panel.table.holding._clock = lambda: 100.0
    point_at(panel.table, QPoint(60, 40))
    assert panel.table.holding.active
    before = [index.data() for index in rows_of(panel.table)]
    later = ("KeyError", "TypeError", "OSError")
    panel.folded(story.tell(failed((10 + n) * MS, failure(kind)) for n, kind in enumerate(later)))
    panel._gathering.flush()
    assert [index.data() for index in rows_of(panel.table)] == before
    assert panel.table.holding.sign.text() == "Sorting paused · 1 new"
    assert panel.model.total == 6
    point_at(panel.detail, QPoint(20, 20))
    qtbot.waitUntil(lambda: panel.table.holding.sign.isHidden())
    names = [index.data() for index in rows_of(panel.table)]
    assert names[first] == "OSError"
    assert len(names) == len(before) + more


@pytest.mark.parametrize("width", [687, 860, 1033])
def test_the_columns_fit_at_every_width_of_the_window(theme, selection, shown, width, qapp):
    _, panel = filled(theme, selection, shown, failed(0, failure("KeyError")))
    panel.resize(width, 330)
    qapp.processEvents()
    assert panel.table.header().length() <= panel.table.viewport().width()
    assert not panel.table.isColumnHidden(PLACE)
    assert panel.table.columnWidth(PLACE) > 100


def test_what_failed_and_its_line_can_be_read_beside_a_column_that_is_chosen(theme, selection, shown, qapp):
    Theme("dark").apply(qapp)
    _, panel = filled(theme, selection, shown, failed(0, failure("ConnectionResetError")))
    panel.resize(676, 330)
    assert panel.table.isColumnHidden(TREND)
    next(item for item in panel.table.columns.menu_items() if item.label == "Trend").run()
    assert not panel.table.isColumnHidden(TREND)
    delegate, metrics = panel.table.itemDelegate(), panel.table.fontMetrics()
    texts = []
    for column in (TYPE, PLACE):
        index = panel.sorted.index(0, column)
        texts.append(delegate.fitting(index.data(), column, metrics, panel.table.visualRect(index).width() - 16))
    assert texts[0] == "ConnectionResetError"
    assert texts[1].startswith("audit.py:41")


def test_without_failures_the_panel_says_so_and_counts_them_when_they_come(theme, selection, shown):
    story, panel = filled(theme, selection, shown)
    counts = []
    panel.badge_changed.connect(lambda text, tone: counts.append((text, tone)))
    assert panel._empty.isVisible()
    panel.folded(story.tell([failed(0, failure("KeyError"))]))
    assert not panel._empty.isVisible()
    panel.set_filter(parse("error:OSError"))
    assert panel._empty.isVisible()
    assert counts == [("1", "failed"), ("", "dim")]


async def test_a_failure_no_longer_at_hand_is_asked_for_and_late_answers_are_dropped(theme, selection, notices, shown):
    story = Story()
    story.tell([failed(n * MS, failure("KeyError", f"no {n}")) for n in range(2)])
    answers = {n: asyncio.get_running_loop().create_future() for n in range(2)}

    class Details:
        async def failure(self, execution):
            return await answers[execution]

    tasks = TaskOwner(notices)
    panel = FailuresPanel(theme, selection, Details(), tasks)
    panel.set_journal(story.journal)
    shown(panel)
    story.journal.failures._values.clear()
    panel.step(-1)
    panel.step(1)
    answers[1].set_result(failure("KeyError", "newest, looked up"))
    answers[0].set_result(failure("KeyError", "too late"))
    await until(lambda: panel.detail.message.text() == "newest, looked up")
    answers[0] = asyncio.get_running_loop().create_future()
    panel.step(-1)
    before = panel.detail.message.text()
    panel.set_journal(Story().journal)
    answers[0].set_result(failure("KeyError", "of the session before"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert panel.detail.message.text() == before
    await tasks.cancel_all()


# What a person says of groups


class Marked:
    """A panel that remembers, over a session that began a second after 1970."""

    def __init__(self, theme, selection, shown, path, *publications):
        self.now = 0
        self.marks = FailureMarks(Settings(path, Notices()), lambda: self.now)
        self.story = Story()
        self.story.journal.session = SessionStarted(0, 10**9, "shop", "3.13", "")
        self.story.tell(publications)
        self.retries = Retries()
        self.panel = FailuresPanel(theme, selection, marks=self.marks, retries=self.retries)
        self.panel.set_journal(self.story.journal)
        shown(self.panel)

    def chips(self):
        return [chip.caption() for chip in self.panel.chips.values() if chip.isVisibleTo(self.panel)]


def below(panel, row):
    parent = panel.sorted.index(row, 0)
    rows = range(panel.sorted.rowCount(parent))
    return [(panel.sorted.index(n, TYPE, parent).data(), panel.sorted.index(n, PLACE, parent).data()) for n in rows]


def test_handlers_stand_inside_their_group_each_with_its_own_count(theme, selection, shown):
    def run(at, handler):
        return Told("Paid", at, [Run(at, at + MS, f"app:{handler}", "failed", failure=failure("KeyError"))])

    story, panel = filled(theme, selection, shown, run(0, "Audit.handle"), run(5 * MS, "Mail.send"))
    assert cells(panel, COUNT) == ["2"]
    assert sorted(below(panel, 0)) == [("Audit.handle", "for Paid"), ("Mail.send", "for Paid")]
    panel.folded(story.tell([run(10 * MS, "Mail.send"), run(20 * MS, "Log.write")]))
    panel._gathering.flush()
    group = panel.sorted.index(0, 0)
    counts = {panel.sorted.index(n, TYPE, group).data(): panel.sorted.index(n, COUNT, group).data() for n in range(3)}
    assert counts == {"Audit.handle": "1", "Mail.send": "2", "Log.write": "1"}
    panel.table.expand(group)
    panel.table.setCurrentIndex(panel.sorted.index(list(counts).index("Mail.send"), 0, group))
    assert selection.execution == 2
    assert panel.retry_button.isHidden()


def test_muted_groups_count_where_they_are_hidden(theme, selection, shown, tmp_path):
    publications = [failed(0, failure("KeyError")), *(failed(n * MS, failure("OSError")) for n in (5, 6))]
    desk = Marked(theme, selection, shown, tmp_path / "settings.json", *publications)
    panel, counts = desk.panel, []
    panel.badge_changed.connect(lambda text, tone: counts.append((text, tone)))
    assert desk.chips() == ["Open 2"]
    panel.mute_button.click()
    assert cells(panel, TYPE) == ["KeyError"]
    assert counts[-1] == ("1", "failed")
    assert desk.chips() == ["Open 1", "Muted 1"]
    assert "2 failures" in panel.chips[FailureState.MUTED].toolTip()
    panel.chips[FailureState.MUTED].click()
    assert cells(panel, TYPE) == ["OSError"]
    assert panel.mute_button.caption() == "Unmute"
    assert panel.resolve_button.isHidden()
    again = Marked(theme, selection, shown, tmp_path / "settings.json", *publications)
    assert again.chips() == ["Open 1", "Muted 1"]
    panel.mute_button.click()
    assert cells(panel, TYPE) == ["OSError", "KeyError"]


@pytest.mark.parametrize("source", [True, False])
def test_a_muted_line_of_several_functions_stays_muted_whichever_fails_first(theme, selection, shown, tmp_path, source):
    def runs(*names):
        texts = [failure("KeyError").replace("_write", name) for name in names]
        texts = texts if source else [text.replace('"source": [[', '"lines": [[') for text in texts]
        return [failed(number, text) for number, text in enumerate(texts)]

    desk = Marked(theme, selection, shown, tmp_path / "settings.json", *runs("Audit.paid", "Audit.placed"))
    assert cells(desk.panel, PLACE) == ["audit.py:41 in Audit.paid and 1 more"]
    desk.panel.table.setCurrentIndex(desk.panel.sorted.index(0, 0))
    desk.panel.mute_button.click()
    assert desk.chips() == ["Open 0", "Muted 1"]
    again = Marked(theme, selection, shown, tmp_path / "settings.json", *runs("Audit.placed", "Audit.paid"))
    assert again.chips() == ["Open 0", "Muted 1"]
    alone = Marked(theme, selection, shown, tmp_path / "settings.json", *runs("Audit.refunded"))
    assert alone.chips() == ["Open 1"]


def test_a_resolved_group_comes_back_with_when(theme, selection, shown, tmp_path):
    desk = Marked(theme, selection, shown, tmp_path / "settings.json", failed(0, failure("KeyError")))
    panel, story = desk.panel, desk.story
    desk.now = story.journal.wall + 2 * MS
    panel.resolve_button.click()
    assert desk.chips() == ["Open 0", "Resolved 1"]
    panel.chips[FailureState.RESOLVED].click()
    assert panel.resolve_button.caption() == "Reopen"
    panel.chips[FailureState.OPEN].click()
    panel.folded(story.tell([failed(10 * MS, failure("KeyError"))]))
    panel._gathering.flush()
    assert cells(panel, TYPE) == ["KeyError · again"]
    (note, _), _ = below(panel, 0)
    assert note.startswith("✎ Resolved ")
    assert "; came back at " in note
    desk.now = story.journal.wall + 20 * MS
    panel.resolve_button.click()
    assert panel.sorted.rowCount() == 0


def test_a_note_stands_in_its_group_and_is_remembered(theme, selection, shown, tmp_path):
    desk = Marked(theme, selection, shown, tmp_path / "settings.json", failed(0, failure("KeyError")))
    group = desk.panel.model.group(0)
    desk.panel.set_note(group, "  asked the bank\nabout it ")
    assert below(desk.panel, 0)[0] == ("✎ asked the bank⏎about it", "")
    assert desk.panel.table.isFirstColumnSpanned(0, desk.panel.sorted.index(0, 0))
    again = Marked(theme, selection, shown, tmp_path / "settings.json", failed(0, failure("KeyError")))
    assert again.panel.table.isFirstColumnSpanned(0, again.panel.sorted.index(0, 0))
    assert below(again.panel, 0)[0] == ("✎ asked the bank⏎about it", "")
    again.panel.set_note(again.panel.model.group(0), "")
    assert [name for name, _ in below(again.panel, 0)] == ["Audit.handle"]
    desk.panel.edit_note()
    dialog = desk.panel.window().findChild(QInputDialog)
    assert dialog is not None
    assert dialog.textValue() == "asked the bank\nabout it"
    dialog.reject()


def test_a_group_is_retried_newest_first_and_a_great_many_only_when_agreed(theme, selection, shown, tmp_path):
    many = [failed(n * MS, failure("KeyError")) for n in range(60)]
    desk = Marked(theme, selection, shown, tmp_path / "settings.json", failed(0, failure("OSError")), *many)
    asked = []
    panel = desk.panel
    panel.retry_requested.connect(asked.append)
    panel.set_retry_reason("The program has stopped", present=True)
    assert not panel.retry_button.isEnabled()
    panel.set_retry_reason("", present=True)
    panel.retry_button.click()
    assert asked == []
    box = panel._question
    next(button for button in box.buttons() if button.text() == "Retry").click()
    assert asked == [list(range(60, 0, -1))]
    panel.table.setCurrentIndex(panel.sorted.index(1, 0))
    panel.retry_button.click()
    assert asked[1:] == [[0]]
    assert cells(panel, VERDICT) == ["", ""]


def test_the_failure_that_is_shown_is_selected_by_a_click_on_its_row(theme, selection, shown, qtbot):
    old, new = failed(0, failure("KeyError", "first")), failed(5 * MS, failure("OSError", "second"))
    _, panel = filled(theme, selection, shown, old, new)
    assert panel.table.currentIndex().data() == "OSError"  # nobody has chosen it
    place = panel.table.visualRect(panel.sorted.index(0, TYPE)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert selection.execution == 1
    selection.select_event("Paid")
    qtbot.keyClick(panel.table, Qt.Key.Key_Home)
    assert selection.execution == 1


def test_a_menu_says_by_what_failures_stand_together(theme, selection, shown, tmp_path):
    runs = [failed(0, failure("OSError")), *(failed(n * MS, failure("KeyError")) for n in (1, 2))]
    desk = Marked(theme, selection, shown, tmp_path / "settings.json", *runs)
    panel, asked = desk.panel, []
    panel.retry_requested.connect(asked.append)
    panel.set_retry_reason("", present=True)
    items = {item.label: item for item in panel.grouping_items()}
    assert list(items) == ["By file and line", "By exception", "By handler", "By event"]
    assert [label for label, item in items.items() if item.checked] == ["By file and line"]
    items["By handler"].run()
    assert panel.grouping.caption() == "By handler"
    heading = panel.sorted.index(0, 0)
    assert cells(panel, TYPE) == ["Audit.handle"]
    assert panel.table.isExpanded(heading)
    assert panel.detail.title.text() == "✕ KeyError", "the newest is shown, not its heading"
    assert panel.retry_button.caption() == "Retry handler"
    panel.table.setCurrentIndex(heading)
    assert panel.detail.title.text() == "✕ KeyError"
    older = panel.sorted.index(1, 0, heading)
    panel.table.setCurrentIndex(older)
    panel.retry_button.click()
    assert asked == [[0]]
    panel.folded(
        desk.story.tell(
            [Told("Paid", 9 * MS, [Run(9 * MS, 10 * MS, "app:Mail.send", "failed", failure=failure("OSError"))])]
        )
    )
    panel._gathering.flush()
    assert cells(panel, TYPE) == ["Mail.send", "Audit.handle"]
    assert panel.table.isExpanded(panel.sorted.index(0, 0))
    panel.mute_button.click()
    assert cells(panel, TYPE) == ["Audit.handle"]
    assert panel.sorted.rowCount(panel.sorted.index(0, 0)) == 1


def test_a_flood_that_nobody_sees_is_counted_and_shown_when_somebody_looks(theme, selection, shown, monkeypatch):
    story, panel = filled(theme, selection, shown, failed(0, failure("KeyError")))
    monkeypatch.setattr(panels, "_FLOOD", 2)
    badges = []
    panel.badge_changed.connect(lambda text, tone: badges.append((text, tone)))
    panel.hide()
    for first in (1, 3):
        kinds = ("KeyError", "OSError")
        panel.folded(story.tell(failed((first + n) * MS, failure(kind)) for n, kind in enumerate(kinds)))
    assert badges[-1] == ("5", "failed")
    assert cells(panel, TYPE) == ["KeyError"]
    panel.show()
    assert cells(panel, TYPE) == ["OSError", "KeyError"]
    assert cells(panel, COUNT) == ["2", "3"]
    panel.hide()
    panel.folded(story.tell(failed(n * MS, failure("ValueError")) for n in range(10, 12)))
    selection.select_execution(6, 6, "Paid", 0)
    panel.execution_selected(6)
    assert panel.detail.title.text() == "✕ ValueError"
