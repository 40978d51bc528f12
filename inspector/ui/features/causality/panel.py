"""What led to what: event → handler → event, from the outermost cause down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QWidget,
)

from inspector.analysis.paths import root_of
from inspector.app.mermaid import correlation_mermaid
from inspector.app.text import one_line, plural
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.ui.features.causality.tree import CauseNode, CauseShape, build_tree, shape_of
from inspector.ui.kit.fonts import bold_font
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.tables import DataTree
from inspector.ui.kit.text import PlainLabel, copy_text, plain_tooltip
from inspector.ui.kit.widgets import EmptyState, Switcher, badge_font, separator_line
from inspector.ui.panel import JournalPanel
from inspector.ui.parts.phase import paint_phase

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection


# How a row of the causality tree is painted.

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPersistentModelIndex

    from inspector.ui.features.causality.tree import CauseNode
    from inspector.ui.kit.theme import Theme

    Index = QModelIndex | QPersistentModelIndex

#: The role under which a row gives its ``CauseNode``.
NODE: Final = Qt.ItemDataRole.UserRole + 1
#: Pixels that a row needs beside its indentation: beyond, the tree is scrolled to the right.
_ROW: Final = 260
#: Pixels of a name beside which there are times.
_NAME: Final = 60
#: Rounds of a loop that are open at first.
_ROUNDS: Final = 2
_FOOTER_TIP: Final = (
    "Depth: events in the longest chain. Fan-out: the most events published because of one. "
    "Loop: how often one event is in a chain."
)


class CauseDelegate(QStyledItemDelegate):
    """Paints a publication by the mark of its phase, an execution by the glyph of its status; times at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Return one height for all rows."""
        return QSize(super().sizeHint(option, index).width(), option.fontMetrics.height() + 8)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a row."""
        node: CauseNode = index.data(NODE)
        rect: QRect = option.rect
        tokens = self._theme.tokens
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.selection))
        room = QRectF(rect).adjusted(0, 0, -10, 0)
        if isinstance(option.widget, QAbstractItemView):  # times stay in sight, however deep the row is
            room.setRight(min(room.right(), option.widget.viewport().width() - 10))
        small = badge_font(option.font)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setFont(small)
        painter.setPen(QColor(tokens.dim))
        column = QFontMetrics(small).horizontalAdvance("000.0 ms") + 8
        times = [node.length, node.offset] if node.offset else [node.length]  # the first row has no offset
        if room.width() < len(times) * column + _NAME:  # so far to the right that it has to be scrolled to
            room.setRight(rect.right())
            times = []
        for text in times:
            painter.drawText(room, right, text)
            room.setRight(room.right() - max(column, QFontMetrics(small).horizontalAdvance(text) + 8))
        font = bold_font(option.font, bold=node.execution < 0)
        painter.setFont(font)
        self._sign(painter, room, node)
        if node.round:  # before the name, which may be cut
            painter.setPen(QColor(tokens.warn_text))
            self._text(painter, room, f"↻ {node.round}\N{MULTIPLICATION SIGN}")
        failed = node.status not in ("", "ok", "running")
        ink = tokens.strong if node.execution < 0 else tokens.text
        painter.setPen(QColor(getattr(tokens, f"{node.status}_text", ink) if failed else ink))
        self._text(painter, room, node.title)
        painter.setFont(option.font)
        painter.setPen(QColor(tokens.warn_text if node.status == "unheard" else tokens.dim))
        detail = f"{node.detail} unheard" if node.status == "unheard" else node.detail
        self._text(painter, room, detail)
        painter.restore()

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        """Show the whole row."""
        if event.type() != QEvent.Type.ToolTip or not index.isValid():
            return super().helpEvent(event, view, option, index)
        node: CauseNode = index.data(NODE)
        lines = (str(index.data()), node.status, loop_words(node), f"{node.offset}  {node.length}".strip())
        QToolTip.showText(event.globalPos(), plain_tooltip("\n".join(line for line in lines if line)), view)
        return True

    def _sign(self, painter: QPainter, room: QRectF, node: CauseNode) -> None:
        if node.execution < 0:
            paint_phase(painter, QPointF(room.left() + 5, room.center().y()), node.phase, self._theme)
            room.setLeft(room.left() + 16)
            return
        look = self._theme.status(node.status)
        painter.setPen(look.text_color)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, look.glyph)
        room.setLeft(room.left() + 16)

    @staticmethod
    def _text(painter: QPainter, room: QRectF, text: str) -> None:
        metrics = painter.fontMetrics()
        shown = metrics.elidedText(one_line(text), Qt.TextElideMode.ElideRight, max(int(room.width()), 0))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
        room.setLeft(room.left() + metrics.horizontalAdvance(shown) + (5 if not text.startswith(".") else 2))


