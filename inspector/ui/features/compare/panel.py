"""A failed execution beside one that passed: what separates them first, then the rest, then where the time went."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from inspector.analysis.comparison import Peers, peers_of, went_wrong
from inspector.app.comparing import ComparedExecutions, comparison_markdown, searched_words
from inspector.app.text import format_count, format_duration, format_time, one_line
from inspector.core.records.numbers import NO_EXECUTION, ExecutionIndex
from inspector.ui.features.compare import model as columns
from inspector.ui.features.compare.model import ComparedRow, ComparisonModel, short_value
from inspector.ui.features.compare.rows import CompareTree
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.flow import FlowBox, button_bar
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem, open_menu
from inspector.ui.kit.page import SIDE, ClickableRow, Segment
from inspector.ui.kit.text import ElidedLabel, PlainLabel, copy_text
from inspector.ui.kit.widgets import Switcher, WrapLabel, separator_line
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.retrying import RetryButton

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: Compares two executions (A, B). The answers come whenever they come, in the thread of the window; what takes them
#: returns whether more are wanted.
RequestComparison = Callable[[ExecutionIndex, ExecutionIndex, Callable[[ComparedExecutions], bool]], None]
#: How many executions of each kind the menu of B offers, the latest first.
_OFFERED: Final = 8
#: How long new executions wait to be counted in, ms.
_PAUSE: Final = 2_000
_SELECT: Final = "Select a failed execution to see what separates it from one that passed."


class ComparePanel(JournalPanel):
    """Compares the failed execution that is selected with the last that passed before it.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        request: Compares two executions.
        parent: The owner.

    Signals:
        filter_requested: Show what this filter lets through.
        execution_wanted: Show this execution (its index) in the timeline.
        retry_requested: Call the handler of this execution (its index) again.
        stop_requested: Retry nothing more.
        test_requested: Copy this execution (its index) as a test.
        shown: It compares others, or knows more of them.
        chosen: B was chosen, where executions are selected.
    """

    filter_requested = Signal(str)
    execution_wanted = Signal(int)
    retry_requested = Signal(int)
    stop_requested = Signal()
    test_requested = Signal(int)
    shown = Signal()
    chosen = Signal()

    def __init__(
        self, theme: Theme, selection: Selection, request: RequestComparison, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, selection, parent)
        self._request = request
        self._a = self._b = NO_EXECUTION
        self._chosen = False
        self._peers: Peers | None = None
        self._compared: ComparedExecutions | None = None
        self._generation = 0
        self._stale = self._awaits_b = False
        self.model = ComparisonModel(self)
        self.tree = CompareTree(theme, self.model)
        self.tree.set_menu(lambda index: self.row_items(self.model.node(index)))
        self.title = WrapLabel("", "strong")
        self.counts = ElidedLabel("", "dim")
        self.under_fault = PlainLabel("A failed under an injected fault.", "warn", wrap=True)
        self.rows = (ClickableRow(theme), ClickableRow(theme))
        self.other = Button(theme, "Change B", kind="chip")
        self.other.set_help("Compare with another execution")
        self.other.set_menu(self.other_items)
        self.swap_button = Button(theme, "Swap A and B", kind="chip", on_click=self.swap)
        self.choosing = PlainLabel("Select an execution as B, for example in the timeline.", "accent_text", wrap=True)
        self.choosing.hide()
        self.retry_button = RetryButton(theme)
        self.retry_button.retry_requested.connect(lambda: self.retry_requested.emit(self._a))
        self.retry_button.stop_requested.connect(self.stop_requested)
        self.filter = Button(theme, "Filter", "filter", on_click=self.filter_strongest)
        self.test = Button(theme, "Copy as pytest", "flask", on_click=lambda: self.test_requested.emit(self._a))
        self.test.set_help("Copy a test that calls this handler with the event of A (T)")
        self.copy_button = Button(theme, "Copy comparison", "copy", on_click=self.copy)
        self._lay_out()
        self.rows[0].clicked.connect(lambda *_: self.execution_wanted.emit(self._a))
        self.rows[1].clicked.connect(lambda *_: self.execution_wanted.emit(self._b))
        for place, row in enumerate(self.rows):
            row.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            row.customContextMenuRequested.connect(partial(self._open_pair_menu, place))
        self._later = QTimer(self, singleShot=True, interval=_PAUSE)
        self._later.timeout.connect(self._count_anew)
        theme.changed.connect(self._tell_pair)
        self._show_none()

    def _lay_out(self) -> None:
        head = QWidget()
        chips = FlowBox(4)
        for chip in (self.other, self.swap_button):
            chips.add(chip)
        top = vbox(self.title, self.counts, chips, spacing=3)
        pair = vbox(*self.rows)
        vbox(top, self.under_fault, self.choosing, pair, owner=head, margins=(SIDE, 10, SIDE, 8), spacing=3)
        foot, self.buttons = button_bar(self._theme, self.retry_button, self.filter, self.test, self.copy_button)
        content = QWidget()
        vbox(head, separator_line(), (self.tree, 1), self.retry_button.verdict, foot, owner=content)
        self.empty = EmptyState(self._theme, "compare", "Nothing to compare", _SELECT)
        self._switcher = Switcher(content, self.empty)
        vbox(self._switcher, owner=self)
        self.setFocusProxy(self.tree)

    # -- what is compared

    def set_journal(self, journal: Journal) -> None:
        """Compare executions of another run."""
        super().set_journal(journal)
        self._show_none()

    def execution_selected(self, index: ExecutionIndex) -> None:
        """Compare what is selected, if it failed; a look at one that passed changes nothing, unless it is to be B."""
        if self._awaits_b and 0 <= index < len(self._journal.executions) and index != self._a:
            self.compare(self._a, index)
            self.chosen.emit()
            return
        if index not in (self._a, self._b) and went_wrong(self._journal, index):
            self.compare(index)

    def compare(self, index: int, other: int = NO_EXECUTION) -> bool:
        """Compare a failed execution with another, or with the last that passed before it.

        Returns:
            Whether it can be compared.
        """
        if not went_wrong(self._journal, index) and other == NO_EXECUTION:
            return False
        self._end_choosing()
        if (index, other) != (self._a, NO_EXECUTION):
            self._a, self._b = ExecutionIndex(index), ExecutionIndex(other)
            self._chosen = other != NO_EXECUTION
            self._compared = None
            self._generation += 1
            self.model.show_none()
            self._stale = True
            if self.isVisible():
                self._start()
            self.shown.emit()
        return True

    def showEvent(self, event: QShowEvent) -> None:
        """Compare what was selected meanwhile."""
        super().showEvent(event)
        if self._a < 0:
            self.execution_selected(self._selection.execution)
        if self._stale:
            self._start()

    def folded(self, change: Change) -> None:
        """Count new executions in, some time later."""
        if self._a >= 0 and change.ended and not self._later.isActive():
            self._later.start()

    def numbers_changed(self) -> None:
        """Write times and counts anew."""
        if self._compared is not None:
            self._show(self._compared)

    def _count_anew(self) -> None:
        """Compare again when there are more of these executions."""
        if self._a < 0 or self._peers is None or self._stale:
            return
        peers = peers_of(self._journal, self._a)
        before = len(self._peers.failed), len(self._peers.passed)
        if before != (len(peers.failed), len(peers.passed)):
            self._stale = True
            if self.isVisible():
                self._start()

    def _show_none(self) -> None:
        self._a = self._b = NO_EXECUTION
        self._peers = self._compared = None
        self._stale = False
        self._generation += 1
        self._end_choosing()
        self.model.show_none()
        self.empty.instead()
        self._switcher.show_empty()
        self.shown.emit()

    def _start(self) -> None:
        self._stale = False
        peers = self._peers = peers_of(self._journal, self._a)
        if not self._chosen:
            starts = self._journal.executions["start"]
            self._b = peers.passed_before(int(starts[self._a]), starts)
        if self._b < 0:
            self._show_never_passed()
            return
        self._switcher.show_content()
        self._tell_pair()
        self._generation += 1
        generation, again = self._generation, self._compared is not None

        def answer(compared: ComparedExecutions) -> bool:
            if generation != self._generation:
                return False
            if compared.done or not again:  # what stands there stays until the new counts are complete
                self._show(compared)
            return True

        self._request(self._a, self._b, answer)

    def _show_never_passed(self) -> None:
        others = len(self._journal.executions) > 1
        action = ("Choose B…", self._choose_other) if others else None
        self.empty.instead("This handler has never passed.", "Choose another execution as B." if others else "", action)
        self._switcher.show_empty()

    def _choose_other(self) -> None:
        button = self.empty.button
        open_menu(button, self.other_items(), self._theme, button.mapToGlobal(QPoint(0, button.height())))

    # -- showing

    def _tell_pair(self) -> None:
        if self._a < 0 or self._b < 0 or self._peers is None:
            return
        journal = self._journal
        entry = journal.execution(self._a)
        self.title.set_text(one_line(entry.handler.label))
        failed, passed = (format_count(len(indexes)) for indexes in (self._peers.failed, self._peers.passed))
        retried = " (retries only)" if self._peers.retried else ""
        words = [one_line(entry.event.name), f"{failed} failed, {passed} passed{retried}"]
        if self._compared is not None:
            words.append(searched_words(self._compared))
        self.counts.setText(" · ".join(part for part in words if part))
        self.under_fault.setVisible(entry.fault)
        for letter, row, index in zip("AB", self.rows, (self._a, self._b), strict=True):
            about = journal.execution(index)
            look = self._theme.status(about.status)
            left = [
                Segment(letter, "strong", bold=True, width=14),
                Segment(look.glyph, f"{about.status}_text", width=14),
                Segment(self._role_of(index) if letter == "B" else look.label, f"{about.status}_text"),
                Segment(f"#{format_count(journal.publication(about.publication).number)}", "text"),
            ]
            length = "" if about.duration is None else format_duration(about.duration)
            row.set(left, [Segment(format_time(journal.wall, about.start), "dim"), Segment(length, "dim")])

    def _role_of(self, index: ExecutionIndex) -> str:
        """Return what B is to A."""
        peers, starts = self._peers, self._journal.executions["start"]
        if peers is None or index not in peers.passed:
            return self._theme.status(self._journal.execution(index).status).label
        if peers.retried:
            return "retry that passed"
        start = int(starts[self._a])
        if index != peers.passed_before(start, starts):
            return "passed"
        return "last that passed" if int(starts[index]) < start else "next that passed"

    def _show(self, compared: ComparedExecutions) -> None:
        if compared != self._compared or not self.model.rowCount():
            opened = self.tree.opened_groups()
            place = self.tree.verticalScrollBar().value()
            current = self.model.node(self.tree.currentIndex())
            self.model.show_compared(self._journal, compared)
            self.tree.open_groups(opened)
            self._make_current(current)
            self.tree.verticalScrollBar().setValue(place)
        self._compared = compared
        self._tell_pair()
        strongest = self._strongest_filter()
        self.buttons.offer(self.filter, offered=bool(strongest))
        if strongest and self.model.strongest is not None:
            self.filter.set_text(f"Filter to {short_value(self.model.strongest)}")
            self.filter.set_help(strongest)
        self.shown.emit()

    def _make_current(self, former: ComparedRow) -> None:
        """Make the row current that says of the same field what another did before."""
        nodes = [node for group in self.model.root.children for node in (group, *group.children)]
        alike = (node for node in nodes if (node.group, node.texts[0]) == (former.group, former.texts[0]))
        node = next(alike, None)
        if node is not None:
            self.tree.setCurrentIndex(self.model.index_of_node(node))

    @property
    def compared(self) -> ExecutionIndex:
        """The index of A, the execution that is compared; -1 for none."""
        return self._a

    def set_retry_reason(self, reason: str, *, present: bool) -> None:
        """Show why no handler can be called again, empty when one can; not ``present``: the button is not there."""
        self.retry_button.set_reason(reason)
        self.buttons.offer(self.retry_button, offered=present)

    # -- doing

    def why_blocked(self) -> str:
        """Return why what is selected cannot be compared; empty when it can."""
        index, journal = self._selection.execution, self._journal
        if not 0 <= index < len(journal.executions):
            return "No execution selected"
        return "" if went_wrong(journal, index) else "The selected execution did not fail"

    def blocked(self) -> str:
        """Return why there is no comparison; empty when there is one."""
        return "" if self._compared is not None else "Nothing to compare"

    def choose_blocked(self) -> str:
        """Return why no B can be chosen; one for what has never passed can."""
        return "" if self._a >= 0 else "Nothing to compare"

    def filter_blocked(self) -> str:
        """Return why there is nothing to filter by."""
        return self.blocked() or ("" if self._strongest_filter() else "No value separates A and B")

    def _strongest_filter(self) -> str:
        return self.model.strongest.filters[0] if self.model.strongest is not None else ""

    def filter_strongest(self) -> None:
        """Filter by the value that separates them most."""
        if self._strongest_filter():
            self.filter_requested.emit(self._strongest_filter())

    def swap(self) -> None:
        """Make A of B, and B of A."""
        if self._a >= 0 and self._b >= 0:
            self.compare(self._b, self._a)

    def choose_in_timeline(self) -> None:
        """Take the next execution that is selected, wherever that is, as B; once more takes that back."""
        self._awaits_b = self._a >= 0 and not self._awaits_b
        self.choosing.setVisible(self._awaits_b)
        if self._awaits_b and self._b < 0:
            self.empty.instead("Select an execution as B", "For example in the timeline.")

    def _end_choosing(self) -> None:
        self._awaits_b = False
        self.choosing.hide()

    def copy(self) -> None:
        """Copy the comparison as Markdown."""
        if self._compared is not None:
            copy_text(comparison_markdown(self._journal, self._compared), "comparison as Markdown")

    def _others(self) -> list[ExecutionIndex]:
        """Return what else B may be: the latest that passed, and the latest other failures."""
        peers = self._peers
        if peers is None:
            return []
        failed = [index for index in peers.failed[::-1][: _OFFERED + 1].tolist() if index != self._a][:_OFFERED]
        start = int(self._journal.executions["start"][self._a])
        earlier = peers.passed[self._journal.executions["start"][peers.passed] < start]
        passed = (earlier if len(earlier) else peers.passed)[::-1][:_OFFERED].tolist()
        return [ExecutionIndex(index) for index in (*passed, *failed)]

    def other_items(self) -> list[MenuItem]:
        """Return what B may be, as the lines of a menu."""
        items: list[MenuItem] = []
        for index in self._others():
            about = self._journal.execution(index)
            look = self._theme.status(about.status)
            if (
                items
                and went_wrong(self._journal, index)
                and items[-1].label.startswith(self._theme.status("ok").glyph)
            ):
                items.append(SEPARATOR)
            number = format_count(self._journal.publication(about.publication).number)
            length = "" if about.duration is None else format_duration(about.duration)
            items.append(
                MenuItem(
                    f"{look.glyph} #{number} · {format_time(self._journal.wall, about.start)}",
                    lambda index=index: self.compare(self._a, index),  # type: ignore[misc]
                    checked=index == self._b,
                    hint=length,
                )
            )
        choose = MenuItem("Choose in timeline", self.choose_in_timeline, icon="timeline")
        return [*items, *([SEPARATOR] if items else []), choose]

    def pair_items(self, place: int) -> list[MenuItem]:
        """Return what can be done with A (0) or B (1)."""
        index = (self._a, self._b)[place]
        own = [MenuItem("Swap A and B", self.swap), *(self.other_items() if place else [])]
        if self.verbs is None or index < 0:
            return own
        return [*self.verbs.execution(index), SEPARATOR, *own]

    def _open_pair_menu(self, place: int, at: QPoint) -> None:
        row = self.rows[place]
        open_menu(row, self.pair_items(place), self._theme, row.mapToGlobal(at))

    def row_items(self, node: ComparedRow) -> list[MenuItem]:
        """Return what can be done with a row."""
        if node.steps:
            return [
                MenuItem(f"Show {letter} in timeline", partial(self.execution_wanted.emit, index), icon="timeline")
                for letter, index in zip("AB", node.steps, strict=True)
                if index >= 0
            ]
        if node.is_group or not node.values:
            return []
        items = [
            MenuItem(f"Filter to {letter}'s value", lambda text=text: self.filter_requested.emit(text), icon="filter")  # type: ignore[misc]
            for letter, text in zip("AB", node.filters, strict=True)
            if text
        ]
        copies = [
            MenuItem(f"Copy {letter}'s value", lambda value=value: copy_text(value, "value"), icon="copy")  # type: ignore[misc]
            for letter, value in zip("AB", node.values, strict=True)
            if value is not None
        ]
        return [*items, *([SEPARATOR] if items else []), *(copies[:1] if node.group == columns.SAME else copies)]
