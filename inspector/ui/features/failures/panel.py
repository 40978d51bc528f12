"""Failures in groups at the left, the newest of the group, with its traceback, at the right.

A group can be retried, resolved, muted and noted; what was said of it is remembered for its program.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QInputDialog, QWidget

from inspector.analysis.failures import MEMBERS
from inspector.app.failure_marks import FailureState
from inspector.app.text import format_count, plural
from inspector.core.errors import InspectorError
from inspector.core.records.capture import failure_from_json
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import BY_FAULT, FAILED_CODE, STATUSES, TROUBLE
from inspector.ui.features.failures import model as columns
from inspector.ui.features.failures.model import FailureGrouping, FailuresModel
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.cells import SortedTree, show_row
from inspector.ui.kit.flow import FlowBox
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import hbox, side_by_side, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.newest import Newest
from inspector.ui.kit.page import Link, Page
from inspector.ui.kit.tables import COPY_KEY, copy_rows
from inspector.ui.kit.text import ElidedLabel, PlainLabel, ask_then, copy_text, set_tone
from inspector.ui.kit.widgets import EmptyState, Switcher, separator_line
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.failure_text import traceback_text
from inspector.ui.parts.gathering import Gathering
from inspector.ui.parts.retrying import retry_words
from inspector.ui.parts.row_link import RowLink
from inspector.ui.parts.traceback import TracebackView
from inspector.ui.selection import NOTHING, Hover

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QShowEvent
    from PySide6.QtWidgets import QMessageBox

    from inspector.analysis.entries import Change
    from inspector.analysis.failures import FailureGroup, FailurePart
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.app.failure_marks import FailureMarks
    from inspector.app.retry import Retries
    from inspector.app.tasks import TaskOwner
    from inspector.core.records.capture import Failure
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: What the groups of a state are.
_ABOUT: Final = {
    FailureState.OPEN: "Neither resolved nor muted",
    FailureState.MUTED: "Muted, not counted",
    FailureState.RESOLVED: "Resolved, not seen since",
}
#: Keys that go through the failures of a group.
BEFORE: Final = "Alt+Up"
AFTER: Final = "Alt+Down"


# One failure to read: what was raised, where, its traceback, and the way to the others of its group.


class FailureDetail(Page):
    """Shows one failure.

    Args:
        theme: Its look.
        parent: The owner.

    Signals:
        step_requested: -1 for the failure before this one in its group, 1 for the one after it.
        timeline_requested: Show it in the timeline.
        open_source: Show this line of this file in an editor.
    """

    step_requested = Signal(int)
    timeline_requested = Signal()
    open_source = Signal(str, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Failure", parent)
        self._theme = theme
        self._failure: Failure | None = None
        self.title = ElidedLabel("", "failed")
        self.title.setFont(bold_font(self.title.font()))
        self.message = PlainLabel("", wrap=True, selectable=True)
        self.place = ElidedLabel("", "dim")
        self.position = PlainLabel("", "dim")
        self.verdict = ElidedLabel("")
        self.verdict.hide()
        self.before = IconButton(theme, "chevron-left", f"Previous in this group ({native_shortcut(BEFORE)})")
        self.after = IconButton(theme, "chevron-right", f"Next in this group ({native_shortcut(AFTER)})")
        self.nothing = PlainLabel("", "dim", wrap=True, selectable=True)
        self.traceback = TracebackView(theme)
        self.libraries = Link(theme)
        self._lay_out()
        self.before.clicked.connect(lambda: self.step_requested.emit(-1))
        self.after.clicked.connect(lambda: self.step_requested.emit(1))
        self.traceback.open_source.connect(self.open_source)
        self.libraries.clicked.connect(self._switch_frames)

    def _lay_out(self) -> None:
        copy = IconButton(
            self._theme, "copy", "Copy traceback", on_click=lambda: copy_text(self.as_text(), "traceback")
        )
        show = IconButton(self._theme, "timeline", "Select in timeline", on_click=self.timeline_requested)
        top = hbox((self.title, 1), show, copy, spacing=6)
        below = hbox((self.place, 1), self.before, self.position, self.after, spacing=6)
        foot = hbox(self.libraries, 1)
        self.column.addLayout(
            vbox(top, self.message, below, self.verdict, self.nothing, self.traceback, foot, spacing=4)
        )

    def show_one(self, title: str, tone: str, place: str) -> None:
        """Show what it is, with the tone of its status, and where it happened."""
        self.title.setText(title)
        set_tone(self.title, tone)
        self.place.setText(place)
        self.verticalScrollBar().setValue(0)

    def set_verdict(self, text: str, tone: str) -> None:
        """Show what came of retrying its group; empty for nothing. The table has no room for it in a small window."""
        self.verdict.setText(retry_words(text, trying=tone == "accent_text"))
        set_tone(self.verdict, tone)
        self.verdict.setVisible(bool(text))

    def set_position(self, text: str, *, before: bool, after: bool) -> None:
        """Show which of its group it is, and whether others come before and after it."""
        self.position.setText(text)
        self.before.setEnabled(before)
        self.after.setEnabled(after)

    def show_failure(self, text: str | None) -> None:
        """Show what was captured, as JSON text; None or nothing says that nothing was raised."""
        try:
            failure = failure_from_json(text) if text else None
        except ValueError:
            failure = None
        self._failure = failure
        message = "\n".join((failure.message, *failure.notes)).strip() if failure is not None else ""
        self.message.set_whole(message, 20_000)
        self.message.setVisible(bool(message))
        self.traceback.set_failure(failure)
        if failure is not None:
            self.nothing.setText("No traceback recorded.")
        else:
            self.nothing.set_whole(text or "No exception raised.", 20_000)
        self.nothing.setVisible(self.traceback.isHidden())
        self.tell_libraries()

    def as_text(self) -> str:
        """Return what is shown as text."""
        trace = traceback_text(self._failure) if self._failure is not None else self.nothing.text()
        return "\n".join((self.title.text(), self.message.text(), "", trace))

    def _switch_frames(self) -> None:
        self.traceback.set_only_mine(not self.traceback.only_mine)
        self.tell_libraries()

    def tell_libraries(self) -> None:
        """Write how many frames of libraries are hidden."""
        foreign = self.traceback.foreign()
        self.libraries.setVisible(foreign > 0)
        only = self.traceback.only_mine
        self.libraries.set_text(f"Show {plural(foreign, 'library frame')}" if only else "Only my frames")


_WIDTHS: Final = {0: 20, 1: 34, 2: 22, 3: 30, 4: 5, 5: 8, 6: 14, 7: 14, 8: 14}
#: Columns that come when there is room, the most wanted first.
_OPTIONAL: Final = (
    *(columns.VERDICT, columns.TREND, columns.LAST, columns.MESSAGE),
    *(columns.FIRST, columns.HANDLER),
)
_ORDER: Final = (
    *(columns.TYPE, columns.PLACE, columns.HANDLER, columns.MESSAGE, columns.COUNT, columns.TREND),
    *(columns.FIRST, columns.LAST, columns.VERDICT),
)
#: Whole names of handlers, where there is room.
_MOST: Final = {columns.PLACE: 64}
#: Executions of a flood: while nobody looks, their failures are only counted.
_FLOOD: Final = 1_000
#: So many failures are retried only when a person has agreed: handlers do real work.
_MANY: Final = 50
_RETRY, _CANCEL = "Retry", "Cancel"


class FailureSource(Protocol):
    """Who still knows a failure when the journal has forgotten it."""

    async def failure(self, execution: ExecutionIndex) -> str | None:
        """Return the JSON text of an execution's failure, by index; None when there is none."""


