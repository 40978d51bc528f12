"""Menus as data, made anew whenever they open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inspector.app.text import one_line

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu

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
