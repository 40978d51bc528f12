"""Failures in groups at the left, the newest of the group, with its traceback, at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal

from inspector.app.text import format_count, plural
from inspector.core.errors import InspectorError
from inspector.core.records.capture import failure_from_json
from inspector.core.records.numbers import ExecutionIndex
from inspector.core.records.statuses import BY_FAULT, FAILED_CODE, STATUSES, TROUBLE
from inspector.ui.features.failures import model as columns
from inspector.ui.features.failures.model import FailuresModel
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.cells import SortedTable, show_row
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import hbox, side_by_side, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem, open_menu
from inspector.ui.kit.page import Link, Page
from inspector.ui.kit.tables import COPY_KEY, copy_rows
from inspector.ui.kit.text import ElidedLabel, PlainLabel, copy_text, set_tone
from inspector.ui.kit.widgets import EmptyState, Switcher
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.failure_text import traceback_text
from inspector.ui.parts.gathering import Gathering
from inspector.ui.parts.row_link import RowLink
from inspector.ui.parts.traceback import TracebackView
from inspector.ui.selection import Hover

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from inspector.analysis.entries import Change
    from inspector.analysis.failures import FailureGroup
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.app.tasks import TaskOwner
    from inspector.core.records.capture import Failure
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

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
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.message = PlainLabel("", wrap=True, selectable=True)
        self.place = ElidedLabel("", "dim")
        self.position = PlainLabel("", "dim")
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
        self.column.addLayout(vbox(top, self.message, below, self.nothing, self.traceback, foot, spacing=4))

    def show_one(self, title: str, tone: str, place: str) -> None:
        """Show what it is, with the tone of its status, and where it happened."""
        self.title.setText(title)
        set_tone(self.title, tone)
        self.place.setText(place)
        self.verticalScrollBar().setValue(0)

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
        self.libraries.set_text(f"show {plural(foreign, 'library frame')}" if only else "only my frames")


_WIDTHS: Final = {0: 18, 1: 34, 2: 28, 3: 30, 4: 6, 5: 10, 6: 14, 7: 14}
#: Columns that come when there is room, the most wanted first.
_OPTIONAL: Final = (columns.TREND, columns.LAST, columns.HANDLER, columns.MESSAGE, columns.FIRST)


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
        parent: The owner.

    Signals:
        show_in_timeline: An execution's index that a person wants to see in the timeline.
        open_source: Show this line of this file in an editor.
    """

    show_in_timeline = Signal(int)
    open_source = Signal(str, int)

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        details: FailureSource | None = None,
        tasks: TaskOwner | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, selection, parent)
        self._details, self._tasks = details, tasks
        self._group: FailureGroup | None = None
        self._execution = -1
        self._asked = 0
        self.model = FailuresModel(self)
        self._empty = EmptyState(theme, "check", "No failures", "Failures appear here, grouped by cause.")
        self._switcher = Switcher(self._make_content(), self._empty)
        vbox(self._switcher, owner=self)
        self.setFocusProxy(self.table)
        self._switcher.show_empty()
        self._gathering = Gathering(self, self._take, 290)
        self._link = RowLink(self.table, selection, self._meant, self._row_of)

    def _make_content(self) -> QWidget:
        self.table = SortedTable(
            *(self._theme, "Failure groups", self.model, _WIDTHS, _OPTIONAL),
            sort=(columns.LAST, Qt.SortOrder.DescendingOrder),
            wide=columns.PLACE,
            middle=(columns.TYPE, columns.HANDLER),
            order=(columns.TYPE, columns.PLACE, columns.HANDLER, columns.MESSAGE, columns.COUNT, columns.TREND),
        )
        self.sorted = self.table.sorted
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        self.table.activated_row.connect(lambda _: self._open_place())
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.detail = FailureDetail(self._theme)
        self.detail.step_requested.connect(self.step)
        self.detail.timeline_requested.connect(self.show_shown)
        self.detail.open_source.connect(self.open_source)
        self.splitter = side_by_side(self.table, self.detail, 60)
        return self.splitter

    def _meant(self, index: QModelIndex) -> Hover:
        return Hover(execution=ExecutionIndex(self.model.group(self.table.source_row(index)).newest))

    def _row_of(self, what: Hover) -> QModelIndex:
        return self.table.index_of(self.model.row_of(what.execution))

    def set_journal(self, journal: Journal) -> None:
        """Show another run."""
        super().set_journal(journal)
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
        changed = self.model.folded(change)
        if not changed:
            return
        self._show_state()
        if self._group is None:
            self._choose_newest()
        elif self._group.number in changed:
            self._tell_position()

    def _after_reset(self) -> None:
        self._group = None
        self._show_state()
        row = self.model.row_of(self._selection.execution)
        if row >= 0:
            self.execution_selected(self._selection.execution)
        else:
            self._choose_newest()

    def numbers_changed(self) -> None:
        """Write the badge and the place in the group anew."""
        self._show_state()
        self._tell_position()
        self.detail.tell_libraries()

    def _show_state(self) -> None:
        if self.model.rowCount():
            self._switcher.show_content()
        else:
            self._switcher.show_empty()
        self.badge_changed.emit(*self._badge())

    def _badge(self) -> tuple[str, str]:
        """Return how many failed; where none did, how many the worst other outcome has; a bolt if all is by fault."""
        worst = next((code for code in TROUBLE if code in self.model.outcomes), None)
        if worst is None:
            return ("⚡", "warn") if BY_FAULT in self.model.outcomes else ("", "dim")
        look, count = self._theme.status(STATUSES[worst]), format_count(self.model.outcomes[worst])
        return (count, "failed") if worst == FAILED_CODE else (f"{look.glyph} {count}", look.name)

    def _choose_newest(self) -> None:
        """Show the newest without selecting it elsewhere: nobody chose it."""
        if self.sorted.rowCount():
            with self.quietly():
                show_row(self.table, self.sorted.index(0, 0))
            group = self.model.group(self.table.source_row(self.sorted.index(0, 0)))
            self._show(group, ExecutionIndex(group.newest))

    def _chosen(self, current: QModelIndex) -> None:
        if self._quiet or not current.isValid():
            return
        group = self.model.group(self.table.source_row(current))
        self._show(group, ExecutionIndex(group.newest))
        self._select(ExecutionIndex(group.newest))

    def execution_selected(self, index: ExecutionIndex) -> None:
        """Show the failure that is selected."""
        row = self.model.row_of(index)
        if row < 0:
            return
        with self.quietly():
            show_row(self.table, self.table.index_of(row))
        self._show(self.model.group(row), index)

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

    def _open_menu(self, at: QPoint) -> None:
        if self.table.indexAt(at).isValid():
            open_menu(self.table, self.menu_items(), self._theme, self.table.viewport().mapToGlobal(at))

    def menu_items(self) -> list[MenuItem]:
        """Return what can be done with the failure that is shown, the newest of the group unless another was chosen."""
        items = [
            MenuItem("Copy traceback", lambda: copy_text(self.detail.as_text(), "traceback"), icon="copy"),
            MenuItem("Copy rows", lambda: copy_rows(self.table), hint=native_shortcut(COPY_KEY)),
        ]
        if self.verbs is None or self._execution < 0:
            return items
        return [*self.verbs.execution(ExecutionIndex(self._execution)), SEPARATOR, *items]

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
        self._tell_position()
        text = self._journal.failures.get(execution)
        self._asked += 1
        if text is None and self._details is not None and self._tasks is not None:
            self._tasks.start("select a failure", self._look_up(execution, self._details, self._asked))
        else:
            self.detail.show_failure(text)

    async def _look_up(self, execution: ExecutionIndex, details: FailureSource, asked: int) -> None:
        try:
            text = await details.failure(execution)
        except InspectorError as error:
            text = error.text
        if asked == self._asked:  # else another failure has been chosen meanwhile
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