class CausalityPanel(JournalPanel):
    """Shows the tree to which the selected publication belongs."""

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(theme, selection, parent)
        self._root = -1
        self._members: set[PublicationIndex] = set()
        self._stale = False
        self.model = QStandardItemModel(self)
        self.tree = DataTree(theme)
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(CauseDelegate(theme, self.tree))
        self.tree.setAccessibleName("Causality")
        for changed in (self.tree.expanded, self.tree.collapsed):
            changed.connect(self._fit)
        self.tree.selectionModel().currentChanged.connect(self._chosen)
        self.tree.set_menu(lambda index: self.menu_items(index.data(NODE)))
        self.footer = PlainLabel("", "dim")
        self.footer.setContentsMargins(10, 7, 10, 7)
        self.footer.setWordWrap(True)
        self.footer.setToolTip(plain_tooltip(_FOOTER_TIP))
        content = QWidget()
        vbox((self.tree, 1), separator_line(), self.footer, owner=content, margins=(0, 6, 0, 0))
        empty = EmptyState(
            theme,
            "causality",
            "Nothing selected",
            "Select an execution or event to see its causes and effects.",
        )
        self._switcher = Switcher(content, empty)
        vbox(self._switcher, owner=self)
        self.setFocusProxy(self.tree)
        self._switcher.show_empty()

    def set_journal(self, journal: Journal) -> None:
        """Read another run."""
        super().set_journal(journal)
        self._root = -1
        self._selected()

    def folded(self, change: Change) -> None:
        """Take in what a fold brought."""
        journal = self._journal
        if self._root < 0 or self._stale:
            return
        if self._touches(journal, change):
            if self.isVisible():
                self._build()
            else:
                self._stale = True

    def showEvent(self, event: object) -> None:  # noqa: ARG002
        """Catch up with what came while it was hidden."""
        if self._stale or self._root < 0:
            self._selected(again=self._stale)

    def numbers_changed(self) -> None:
        """Write the times and the sums anew."""
        if self._root >= 0:
            self._build()

    def _touches(self, journal: Journal, change: Change) -> bool:
        if any(index in self._members for index in change.ended_publications):
            return True
        owners = journal.executions["publication"]
        fresh = owners[change.first_execution :].tolist()
        ended = owners[change.ended].tolist() if change.ended else []
        return not self._members.isdisjoint(fresh) or not self._members.isdisjoint(ended)

    def execution_selected(self, index: int) -> None:  # noqa: ARG002 - both are looked up
        """Show what led to what is selected."""
        self._selected()

    publication_selected = execution_selected

    def _selected(self, *, again: bool = False) -> None:
        journal, publication = self._journal, self._selection.publication
        if not 0 <= publication < len(journal.publications):
            self._root = -1
            self._switcher.show_empty()
            return
        if not self.isVisible():
            self._root, self._stale = -1, False  # built when it is looked at
            return
        root = root_of(journal, publication)
        self._switcher.show_content()
        if root != self._root or publication not in self._members or again:
            self._root = root
            self._build()
        else:
            self._mark()

    def _build(self) -> None:
        self._stale = False
        top, left_out, self._members = build_tree(self._journal, PublicationIndex(self._root))
        place = self.tree.verticalScrollBar().value()
        with self.quietly():
            self.model.clear()
            self.model.appendRow(_item(top))
            self.tree.expandAll()
            for item in _items(self.model.invisibleRootItem()):
                if item.data(NODE).round > _ROUNDS:
                    self.tree.collapse(item.index())
        self._fit()
        self.tree.verticalScrollBar().setValue(place)
        self.footer.setText(_sums(len(self._members), shape_of(top), left_out))
        self._mark()

    def _fit(self, _index: QModelIndex | None = None) -> None:
        """Make the rows as wide as the deepest open one needs."""
        if self._quiet:
            return
        depth, waiting = 1, [(self.model.index(0, 0), 1)]
        while waiting:
            index, level = waiting.pop()
            depth = max(depth, level)
            if self.tree.isExpanded(index):
                waiting += [(self.model.index(row, 0, index), level + 1) for row in range(self.model.rowCount(index))]
        header = self.tree.header()
        header.setMinimumSectionSize(depth * self.tree.indentation() + _ROW if depth > 1 else -1)

    def _mark(self) -> None:
        """Mark what is selected, without scrolling."""
        wanted = (self._selection.execution, self._selection.publication)
        with self.quietly():
            for item in _items(self.model.invisibleRootItem()):
                node = item.data(NODE)
                if (node.execution, node.publication) == wanted:
                    auto = self.tree.hasAutoScroll()
                    self.tree.setAutoScroll(False)
                    self.tree.setCurrentIndex(self._open_row(item.index()))
                    self.tree.setAutoScroll(auto)
                    break

    def _open_row(self, index: QModelIndex) -> QModelIndex:
        """Return a row, or the closed one in which it stands: a round of a loop stays closed until it is opened."""
        shown, above = index, index.parent()
        while above.isValid():
            if not self.tree.isExpanded(above):
                shown = above
            above = above.parent()
        return shown

    def menu_items(self, node: CauseNode) -> list[MenuItem]:
        """Return what can be done with an execution, or with something that was published."""
        items = [
            MenuItem("Expand all", self.tree.expandAll, icon="plus"),
            MenuItem("Collapse all", self.tree.collapseAll, icon="minus"),
            MenuItem("Copy correlation as Mermaid", self.copy_mermaid, icon="copy"),
        ]
        if self.verbs is None:
            return items
        if node.execution >= 0:
            return [*self.verbs.execution(ExecutionIndex(node.execution)), SEPARATOR, *items]
        return [*self.verbs.publication(PublicationIndex(node.publication)), SEPARATOR, *items]

    def blocked(self) -> str:
        """Return why there is no correlation to copy; empty when there is one."""
        return "" if 0 <= self._selection.publication < len(self._journal.publications) else "No execution selected"

    def copy_mermaid(self) -> None:
        """Copy all publications with the correlation of what is selected, else what is in its tree, as a flowchart."""
        journal, publication = self._journal, PublicationIndex(self._selection.publication)
        if self.blocked():
            return
        members = journal.same_correlation(publication)
        if len(members) == 1:
            members = sorted(build_tree(journal, root_of(journal, publication))[2])
        copy_text(correlation_mermaid(journal, members), "correlation as Mermaid")

    def _chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        node, journal = current.data(NODE), self._journal
        if self._quiet or node is None:
            return
        if node.execution >= 0:
            self._selection.select_in(journal, node.execution)
        else:
            event = journal.publication(node.publication).event.name
            self._selection.select_publication(node.publication, event)


