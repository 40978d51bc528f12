"""Values as the rows of a tree: a name and a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt

from inspector.app.text import one_line
from inspector.app.valuetree import Value
from inspector.ui.kit.rows import Index, Role, TreeModel, TreeNode

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(eq=False)
class ValueNode(TreeNode):
    """A row of the tree."""

    value: Value


class ValueModel(TreeModel[ValueNode]):
    """The values of an execution, each with those that are in it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(ValueNode(Value("", "")), 2, parent)

    def set_values(self, values: Iterable[Value]) -> None:
        """Show these values."""
        self.beginResetModel()
        self.root = ValueNode(Value("", ""))
        _put(self.root, values)
        self.endResetModel()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return name or value, and its tone."""
        if not index.isValid():
            return None
        value = self.node(index).value
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(value.name if index.column() == 0 else value.text)
        if role == Role.TONE:
            return "dim" if index.column() == 0 and value.ink == "dim" else "text" if index.column() == 0 else value.ink
        return None


def _put(node: ValueNode, values: Iterable[Value]) -> None:
    for row, value in enumerate(values):
        below = ValueNode(value, parent=node, row=row)
        node.children.append(below)
        _put(below, value.values)
