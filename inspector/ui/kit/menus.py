"""Menus as data, made anew whenever they open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from inspector.app.text import one_line

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from inspector.ui.kit.theme import Theme


@dataclass(frozen=True)
class MenuItem:
    """A line of a menu.

    Attributes:
        label: What it says; ``&`` is shown as it is.
        run: What it does; None makes it a caption.
        checked: Draws a mark when True; None for no switch.
        icon: Name of an icon.
        enabled: Whether it can be chosen.
        hint: Dim text at the right.
    """

    label: str
    run: Callable[[], object] | None = None
    checked: bool | None = None
    icon: str = ""
    enabled: bool = True
    hint: str = ""

    @property
    def looks(self) -> tuple[object, ...]:
        """What a person sees of it."""
        return self.label, self.checked, self.icon, self.enabled, self.hint


#: A line between items.
SEPARATOR: Final = MenuItem("")

MenuProvider = Callable[[], Sequence[MenuItem]]


def menu_text(text: str) -> str:
    """Return a text for a menu or button, in which ``&`` has no meaning."""
    return one_line(text, 80).replace("&", "&&")


def fill(menu: QMenu, items: Sequence[MenuItem], theme: Theme) -> None:
    """Make the menu hold these items and no others."""
    menu.clear()
    for item in items:
        if item is SEPARATOR:
            menu.addSeparator()
            continue
        # What follows a tab stands at the right, where shortcuts are.
        text = menu_text(item.label) + (f"\t{menu_text(item.hint)}" if item.hint else "")
        action = menu.addAction(text)
        action.setEnabled(item.enabled and item.run is not None)
        if item.icon:
            action.setIcon(theme.icon(item.icon, "dim"))
        if item.checked is not None:
            action.setCheckable(True)
            action.setChecked(item.checked)
        if item.run is not None:
            action.triggered.connect(lambda *_, run=item.run: run())


class StayingMenu(QMenu):
    """A menu that stays open while its switches are clicked, so that several can be."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Switch, and stay."""
        action = self.activeAction()
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
        else:
            super().mouseReleaseEvent(event)


def open_menu(parent: QWidget, items: Sequence[MenuItem], theme: Theme, at: QPoint, *, stays: bool = False) -> QMenu:
    """Open a menu of these items and return it.

    Args:
        parent: The owner.
        items: What it offers.
        theme: Its look.
        at: Where its upper left corner goes, on the screen.
        stays: It stays open while its switches are clicked.
    """
    menu = StayingMenu(parent) if stays else QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    fill(menu, items, theme)
    menu.popup(at)
    return menu


def offer_menu(widget: QWidget, provider: MenuProvider, theme: Theme) -> None:
    """Let a widget open a menu, by the right button or the menu key, that ``provider`` fills at that moment.

    Nothing opens while there is nothing to offer.
    """

    def opened(at: QPoint) -> None:
        items = provider()
        if items:
            open_menu(widget, items, theme, widget.mapToGlobal(at))

    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
    widget.customContextMenuRequested.connect(opened)
