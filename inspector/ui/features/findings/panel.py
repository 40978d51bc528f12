"""Findings by rule at the left; what one of them means, and how it is mended, at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QHBoxLayout, QStyle, QStyleOptionViewItem, QWidget

from inspector.app.text import format_count, plural
from inspector.catalog.findings import SEVERITIES, SEVERITY_WORDS, Finding, marks, worst
from inspector.ui.features.findings.model import EVENT, MESSAGE, PLACE, FindingRole, FindingsModel, is_naming
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.cells import being_read, show_row
from inspector.ui.kit.columns import TableColumns
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import add, hbox, side_by_side, vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.page import Page
from inspector.ui.kit.tables import DataTree, Index, RowDelegate
from inspector.ui.kit.text import PlainLabel, copy_text, set_tone
from inspector.ui.kit.widgets import EmptyState, SearchField, Switcher, separator_line
from inspector.ui.kit.wraplabel import WrapLabel
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.severity import GLYPHS, INKS

if TYPE_CHECKING:
    from inspector.ui.kit.badges import BadgeTone
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: Tone of labels by severity.
_TONES: Final = {"error": "warn", "warning": "warn", "information": "link"}
#: Tone of the badge by the worst severity.
_BADGES: Final[dict[str, BadgeTone]] = {"error": "warn", "warning": "warn"}
_GLYPH_ROOM: Final = 18
_PADDING: Final = 6
#: Room of each column in characters; event and place have one where there is room, else the detail tells them.
_WIDTHS: Final = {MESSAGE: 56, EVENT: 26, PLACE: 24}


class FindingDelegate(RowDelegate):
    """Paints the shape of the severity before the text, rules bold with their count."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(theme, parent)
        self._look = theme

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the cell."""
        cell = QRect(option.rect)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(cell, self._look.color("selection"))
        painter.fillRect(cell.left(), cell.bottom(), cell.width(), 1, self._look.color("faint"))
        room = cell.adjusted(_PADDING, 0, -_PADDING, -1)
        count = index.data(FindingRole.COUNT)
        font = QFont(option.font)
        if index.column() == MESSAGE and count:  # those below a rule are as severe as it is
            severity = index.data(FindingRole.SEVERITY)
            painter.setFont(font)
            painter.setPen(self._look.color(INKS[severity]))
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, GLYPHS[severity])
            room.setLeft(room.left() + _GLYPH_ROOM)
        painter.setFont(bold_font(font, bold=bool(count)))
        painter.setPen(self._look.color("text" if index.column() == MESSAGE else "dim"))
        metrics = painter.fontMetrics()
        text = metrics.elidedText(index.data() or "", Qt.TextElideMode.ElideRight, room.width())
        flags = int(Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextSingleLine)
        painter.drawText(room, flags, text)
        if count and index.column() == MESSAGE:
            room.setLeft(room.left() + metrics.horizontalAdvance(text) + 10)
            painter.setPen(self._look.color("dim"))
            painter.drawText(room, flags, format_count(count))


class FindingsPanel(JournalPanel):
    """What is wrong in the catalog, before anything fails.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        parent: The owner.

    Signals:
        open_source: File and line that a person wants to see in the editor.
        check_requested: A person wants everything to be checked again.
        event_chosen: Name of the event that the chosen finding is about.
    """

    open_source = Signal(str, int)
    check_requested = Signal()
    event_chosen = Signal(str)

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self._findings: tuple[Finding, ...] = ()
        self._current: Finding | None = None
        self._checked = False
        self.model = FindingsModel(self)
        self._empty = EmptyState(theme, "search", "Not checked yet", "Findings appear when a program is loaded.")
        self._switcher = Switcher(self._make_content(), self._empty)
        vbox(self._make_bar(), separator_line(), (self._switcher, 1), owner=self)
        self.setFocusProxy(self.tree)
        self._show_state()

    # -- making

    def _make_bar(self) -> QHBoxLayout:
        self._kinds = {severity: Button(self._theme, SEVERITY_WORDS[severity], kind="flat") for severity in SEVERITIES}
        self.search = SearchField(self._theme, "Filter by rule, event or file")
        self.search.setMaximumWidth(320)
        self.search.textChanged.connect(lambda _: self._filter())
        self._again = IconButton(self._theme, "refresh", "Check again", on_click=self.check_requested)
        for button in self._kinds.values():
            button.setCheckable(True)
            button.setChecked(True)
            button.toggled.connect(lambda _: self._filter())
        self._hidden = PlainLabel("", "dim")
        kinds = self._kinds.values()
        return hbox(*kinds, self._hidden, 1, (self.search, 4), self._again, margins=(10, 5, 8, 5), spacing=6)

    def _make_content(self) -> QWidget:
        self.tree = DataTree(self._theme)
        self.tree.setAccessibleName("Findings by rule")
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(FindingDelegate(self._theme, self.tree))
        self.tree.setHeaderHidden(False)
        header = self.tree.header()
        header.setSortIndicatorClearable(True)  # a third click brings back the worst first
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.tree.setSortingEnabled(True)
        self.columns = TableColumns(self.tree, self._theme, _WIDTHS, (PLACE, EVENT), MESSAGE)
        self.tree.selectionModel().currentRowChanged.connect(self._chosen)
        self.tree.chosen_again.connect(self._chosen)
        self.tree.clicked.connect(self._chosen)
        self.tree.activated_row.connect(self._activated)
        self.tree.set_menu(lambda _: self.menu_items())
        self.splitter = side_by_side(self.tree, self._make_detail(), 64)
        return self.splitter

    def _make_detail(self) -> QWidget:
        self._title = PlainLabel("", "title", wrap=True)
        self._message = PlainLabel("", wrap=True, selectable=True)
        self._why = PlainLabel("", "dim", wrap=True, selectable=True)
        self._fix = PlainLabel("", wrap=True, selectable=True)
        self._place = WrapLabel("", "mono")
        self._open = Button(self._theme, "Open in editor", "code", native_shortcut("Return"))
        self._open.clicked.connect(self.open_current)
        self._copy = IconButton(
            self._theme, "copy", "Copy finding", on_click=lambda: copy_text(self.as_text(), "finding")
        )
        detail = Page("Finding")
        detail.column.setSpacing(6)
        add(detail.column, self._title, self._message, self._why, self._fix, self._place)
        detail.column.addLayout(hbox(self._open, self._copy, 1, spacing=-1))
        return detail

    # -- what is shown

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Show what a check has found; what was selected stays selected when it is still there."""
        before = self._current
        self._checked = True
        self._findings = tuple(findings)
        self.model.set_findings(self._findings)
        self._after_reset(before)
        self._tell_badge()

    def set_unknown(self, reason: str) -> None:
        """Show that nothing could be checked, and why."""
        self._checked = False
        self._findings = ()
        self.model.set_findings(())
        self._empty.set("Not checked", reason)
        self._after_reset(None)
        self._tell_badge()

    def numbers_changed(self) -> None:
        """Write the counts anew."""
        self._show_state()
        self._tell_badge()

    def _tell_badge(self) -> None:
        severe = sum(finding.severity != "information" for finding in self._findings)
        self.badge_changed.emit(format_count(severe) if severe else "", _BADGES.get(worst(self._findings) or "", "dim"))

    def marks(self) -> dict[str, str]:
        """Return the worst severity by name of event: the marks of the catalog's tree."""
        return dict(marks(self._findings))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the last check found, shown or not."""
        return self._findings

    def show_finding(self, finding: Finding) -> None:
        """Show a finding; a filter that leaves it out is taken away."""
        if not self._index_of(finding).isValid():
            self.search.clear()
            for button in self._kinds.values():
                button.setChecked(True)
        index = self._index_of(finding)
        if index.isValid():
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)

    def show_event(self, event: str) -> bool:
        """Show the worst finding about an event; return whether there is one that the filter leaves."""
        index = self.model.index_of_event(event)
        if index.isValid():
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)
        return index.isValid()

    def open_current(self) -> None:
        """Ask for the source of the selected finding."""
        if self._current is not None and self._current.file:
            self.open_source.emit(self._current.file, max(1, self._current.line))

    def as_text(self) -> str:
        """Return the selected finding as text."""
        finding = self._current
        if finding is None:
            return self._title.text()
        place = f"{finding.file}:{finding.line}" if finding.file else ""
        lines = (f"{finding.code} {SEVERITY_WORDS[finding.severity]}: {finding.message}", finding.fix, place)
        return "\n".join(line for line in lines if line)

    def _filter(self) -> None:
        before = self._current
        severities = [severity for severity, button in self._kinds.items() if button.isChecked()]
        self.model.set_filter(self.search.text(), severities)
        self._after_reset(before)

    def _after_reset(self, before: Finding | None) -> None:
        for number in range(self.model.rowCount()):
            index = self.model.index(number, 0)
            self.tree.setFirstColumnSpanned(number, QModelIndex(), True)
            severity, rule = index.data(FindingRole.SEVERITY), self.model.rule(index)
            few = severity != "information" or self.model.shown <= _SHOWN_AT_ONCE
            naming = rule is not None and is_naming(rule.code)
            self.tree.setExpanded(index, bool(self.search.text()) or (few and not naming))
        index = self._index_of(before)
        with self.quietly():
            self.tree.setCurrentIndex(index if index.isValid() else self.model.index(0, 0))
        self._show(self.tree.currentIndex())
        self._show_state()

    def _index_of(self, finding: Finding | None) -> QModelIndex:
        for number in range(self.model.rowCount() if finding is not None else 0):
            rule = self.model.index(number, 0)
            for below in range(self.model.rowCount(rule)):
                index = self.model.index(below, 0, rule)
                if self.model.finding(index) == finding:
                    return index
        return QModelIndex()

    def _show_state(self) -> None:
        counts = self.model.counts
        for severity, button in self._kinds.items():
            count = counts[severity]
            button.set_text(f"{GLYPHS[severity]} {plural(count, SEVERITY_WORDS[severity])}")
            button.set_tone(INKS[severity] if count else "dim")
        total, shown = len(self._findings), self.model.shown
        self._hidden.setText(f"{format_count(shown)} of {plural(total, 'finding')}" if shown < total else "")
        if shown:
            self._switcher.show_content()
            return
        if total:
            self._empty.set("No matching findings", "Clear the filter to see all of them.")
        elif self._checked:
            self._empty.set("No findings", "The catalog and its wiring look fine.")
        self._switcher.show_empty()

    # -- what a person does

    def _chosen(self, current: QModelIndex) -> None:
        if self._quiet or not current.isValid():
            return
        self._show(current)
        if self._current is not None and self._current.event:
            with self.quietly():
                self._selection.select_event(self._current.event)
            self.event_chosen.emit(self._current.event)

    def _activated(self, index: QModelIndex) -> None:
        if self.model.finding(index) is not None:
            self._show(index)
            self.open_current()

    def menu_items(self) -> list[MenuItem]:
        """Return what can be done with the finding, or the rule, that is chosen."""
        finding = self._current
        items = [
            MenuItem(
                "Copy finding" if finding else "Copy rule",
                lambda: copy_text(self.as_text(), "finding" if finding else "rule"),
                icon="copy",
            ),
            SEPARATOR,
            MenuItem("Expand all", self.tree.expandAll, icon="plus"),
            MenuItem("Collapse all", self.tree.collapseAll, icon="minus"),
        ]
        if finding is None:
            return items
        keys = native_shortcut("Return")
        opening = MenuItem("Open in editor", self.open_current, icon="code", enabled=bool(finding.file), hint=keys)
        event = self.verbs.event(finding.event) if self.verbs is not None and finding.event else []
        # The line of the finding is opened, not that of the event.
        return [opening, *(item for item in event if item.icon != "code"), SEPARATOR, *items]

    def event_selected(self, name: str) -> None:
        """Stand on the worst finding about the event that is selected, unless one of them is shown."""
        shown = self._current is not None and self._current.event == name
        if shown or not name or being_read(self.tree):
            return
        index = self.model.index_of_event(name)
        if index.isValid():
            with self.quietly():
                show_row(self.tree, index)
            self._show(index)

    def _show(self, index: QModelIndex) -> None:
        finding, rule = self.model.finding(index), self.model.rule(index)
        self._current = finding
        severity = index.data(FindingRole.SEVERITY) or "information"
        self._title.setText(f"{rule.code} {SEVERITY_WORDS[severity]} · {rule.title}" if rule else "")
        set_tone(self._title, _TONES[severity])
        self._message.setText(finding.message if finding else "")
        self._message.setVisible(finding is not None)
        self._why.set_whole(rule.explanation if rule else "")
        self._fix.setText(finding.fix if finding else rule.fix if rule else "")
        place = f"{finding.file}:{finding.line}" if finding and finding.line else finding.file if finding else ""
        self._place.set_text(place)
        self._place.setVisible(bool(place))
        self._open.setVisible(finding is not None)
        self._open.setEnabled(bool(place))


#: With more findings than this those for information are folded at first.
_SHOWN_AT_ONCE: Final = 40
