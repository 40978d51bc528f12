"""Specs as a tree for Qt: what the lines of a kind say below a heading, bus after bus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import PurePath
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt

from inspector.app.text import one_line
from inspector.core.spec import ADAPTER, KINDS, LIBRARY, PROPOSED, SEVERAL, TITLES, BusSpec, SpecLine
from inspector.ui.kit.rows import Index, TreeModel, TreeNode

WHAT, ORIGIN, REASON, CHANGE = range(4)
#: Kinds that are left out where a bus has no line of them; of the others it is said that there is none.
_SILENT: Final = (ADAPTER,)


class SpecRole(IntEnum):
    """What the model answers beside the text.

    ``LINE`` is the ``SpecLine``, None for headings; ``PLACE`` is file and line, short; ``ORIGIN`` its origin;
    ``EDITED`` whether it is being changed; ``ADDS`` whether a heading has *Add…*, because a line more may be declared.
    """

    LINE = Qt.ItemDataRole.UserRole + 1
    PLACE = Qt.ItemDataRole.UserRole + 2
    ORIGIN = Qt.ItemDataRole.UserRole + 3
    EDITED = Qt.ItemDataRole.UserRole + 4
    ADDS = Qt.ItemDataRole.UserRole + 5


@dataclass(eq=False)
class SpecRow(TreeNode):
    """A row: a heading (a bus, or the lines of a kind), or a line; an ``absent`` one says that there is none."""

    title: str = ""
    where: str = ""
    line: SpecLine | None = None
    absent: bool = False
    kind: str = ""

    def text(self, column: int) -> str:
        """Return the text of a cell."""
        line = self.line
        if line is None:
            return self.title if column == WHAT else ""
        if self.absent:
            return {WHAT: "None", CHANGE: "Add…"}.get(column, "")
        return {WHAT: line.text, ORIGIN: line.origin, REASON: line.reason, CHANGE: "Change…"}[column]


class SpecModel(TreeModel[SpecRow]):
    """The specs of a program.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(SpecRow(), 4, parent)
        self.specs: tuple[BusSpec, ...] = ()
        self.edited: SpecRow | None = None

    def set_specs(self, specs: Sequence[BusSpec]) -> None:
        """Show other specs; nothing is being changed then."""
        self.beginResetModel()
        self.specs, self.edited, self.root = tuple(specs), None, SpecRow()
        for spec in self.specs:
            if len(self.specs) > 1:
                self._add(self.root, SpecRow(title=spec.where, where=spec.where))
            is_certain = any(line.origin == LIBRARY for line in spec.of(ADAPTER))
            for kind in KINDS:
                lines = spec.of(kind)
                if not lines and (kind in _SILENT or is_certain):
                    continue
                group = self._add(self.root, SpecRow(title=TITLES[kind], where=spec.where, kind=kind))
                for line in lines:
                    self._add(group, SpecRow(where=spec.where, line=line))
                if not lines:
                    self._add(group, _absent(group))
        self.endResetModel()

    def _add(self, parent: SpecRow, row: SpecRow) -> SpecRow:
        row.parent, row.row = parent, len(parent.children)
        parent.children.append(row)
        return row

    def add_line(self, group: SpecRow) -> QModelIndex:
        """Add a line that says nothing yet; ``remove_line`` takes it away."""
        place = len(group.children)
        self.beginInsertRows(self.index_of_node(group), place, place)
        row = self._add(group, _absent(group))
        self.endInsertRows()
        return self.index_of_node(row)

    def remove_line(self, row: SpecRow) -> None:
        """Take away a line that says nothing, the last of several."""
        group = row.parent
        if group is None or not row.absent or len(group.children) < 2:
            return
        self.beginRemoveRows(self.index_of_node(group), row.row, row.row)
        group.children.remove(row)
        self.endRemoveRows()

    def set_edited(self, row: SpecRow | None) -> None:
        """Mark the line that is being changed, None for none."""
        before, self.edited = self.edited, row
        for changed in (before, row):
            if changed is not None:
                index = self.index_of_node(changed)
                self.dataChanged.emit(index, index.siblingAtColumn(CHANGE))

    def lines(self) -> list[SpecRow]:
        """Return the rows of lines, those that say that there is none among them."""
        return [row for group in self.root.children for row in group.children]

    def index_of_line(self, kind: str, value: Any) -> QModelIndex:
        """Return the index of a line by what it says; invalid when there is none."""
        rows = (row for row in self.lines() if row.line and row.line.kind == kind and row.line.value == value)
        return self.index_of_node(next(rows, None))

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return that lines can be stood on, and headings cannot."""
        row = self.node(index)
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if row.line is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or a fact behind it (``SpecRole``)."""
        if not index.isValid():
            return None
        row = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(row.text(index.column()))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return _spoken(row) if index.column() == WHAT else one_line(row.text(index.column()))
        if role == SpecRole.LINE:
            return row.line
        if role == SpecRole.PLACE:
            return short_place(row.line)
        if role == SpecRole.ORIGIN:
            return row.line.origin if row.line is not None and not row.absent else ""
        if role == SpecRole.ADDS:
            return row.kind in SEVERAL and not any(child.absent for child in row.children)
        return row is self.edited if role == SpecRole.EDITED else None


def _absent(group: SpecRow) -> SpecRow:
    return SpecRow(where=group.where, line=SpecLine(group.kind, "", "", PROPOSED, ""), absent=True)


def short_place(line: SpecLine | None) -> str:
    """Return where a line's code stands, short: ``hub.py:41``; empty when it is unknown."""
    return f"{PurePath(line.file).name}:{line.line}" if line is not None and line.file else ""


def _spoken(row: SpecRow) -> str:
    if row.line is None:
        return one_line(row.title)
    kind = TITLES[row.line.kind]
    return one_line(f"{kind}: none" if row.absent else f"{kind}: {row.line.text}, {row.line.origin}, {row.line.reason}")