class FailuresPanel(JournalPanel):
    """What went wrong, by exception and place.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        details: Asked for failures that the journal no longer has at hand; None when nobody can be.
        tasks: Runs those questions; None without ``details``.
        marks: What a person has said of groups; None remembers nothing.
        retries: What was tried again; None where nothing can be.
        parent: The owner.

    Signals:
        show_in_timeline: An execution's index that a person wants to see in the timeline.
        open_source: Show this line of this file in an editor.
        retry_requested: Try these executions again (their indexes, the newest first).
        stop_requested: Retry nothing more.
    """

    show_in_timeline = Signal(int)
    open_source = Signal(str, int)
    retry_requested = Signal(object)
    stop_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        details: FailureSource | None = None,
        tasks: TaskOwner | None = None,
        marks: FailureMarks | None = None,
        retries: Retries | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, selection, parent)
        self._details, self._tasks = details, tasks
        self._marks, self._retries = marks, retries
        self._group: FailureGroup | None = None
        self._part: FailurePart | None = None
        self._question: QMessageBox | None = None
        self._retry_reason, self._present = "", retries is not None
        self._execution = -1
        self._looking_up = Newest()
        self.model = FailuresModel(self, marks)
        self._empty = EmptyState(theme, "check", "No failures", "Failures appear here, grouped by cause.")
        self._switcher = Switcher(self._make_content(), self._empty)
        vbox(self._make_head(), separator_line(), (self._switcher, 1), owner=self)
        self.setFocusProxy(self.table)
        self._switcher.show_empty()
        self._gathering = Gathering(self, self._take, 290)
        self._link = RowLink(self.table, selection, self._meant, self._row_of)
        if retries is not None:
            retries.listen(self.show_retries)
        self._tell_head()

    def _make_head(self) -> QWidget:
        theme = self._theme
        self.head = FlowBox(4)
        self.grouping = Button(theme, self.model.grouping.value, kind="section")
        self.grouping.set_menu(self.grouping_items)
        self.grouping.set_help("Group failures")
        self.head.add(self.grouping)
        self.chips = {
            state: Button(theme, state.value, kind="chip", on_click=partial(self._choose_state, state))
            for state in FailureState
        }
        for state, chip in self.chips.items():
            chip.setCheckable(True)
            chip.set_help(_ABOUT[state])
            self.head.add(chip)
        self.retry_button = Button(theme, "Retry group", "refresh", on_click=self.retry)
        self.resolve_button = Button(theme, "Resolve", "check", on_click=self.switch_resolved)
        self.resolve_button.set_help("Hide this group until it fails again")
        self.mute_button = Button(theme, "Mute", "mute", on_click=self.switch_muted)
        self.mute_button.set_help("Hide this group and do not count it")
        self.note_button = Button(theme, "Note…", "edit", on_click=self.edit_note)
        self.note_button.set_help("Write a note on this group")
        for button in (self.retry_button, self.resolve_button, self.mute_button, self.note_button):
            self.head.add(button)
        for chip in (self.grouping, *self.chips.values()):
            chip.setMinimumHeight(self.retry_button.sizeHint().height())
        head = QWidget()
        vbox(self.head, owner=head, margins=(8, 5, 8, 5))
        return head

    def _make_content(self) -> QWidget:
        self.table = SortedTree(
            *(self._theme, "Failure groups", self.model, _WIDTHS, _OPTIONAL),
            sort=(columns.LAST, Qt.SortOrder.DescendingOrder),
            wide=columns.TYPE,
            middle=(columns.TYPE, columns.HANDLER),
            order=_ORDER,
            shorter={
                columns.TYPE: (columns.short_title,),
                columns.PLACE: (columns.short_place, columns.shortest_place),
            },
            most=_MOST,
        )
        self.sorted = self.table.sorted
        self.sorted.rowsInserted.connect(self._open_headings)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        self.table.chosen_again.connect(self._chosen)
        self.table.activated_row.connect(lambda _: self._open_place())
        self.table.set_menu(lambda _: self.menu_items())
        self.detail = FailureDetail(self._theme)
        self.detail.step_requested.connect(self.step)
        self.detail.timeline_requested.connect(self.show_shown)
        self.detail.open_source.connect(self.open_source)
        self.splitter = side_by_side(self.table, self.detail, 66)
        return self.splitter

    def grouping_items(self) -> list[MenuItem]:
        """Return by what failures can be put together, as the lines of a menu."""
        return [
            MenuItem(grouping.value, partial(self.set_grouping, grouping), checked=grouping is self.model.grouping)
            for grouping in FailureGrouping
        ]

    def set_grouping(self, grouping: FailureGrouping) -> None:
        """Put failures together by something else; what is chosen stays so."""
        self.grouping.set_text(grouping.value)
        self.model.set_grouping(grouping)
        self._after_reset()

    def _open_headings(self, parent: QModelIndex, first: int, last: int) -> None:
        """Open headings that have come."""
        if not parent.isValid() and self.model.grouping is not FailureGrouping.PLACE:
            for row in range(first, last + 1):
                self.table.expand(self.sorted.index(row, 0))

    def _meant(self, index: QModelIndex) -> Hover:
        node = self.model.node(self.table.source(index))
        counted = node.group if node.part is None else node.part
        return Hover(execution=ExecutionIndex(counted.members[-1])) if counted is not None else NOTHING

    def _row_of(self, what: Hover) -> QModelIndex:
        return self.sorted.mapFromSource(self.model.index_of(what.execution))

    def set_journal(self, journal: Journal) -> None:
        """Show another run."""
        super().set_journal(journal)
        self._looking_up.forget()
        self._gathering.drop()
        self.model.set_journal(journal)
        self._after_reset()

    def set_filter(self, chosen: Filter | None) -> None:
        """Group only executions that fit; None groups all."""
        self._gathering.drop()
        self.model.set_filter(chosen)
        self._empty.set(
            "No failures" if not chosen else "No matching failures",
            "Failures appear here, grouped by cause." if not chosen else "Clear the filter to see all failures.",
        )
        self._after_reset()

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold; while more comes than anybody reads, a few times a second."""
        self._gathering.add(change, len(self._journal.publications))

    def _take(self, change: Change) -> None:
        self.model.count(change)
        if self.isVisible() or len(change.ended) < _FLOOD:
            self._follow()
        else:
            self.badge_changed.emit(*self._badge())

    def _follow(self) -> None:
        changed = self.model.follow()
        if not changed:
            return
        self._show_state()
        if self._group is None:
            self._choose_newest()
        elif self._group.number in changed:
            self._tell_position()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what failed meanwhile."""
        super().showEvent(event)
        self._follow()

    def _after_reset(self) -> None:
        self._group = self._part = None
        self._show_state()
        self.show_retries()
        self._open_headings(QModelIndex(), 0, self.sorted.rowCount() - 1)
        if self.model.index_of(self._selection.execution).isValid():
            self.execution_selected(self._selection.execution)
        else:
            self._choose_newest()

    def numbers_changed(self) -> None:
        """Write the badge and the place in the group anew."""
        self._show_state()
        self._tell_position()
        self.detail.tell_libraries()

    def _show_state(self) -> None:
        for index in self.model.notes():  # over all columns
            shown = self.sorted.mapFromSource(index)
            if not shown.isValid():  # it waits
                continue
            self.table.setFirstColumnSpanned(shown.row(), shown.parent(), True)
        if self.model.rowCount():
            self._switcher.show_content()
        else:
            self._switcher.show_empty()
        self._tell_head()
        self.badge_changed.emit(*self._badge())

    def _tell_head(self) -> None:
        """Write how many groups are in which state, and what can be done with the chosen one."""
        shown, group = self.model.shown, self._group
        for state, chip in self.chips.items():
            groups, count = self.model.groups_of(state), self.model.count_of(state)
            chip.set_text(f"{state.value.capitalize()} {format_count(groups)}")
            chip.set_help(f"{_ABOUT[state]}: {plural(groups, 'group')}, {plural(count, 'failure')}")
            chip.setChecked(state is shown)
            chip.set_tone("" if groups else "dim")
            chip.setVisible(state is FailureState.OPEN or groups > 0 or state is shown)
        chosen = group is not None and self.model.rowCount() > 0
        for button in (self.resolve_button, self.mute_button, self.note_button):
            button.setVisible(self._marks is not None)
            button.setEnabled(chosen)
        self.resolve_button.set_text("Reopen" if shown is FailureState.RESOLVED else "Resolve")
        self.resolve_button.setVisible(self._marks is not None and shown is not FailureState.MUTED)
        self.mute_button.set_text("Unmute" if shown is FailureState.MUTED else "Mute")
        self.mute_button.setVisible(self._marks is not None and shown is not FailureState.RESOLVED)
        self._tell_retry()

    def _tell_retry(self) -> None:
        current = self._retries.current if self._retries is not None else None
        word = "Stop" if current is not None else "Retry handler" if self._part is not None else "Retry group"
        self.retry_button.set_text(word)
        self.retry_button.setVisible(self._present)
        self.retry_button.setEnabled(
            not current.stopped if current is not None else self._group is not None and not self._retry_reason
        )
        self.retry_button.set_help(
            self._retry_reason or "Call the handlers of these failures again with the recorded events, newest first"
        )

    def set_retry_reason(self, reason: str, *, present: bool) -> None:
        """Show why nothing can be retried, empty when it can; the button is not there when it is not ``present``."""
        self._retry_reason, self._present = reason, present
        self._tell_retry()

    def show_retries(self) -> None:
        """Show what came of retrying, and what is being retried."""
        if self._retries is not None:
            current = self._retries.current
            trying = current if current is not None and current.journal is self._journal else None
            self.model.set_verdicts(self._retries.verdicts(self._journal), trying)
            self._tell_verdict()
        self._tell_retry()

    def _tell_verdict(self) -> None:
        if self._group is not None:
            self.detail.set_verdict(*self.model.verdict(self._group))

    def _choose_state(self, state: FailureState) -> None:
        self.model.show_only(state)
        self._after_reset()

    def _badge(self) -> tuple[str, str]:
        """Return how many failed; where none did, how many the worst other outcome has; a bolt if all is by fault."""
        worst = next((code for code in TROUBLE if code in self.model.outcomes), None)
        if worst is None:
            return ("⚡", "warn") if BY_FAULT in self.model.outcomes else ("", "dim")
        look, count = self._theme.status(STATUSES[worst]), format_count(self.model.outcomes[worst])
        return (count, "failed") if worst == FAILED_CODE else (f"{look.glyph} {count}", look.name)

    def _choose_newest(self) -> None:
        """Show the newest without selecting it elsewhere: nobody chose it."""
        if not self.sorted.rowCount():
            return
        index = self.sorted.index(0, 0)
        if self.model.node(self.table.source(index)).group is None:  # a heading
            index = self.sorted.index(0, 0, index)
        with self.quietly():
            show_row(self.table, index)
        node = self.model.node(self.table.source(index))
        if node.group is not None:
            self._part = node.part
            newest = node.group.newest if node.part is None else node.part.members[-1]
            self._show(node.group, ExecutionIndex(newest))
            self._tell_head()

    def _chosen(self, current: QModelIndex) -> None:
        if self._quiet or not current.isValid():
            return
        node = self.model.node(self.table.source(current))
        if node.group is None:
            return
        self._part = node.part
        newest = ExecutionIndex(node.group.newest if node.part is None else node.part.members[-1])
        self._show(node.group, newest)
        self._select(newest)
        self._tell_head()

    def execution_selected(self, index: ExecutionIndex) -> None:
        """Show the failure that is selected."""
        self._follow()
        place = self.model.index_of(index)
        node = self.model.node(place)
        if node.group is None:
            return
        with self.quietly():
            show_row(self.table, self.sorted.mapFromSource(place))
        self._part = node.part
        self._show(node.group, index)
        self._tell_head()

    def _select(self, execution: ExecutionIndex) -> None:
        with self.quietly():
            self._selection.select_in(self._journal, execution)

    @property
    def shown(self) -> int:
        """The index of the execution whose failure is shown, -1 for none."""
        return self._execution

    def show_shown(self) -> None:
        """Show the failure that is shown in the timeline."""
        if self._execution >= 0:
            self._select(ExecutionIndex(self._execution))
            self.show_in_timeline.emit(self._execution)

    def _open_place(self) -> None:
        """Open the line where the group went wrong; without one, show the failure in the timeline."""
        place = self._group.place if self._group is not None else None
        if place is not None and place.file:
            self.open_source.emit(place.file, max(1, place.line))
        else:
            self.show_shown()

    def menu_items(self) -> list[MenuItem]:
        """Return what can be done with the failure that is shown, the newest of the group unless another was chosen."""
        items = [
            MenuItem("Copy traceback", lambda: copy_text(self.detail.as_text(), "traceback"), icon="copy"),
            MenuItem("Copy rows", lambda: copy_rows(self.table), hint=native_shortcut(COPY_KEY)),
        ]
        if self._marks is not None and self._group is not None:
            marking = [
                MenuItem(button.caption(), button.click, icon=icon)
                for button, icon in (
                    *((self.retry_button, "refresh"), (self.resolve_button, "check")),
                    *((self.mute_button, "mute"), (self.note_button, "edit")),
                )
                if not button.isHidden()
            ]
            items = [*marking, SEPARATOR, *items]
        if self.verbs is None or self._execution < 0:
            return items
        return [*self.verbs.execution(ExecutionIndex(self._execution)), SEPARATOR, *items]

    # -- what a person does with a group

    def retry(self) -> None:
        """Try the failures of the chosen group or handler again, the newest first; or stop that."""
        if self._retries is not None and self._retries.current is not None:
            self.stop_requested.emit()
            return
        group = self._group
        if group is None or self._retry_reason or self._question is not None:
            return
        members = group.members if self._part is None else self._part.members
        executions = [ExecutionIndex(index) for index in reversed(members)]
        if len(executions) <= _MANY:
            self.retry_requested.emit(executions)
            return

        def answered(label: str | None) -> None:
            self._question = None
            if label == _RETRY:
                self.retry_requested.emit(executions)

        limit = f" The newest {format_count(MEMBERS)} are retried." if group.count > len(members) else ""
        self._question = ask_then(
            self.window(),
            "Retry many failures?",
            f"Retry {plural(len(executions), 'failure')}?",
            f"Their handlers run for real each time.{limit}",
            (_CANCEL, _RETRY),
            answered,
            danger=_RETRY,
        )

    def switch_resolved(self) -> None:
        """Resolve the chosen group, or open it again."""
        self._mark(FailureState.OPEN if self.model.shown is FailureState.RESOLVED else FailureState.RESOLVED)

    def switch_muted(self) -> None:
        """Mute the chosen group, or no longer."""
        self._mark(FailureState.OPEN if self.model.shown is FailureState.MUTED else FailureState.MUTED)

    def _mark(self, state: FailureState) -> None:
        if self._group is None or self._marks is None:
            return
        self._marks.set_state(self._journal, self._group, state)
        self.model.marks_changed()
        if not self.model.groups_of(self.model.shown):
            self.model.show_only(FailureState.OPEN)
        self._after_reset()

    def edit_note(self) -> None:
        """Ask for the note on the chosen group."""
        group = self._group
        if group is None or self._marks is None:
            return
        dialog = QInputDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Note")
        dialog.setLabelText("Note on this group")
        dialog.setInputMode(QInputDialog.InputMode.TextInput)
        dialog.setTextValue(self.model.mark(group).note)
        dialog.textValueSelected.connect(partial(self.set_note, group))
        dialog.resize(480, dialog.sizeHint().height())
        dialog.open()

    def set_note(self, group: FailureGroup, text: str) -> None:
        """Write a note on a group; an empty one takes it away."""
        if self._marks is None:
            return
        self._marks.set_note(self._journal, group, text)
        self.model.marks_changed()
        place = self.sorted.mapFromSource(self.model.index_of_group(group))
        self._show_state()
        if place.isValid():
            with self.quietly():
                show_row(self.table, place)
            self.table.expand(place)

    def step(self, by: int) -> None:
        """Go so many failures further on in the group."""
        if self._group is None:
            return
        members = list(self._group.members)
        place = members.index(self._execution) if self._execution in members else len(members) - 1
        chosen = members[min(max(place + by, 0), len(members) - 1)]
        self._show(self._group, ExecutionIndex(chosen))
        self._select(ExecutionIndex(chosen))

    def _show(self, group: FailureGroup, execution: ExecutionIndex) -> None:
        self._group, self._execution = group, execution
        look = self._theme.status(group.status)
        entry = self._journal.execution(execution)
        place = f"{entry.handler.label} · {entry.event.name} · {columns.place(group)}"
        self.detail.show_one(f"{look.glyph} {columns.title(group)}", group.status, place)
        self._tell_verdict()
        self._tell_position()
        text = self._journal.failures.get(execution)
        wanted = self._looking_up.ask()
        if text is None and self._details is not None and self._tasks is not None:
            self._tasks.start("select a failure", self._look_up(execution, self._details, wanted))
        else:
            self.detail.show_failure(text)

    async def _look_up(self, execution: ExecutionIndex, details: FailureSource, wanted: Callable[[], bool]) -> None:
        try:
            text = await details.failure(execution)
        except InspectorError as error:
            text = error.text
        if wanted():  # else another failure has been chosen meanwhile
            self.detail.show_failure(text)

    def _tell_position(self) -> None:
        group = self._group
        if group is None:
            return
        members = group.members
        is_member = self._execution in members
        place = group.count - len(members) + list(members).index(self._execution) + 1 if is_member else 0
        self.detail.set_position(
            f"{format_count(place)} of {format_count(group.count)}" if is_member else "",
            before=is_member and members[0] != self._execution,
            after=is_member and members[-1] != self._execution,
        )