def loop_words(node: CauseNode) -> str:
    """Return which round of a loop a publication begins; empty for none."""
    return f"loop, {node.round}\N{MULTIPLICATION SIGN}" if node.round else ""


def _sums(publications: int, shape: CauseShape, left_out: int) -> str:
    parts = [plural(publications, "publication"), plural(shape.executions, "execution")]
    if shape.depth > 1:
        parts += [f"depth {shape.depth}", f"fan-out {shape.fan_out}"]
    if shape.rounds > 1:
        parts.append(f"loop {shape.rounds}\N{MULTIPLICATION SIGN}")
    return " · ".join([*parts, f"{left_out} more"] if left_out else parts)


def _item(node: CauseNode) -> QStandardItem:
    item = QStandardItem(one_line(node.title + node.detail if node.execution >= 0 else f"{node.title} {node.detail}"))
    item.setEditable(False)
    item.setData(node, NODE)
    spoken = (item.text(), node.status, loop_words(node), node.offset, node.length)
    item.setAccessibleText(", ".join(part for part in spoken if part))
    for child in node.children:
        item.appendRow(_item(child))
    return item


def _items(item: QStandardItem) -> list[QStandardItem]:
    items: list[QStandardItem] = []
    waiting = [item.child(row) for row in range(item.rowCount())]
    while waiting:
        child = waiting.pop()
        items.append(child)
        waiting += [child.child(row) for row in range(child.rowCount())]
    return items
