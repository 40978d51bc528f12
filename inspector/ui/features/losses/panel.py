"""Losses: a chip for each kind, a row for each place, and what is known of the chosen one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractItemView, QFrame, QStyleOptionViewItem, QWidget

from inspector.analysis.losses import loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.app.losses import loss_filter, loss_limits, loss_lines, loss_report
from inspector.app.missing import missing_sentence
from inspector.app.text import format_count, format_duration, format_time, plural
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.ui.features.losses import model as columns
from inspector.ui.features.losses.model import LossesModel, Shown
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.cells import SortedTable, ToneDelegate, show_row
from inspector.ui.kit.flow import ButtonBar, FlowBox
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.tables import COPY_KEY, Index, copy_rows
from inspector.ui.kit.text import ElidedLabel, copy_text
from inspector.ui.kit.widgets import Switcher, separator_line
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.gathering import Gathering

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.losses import Loss
    from inspector.analysis.query.query import Filter
    from inspector.app.loss_marks import LossMarks
    from inspector.app.workbench import View
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: How long changes wait in a flood, ms.
_PAUSE: Final = 310
_WIDTHS: Final = {
    columns.KIND: 14,
    columns.SUBJECT: 20,
    columns.PLACE: 14,
    columns.WHAT: 30,
    columns.COUNT: 7,
    columns.SINCE: 13,
    columns.LAST: 13,
    columns.TREND: 12,
}
#: Columns that come when there is room, the most wanted first.
_OPTIONAL: Final = (columns.SINCE, columns.TREND, columns.LAST)
#: Columns that are no wider than their texts: *what happened* needs the room.
_FITTED: Final = (columns.KIND, columns.SUBJECT, columns.PLACE)


class LossDetail(QFrame):
    """Shows what is known of one loss, and what can be done about it; it stands in the table, below the row.

    Args:
        theme: Its look.
        parent: The owner.

    Attributes:
        show_lost: Shows the executions or events.
        open: Opens the place.
        mute: Mutes the place, or no longer.
        meant: Says that it is by design, or that it is not.
        copy: Copies it.
    """

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName("Loss")
        self.lines = [ElidedLabel("", tone) for tone in ("", "dim")]
        self.show_lost = Button(theme, "Show executions", "filter")
        self.open = Button(theme, "Open in editor", "code")
        self.mute = Button(theme, "Mute this place", "mute")
        self.meant = Button(theme, "By design")
        self.copy = Button(theme, "Copy", "copy")
        self.bar = ButtonBar(theme, self.show_lost, self.open, self.mute, self.meant, self.copy)
        vbox(*self.lines, self.bar, owner=self, margins=(26, 0, 10, 8), spacing=4)
        self._tone = "text"

    def show_one(self, journal: Journal, loss: Loss, count: int, shown: Shown) -> None:
        """Show a loss, of which so many are left by filter and range."""
        kind = LOSS_KINDS[loss.kind]
        self._tone = kind.tone
        facts, way = loss_lines(journal, loss)
        # What happened may have no room in its column; an exception is among the facts.
        self.lines[0].setText(facts if loss.error else f"{loss.what} · {facts}")
        self.lines[1].setText(way)
        self.show_lost.set_text(f"Show {plural(count, kind.of)}")
        self.open.setEnabled(bool(loss.file))
        self.bar.offer(self.show_lost, offered=bool(loss_filter(journal, loss)))
        self.mute.set_text("Unmute" if shown is Shown.MUTED else "Mute this place")
        self.meant.set_text("Not by design" if shown is Shown.BY_DESIGN else "By design")
        self.bar.offer(self.meant, offered=shown is not Shown.MUTED)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground of the chosen row, and a line in the colour of the kind."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("row"))
        painter.fillRect(14, 2, 2, self.height() - 10, self._theme.color(self._tone))
        painter.fillRect(0, self.height() - 1, self.width(), 1, self._theme.color("faint"))


class _Unfolding(ToneDelegate):
    """Paints the chosen row, which is as high as its detail, as if it were one line."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell in the uppermost line."""
        line = QStyleOptionViewItem(option)
        line.rect = QRect(option.rect)
        line.rect.setHeight(min(option.rect.height(), self.line))
        super().paint(painter, line, index)

    #: Height of a line, pixels.
    line = 0


