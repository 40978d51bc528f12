"""Layouts in one call: what stands in a row or in a column, and what of it takes the room that is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QSplitter, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLayout

    #: A widget or a layout, with its share of the room that is left; a share alone is blank.
    Part = QWidget | QLayout | tuple[QWidget | QLayout, int] | int
    Margins = tuple[int, int, int, int]

Box = TypeVar("Box", bound=QBoxLayout)

#: No room around what is laid out.
FLUSH: Final = (0, 0, 0, 0)


def vbox(*parts: Part, owner: QWidget | None = None, margins: Margins = FLUSH, spacing: int = 0) -> QVBoxLayout:
    """Return a column of parts, from the top down.

    Args:
        parts: What stands in it, see ``Part``.
        owner: The widget that it lays out.
        margins: Room around it: left, top, right, bottom.
        spacing: Room between its parts; negative: the style's.
    """
    return _filled(QVBoxLayout() if owner is None else QVBoxLayout(owner), parts, margins, spacing)


def hbox(*parts: Part, owner: QWidget | None = None, margins: Margins = FLUSH, spacing: int = 0) -> QHBoxLayout:
    """Return a row of parts, from the left; the arguments are those of ``vbox``."""
    return _filled(QHBoxLayout() if owner is None else QHBoxLayout(owner), parts, margins, spacing)


def grid(owner: QWidget, horizontal: int, vertical: int) -> QGridLayout:
    """Return a grid without margins whose second column takes the room that is left, with these spacings."""
    layout = QGridLayout(owner)
    layout.setContentsMargins(*FLUSH)
    layout.setHorizontalSpacing(horizontal)
    layout.setVerticalSpacing(vertical)
    layout.setColumnStretch(1, 1)
    return layout


def form(*rows: tuple[QWidget, QWidget]) -> QGridLayout:
    """Return labels at the left, each at the height of its field's text, and fields as wide as there is room."""
    layout = QGridLayout()
    layout.setHorizontalSpacing(12)
    layout.setVerticalSpacing(8)
    layout.setColumnStretch(1, 1)
    for row, (label, field) in enumerate(rows):
        layout.addWidget(label, row, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(field, row, 1)
    return layout


def side_by_side(left: QWidget, right: QWidget, percent: int) -> QSplitter:
    """Return two widgets with a handle between them; the left one has ``percent`` of the width at first."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setChildrenCollapsible(False)
    for place, (widget, share) in enumerate(((left, percent), (right, 100 - percent))):
        splitter.addWidget(widget)
        splitter.setStretchFactor(place, share)
    splitter.setSizes([10 * percent, 1000 - 10 * percent])
    return splitter


def add(layout: QBoxLayout, *parts: Part) -> None:
    """Put parts at the end of a row or a column."""
    for part in parts:
        if isinstance(part, int):
            layout.addStretch(part)
            continue
        item, share = part if isinstance(part, tuple) else (part, 0)
        if isinstance(item, QWidget):
            layout.addWidget(item, share)
        else:
            layout.addLayout(item, share)


def _filled(layout: Box, parts: tuple[Part, ...], margins: Margins, spacing: int) -> Box:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    add(layout, *parts)
    return layout