class LossTable(SortedTable):
    """The losses as rows; below the chosen one stands its detail.

    Args:
        theme: The look.
        model: The losses.
    """

    def __init__(self, theme: Theme, model: LossesModel) -> None:
        super().__init__(
            *(theme, "Losses", model, _WIDTHS, _OPTIONAL),
            sort=(columns.COUNT, Qt.SortOrder.DescendingOrder),
            wide=columns.WHAT,
            middle=(columns.SUBJECT, columns.PLACE),
        )
        delegate = _Unfolding(theme, self, (columns.SUBJECT, columns.PLACE))
        delegate.bars = "accent"
        delegate.line = self.verticalHeader().defaultSectionSize()
        self.setItemDelegate(delegate)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._delegate = delegate
        self._unfolded = -1
        self.detail = LossDetail(theme, self.viewport())
        self.detail.hide()
        self.verticalScrollBar().valueChanged.connect(self._put)
        for signal in (
            self.sorted.layoutChanged,
            self.sorted.rowsInserted,
            self.sorted.rowsRemoved,
            self.sorted.modelReset,
        ):
            signal.connect(self.unfold)

    def unfold(self) -> None:
        """Make room for the detail below the row that is chosen."""
        row = self.currentIndex().row()
        if 0 <= self._unfolded < self.sorted.rowCount() and self._unfolded != row:
            self.setRowHeight(self._unfolded, self._delegate.line)
        self._unfolded = row
        if row >= 0:
            self.setRowHeight(row, self._delegate.line + self.detail.sizeHint().height())
        self._put()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the detail as wide as the table."""
        super().resizeEvent(event)
        self._put()

    def _put(self) -> None:
        row = self.currentIndex().row()
        self.detail.setVisible(row >= 0)
        if row >= 0:
            top = self.rowViewportPosition(row) + self._delegate.line
            self.detail.setGeometry(0, top, self.viewport().width(), self.detail.sizeHint().height())


class LossesPanel(JournalPanel):
    """What was lost in the session that is shown, by kind and place.

    Args:
        theme: The look.
        selection: What is selected in the window.
        marks: What a person has said of losses.
        parent: The owner.

    Signals:
        open_source: Show this line of this file in an editor.
        filter_requested: Show only what this filter lets through.
    """

    open_source = Signal(str, int)
    filter_requested = Signal(str)

    def __init__(self, theme: Theme, selection: Selection, marks: LossMarks, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self._marks = marks
        self._loss: Loss | None = None
        self._filtered = False
        self.model = LossesModel(marks, self)
        self.empty = EmptyState(theme, "check", "No losses", "Swallowed exceptions and other losses appear here.")
        self._switcher = Switcher(self._make_content(), self.empty)
        self.limits = ElidedLabel("", "dim")
        self.limits.setContentsMargins(12, 3, 12, 4)
        vbox(self._make_chips(), separator_line(), (self._switcher, 1), self.limits, owner=self)
        self.setFocusProxy(self.table)
        self._gathering = Gathering(self, self._take, _PAUSE)
        self._tell_state()

    def _make_chips(self) -> QWidget:
        self._box = FlowBox(4)
        self.range = self._chip("", lambda: self._selection.select_range(-1, -1))
        self.range.setCheckable(False)
        self.all = self._chip("All", lambda: self._choose(Shown.COUNTING, -1))
        self.kinds = [
            self._chip(kind.about, partial(self._choose, Shown.COUNTING, number))
            for number, kind in enumerate(LOSS_KINDS)
        ]
        self.meant = self._chip(
            "Probably intended: the workflow succeeded afterwards, or the program gave the reason itself",
            lambda: self._choose(Shown.BY_DESIGN, -1),
        )
        self.muted = self._chip("Muted places", lambda: self._choose(Shown.MUTED, -1))
        head = QWidget()
        vbox(self._box, owner=head, margins=(8, 5, 8, 5))
        return head

    def _chip(self, about: str, choose: Callable[[], None]) -> Button:
        button = Button(self._theme, about, kind="chip", on_click=choose)
        button.setCheckable(True)
        button.set_help(about)
        self._box.add(button)
        return button

    def _make_content(self) -> QWidget:
        self.table = LossTable(self._theme, self.model)
        self.detail = self.table.detail
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        self.table.chosen_again.connect(self._chosen)
        self.table.activated_row.connect(lambda _: self.open_place())
        self.table.set_menu(lambda _: self.menu_items())
        self.detail.show_lost.clicked.connect(self.show_lost)
        self.detail.open.clicked.connect(self.open_place)
        self.detail.mute.clicked.connect(self.switch_muted)
        self.detail.meant.clicked.connect(self.switch_meant)
        self.detail.copy.clicked.connect(self.copy)
        return self.table

    # -- the run

    def show_view(self, view: View) -> None:
        """Show another session; in one that is over no outcome comes any more."""
        if not view.live:
            view.journal.losses.finish()
        self.set_journal(view.journal)

    def set_journal(self, journal: Journal) -> None:
        """Show the losses of another run."""
        super().set_journal(journal)
        self._gathering.drop()
        self._loss = None
        self.model.set_journal(journal)
        self._after_reset()

    def set_filter(self, chosen: Filter | None) -> None:
        """Count only losses of executions and events that fit; None counts all."""
        self._gathering.drop()
        self._filtered = bool(chosen)
        self.model.set_filter(chosen)
        self._after_reset()

    def range_selected(self, start: int, end: int) -> None:
        """Count only losses of the measured range."""
        self.model.set_range((start, end) if end > start >= 0 else None)
        self._after_reset()

    def folded(self, change: Change) -> None:
        """Follow the journal after a fold; while more comes than anybody reads, a few times a second."""
        self._gathering.add(change, len(self._journal.publications))

    def numbers_changed(self) -> None:
        """Write the counts anew."""
        self.model.start_over()
        self._after_reset()

    def _take(self, _change: Change) -> None:
        self.model.refresh()
        self._tell_state()
        row = self.model.row_of(self._loss)
        if row >= 0:
            self._show(self.model.loss(row))
        else:
            self._choose_first()

    def _after_reset(self) -> None:
        self._tell_state()
        row = self.model.row_of(self._loss)
        if row < 0:
            self._loss = None
            self._choose_first()
            return
        with self.quietly():
            show_row(self.table, self.table.index_of(row))
        self._show(self.model.loss(row))

    def _choose_first(self) -> None:
        """Show the first row without selecting it elsewhere: nobody chose it."""
        self._loss = None
        if self.table.sorted.rowCount():
            first = self.table.sorted.index(0, 0)
            with self.quietly():
                show_row(self.table, first)
            self._show(self.model.loss(self.table.source_row(first)))

    # -- what is shown

    def _tell_state(self) -> None:
        counts, total = self.model.counts(), self.model.count_of(Shown.COUNTING)
        shown, kind = self.model.chosen
        self._set_chip(self.all, f"All {format_count(total)}", shown is Shown.COUNTING and kind < 0, total)
        for number, (button, count) in enumerate(zip(self.kinds, counts, strict=True)):
            look = LOSS_KINDS[number]
            text = f"{look.glyph} {look.label} {format_count(count)}"
            self._set_chip(button, text, shown is Shown.COUNTING and kind == number, count)
            button.set_tone(f"{look.tone}_text" if count else "dim")
        meant, muted = self.model.count_of(Shown.BY_DESIGN), self.model.places_of(Shown.MUTED)
        self._set_chip(self.meant, f"By design? {format_count(meant)}", shown is Shown.BY_DESIGN, meant)
        self._set_chip(self.muted, f"{format_count(muted)} muted", shown is Shown.MUTED, muted)
        self.meant.setVisible(meant > 0 or shown is Shown.BY_DESIGN)
        self.muted.setVisible(muted > 0 or shown is Shown.MUTED)
        start, end = self._selection.range
        self.range.setVisible(end > start >= 0)
        self.range.set_text(f"In range {format_duration(end - start)} \N{MULTIPLICATION SIGN}")
        self._tell_limits()
        for column in _FITTED:
            texts = (self.model.text(row, column) for row in range(self.model.rows()))
            longest = max(map(len, texts), default=_WIDTHS[column])
            self.table.columns.want(column, min(max(longest, len(self.table.columns.title(column))), _WIDTHS[column]))
        if self.model.rows():
            self._switcher.show_content()
        else:
            self._tell_empty(ranged=end > start >= 0)
            self._switcher.show_empty()
        self.badge_changed.emit(format_count(total) if total else "", "warn" if total else "dim")

    def _set_chip(self, button: Button, text: str, checked: bool, count: int) -> None:
        button.set_text(text)
        button.setChecked(checked)
        button.set_tone("" if count else "dim")

    def _tell_limits(self) -> None:
        limits = [*loss_limits(self._journal), *filter(None, [missing_sentence(self._journal.processes)])]
        self.limits.setText(" ".join(limits))
        self.limits.setVisible(bool(limits) and self.model.rows() > 0)

    def _tell_empty(self, *, ranged: bool) -> None:
        limits = " ".join(loss_limits(self._journal))
        shown, kind = self.model.chosen
        if ranged:
            self.empty.set("No losses in this range.", limits)
        elif self._filtered:
            self.empty.set("No matching losses", "Clear the filter to see all losses.")
        elif shown is Shown.COUNTING and kind >= 0:
            self.empty.set(f"{LOSS_KINDS[kind].label}: none", LOSS_KINDS[kind].about + ".")
        elif self._journal.session is not None and shown is Shown.COUNTING:
            since = format_time(self._journal.wall, 0).partition(".")[0]
            self.empty.set(f"No losses since {since}.", limits)
        else:
            self.empty.set("No losses", limits or "Swallowed exceptions and other losses appear here.")

    def _choose(self, shown: Shown, kind: int) -> None:
        if self.model.chosen == (shown, kind):
            shown, kind = Shown.COUNTING, -1  # once more shows all again
        self.model.show_only(shown, kind)
        self._after_reset()

    def _show(self, loss: Loss) -> None:
        self._loss = loss
        self.detail.show_one(self._journal, loss, self.model.count(loss), self.model.chosen[0])
        self.table.unfold()

    # -- what a person does

    def _chosen(self, current: QModelIndex) -> None:
        if self._quiet or not current.isValid():
            return
        loss = self.model.loss(self.table.source_row(current))
        self._show(loss)
        with self.quietly():
            if loss.execution >= 0:
                self._selection.select_in(self._journal, ExecutionIndex(loss.execution))
            elif loss.publication >= 0:
                event = self._journal.publication(PublicationIndex(loss.publication)).event.name
                self._selection.select_publication(PublicationIndex(loss.publication), event)

    def execution_selected(self, index: ExecutionIndex) -> None:
        """Stand on the loss of the execution that is selected, where it is the newest of one."""
        row = self.model.row_with(index)
        if row >= 0:
            with self.quietly():
                show_row(self.table, self.table.index_of(row))
            self._show(self.model.loss(row))

    def blocked(self) -> str:
        """Return why nothing can be done with a loss; empty when one is chosen."""
        return "" if self._loss is not None else "No loss selected"

    def show_lost(self) -> None:
        """Show the executions or events of the chosen loss."""
        if self._loss is not None and (text := loss_filter(self._journal, self._loss)):
            self.filter_requested.emit(text)

    def open_place(self) -> None:
        """Open the place of the chosen loss."""
        if self._loss is not None and self._loss.file:
            self.open_source.emit(self._loss.file, max(1, self._loss.line))

    def copy(self) -> None:
        """Copy the chosen loss."""
        if self._loss is not None:
            copy_text(loss_report(self._journal, self._loss), "loss as Markdown")

    def switch_muted(self) -> None:
        """Mute the place of the chosen loss, or no longer."""
        if self._loss is not None:
            muted = self.model.chosen[0] is Shown.MUTED
            self._marks.set_muted(self._journal, self._loss, muted=not muted)
            self._marked()

    def switch_meant(self) -> None:
        """Record that the chosen loss is by design, or that it is not."""
        if self._loss is not None:
            meant = self.model.chosen[0] is Shown.BY_DESIGN
            self._marks.set_by_design(self._journal, self._loss, meant=not meant)
            self._marked()

    def _marked(self) -> None:
        self.model.start_over()
        shown, _ = self.model.chosen
        if shown is not Shown.COUNTING and not self.model.places_of(shown):
            self.model.show_only(Shown.COUNTING)
        self._after_reset()

    def menu_items(self) -> list[MenuItem]:
        """Return what can be done with the chosen loss."""
        loss, detail = self._loss, self.detail
        if loss is None:
            return []
        place = loss_place(loss)
        items = [
            MenuItem(
                f"Open {place}" if place else "Open in editor", self.open_place, icon="code", enabled=bool(loss.file)
            ),
            MenuItem(
                detail.show_lost.caption(),
                self.show_lost,
                icon="filter",
                enabled=bool(loss_filter(self._journal, loss)),
            ),
            SEPARATOR,
            MenuItem(detail.mute.caption(), self.switch_muted),
        ]
        if self.model.chosen[0] is not Shown.MUTED:
            items.append(MenuItem(detail.meant.caption(), self.switch_meant))
        items += [
            SEPARATOR,
            MenuItem("Copy as Markdown", self.copy, icon="copy"),
            MenuItem("Copy rows", lambda: copy_rows(self.table), hint=native_shortcut(COPY_KEY)),
        ]
        more = []
        if self.verbs is not None and loss.execution >= 0:
            more = self.verbs.execution(ExecutionIndex(loss.execution))
        elif self.verbs is not None and loss.publication >= 0:
            more = self.verbs.publication(PublicationIndex(loss.publication))
        # The place of the loss is opened, not that of the handler or event.
        return [*items, *([SEPARATOR] if more else []), *(item for item in more if item.icon != "code")]
