"""Tabs of panels for which there is no room: they go into a menu at the end of the bar, and never scroll away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication

from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.menus import MenuItem

if TYPE_CHECKING:
    from PySide6.QtWidgets import QTabBar

    from inspector.ui.kit.theme import Theme

#: Width of the button that opens the menu, pixels.
_BUTTON: Final = 32


#: After these tabs may have other widths.
_STYLED: Final = (QEvent.Type.StyleChange, QEvent.Type.FontChange, QEvent.Type.Polish, QEvent.Type.Show)


class TabFold(QObject):
    """Folds the tabs of a bar that do not fit into a menu, from the right; the current one always keeps its place.

    Args:
        theme: Its look.
        bar: The tab bar.
        raise_tab: Called with the text of a tab that a person chose in the menu.
        hint: Returns what stands beside a tab's name in the menu: its badge.
        offered: Returns whether a tab of this name is shown at all now.

    Attributes:
        button: Opens the menu; hidden while all tabs fit.
    """

    def __init__(
        self,
        theme: Theme,
        bar: QTabBar,
        raise_tab: Callable[[str], None],
        hint: Callable[[str], str],
        offered: Callable[[str], bool],
    ) -> None:
        super().__init__(bar)
        self._bar, self._raise, self._hint, self._offered = bar, raise_tab, hint, offered
        self._fitted: object = None
        self._fitting = False
        self.button = IconButton(theme, "more", "More panels", bar)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.set_menu(self.items)
        self.button.hide()
        self._soon = QTimer(self, interval=0, singleShot=True)
        self._soon.timeout.connect(self.fit)
        bar.currentChanged.connect(lambda _: self.fit())
        bar.installEventFilter(self)

    @property
    def folded(self) -> list[int]:
        """The tabs in the menu, by their places in the bar."""
        return [place for place in self._places() if not self._bar.isTabVisible(place)]

    def _places(self) -> list[int]:
        """Return the places of the tabs that are offered; of all where nothing else would be there."""
        everything = range(self._bar.count())
        return [place for place in everything if self._offered(self._bar.tabText(place))] or list(everything)

    def items(self) -> list[MenuItem]:
        """Return the tabs for which there is no room."""
        texts = [self._bar.tabText(place).replace("&", "") for place in self.folded]
        return [MenuItem(text, partial(self._raise, text), hint=self._hint(text)) for text in texts]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fit again when the bar is wider or narrower, or its tabs are."""
        if event.type() == QEvent.Type.Resize:
            self.fit()
        elif event.type() in _STYLED:
            self._fitted = None
            self._soon.start()  # when the bar has heard of it, too
        return super().eventFilter(watched, event)

    def fit(self) -> None:
        """Show as many tabs as there is room for."""
        bar = self._bar
        places = self._places()
        names = tuple((bar.tabText(place), self._hint(bar.tabText(place))) for place in places)
        state = (bar.width(), bar.fontMetrics().height(), names, bar.currentIndex())
        if self._fitting or state == self._fitted or not bar.count():
            return
        self._fitting, self._fitted = True, state
        if bar.currentIndex() not in places:
            bar.setCurrentIndex(places[0])
        self._show(set(places))
        widths = {place: bar.tabRect(place).width() for place in places}
        shown = _shown(widths, bar.currentIndex(), bar.width())
        self._show(shown)
        self.button.setVisible(len(shown) < len(places))
        self.button.setGeometry(QRect(bar.width() - _BUTTON, 0, _BUTTON, bar.height() - 2))
        self.button.raise_()
        if shown and bar.tabRect(min(shown)).left():
            # It has scrolled while all tabs were there, or a badge came; laid out anew it finds that they fit.
            QApplication.sendEvent(bar, QResizeEvent(bar.size(), bar.size()))
        self._fitting = False

    def _show(self, shown: set[int]) -> None:
        """Show the tabs of these places, and no others.

        Qt (6.11) takes a call that changes nothing for "nothing has changed", whatever the calls before it did.
        """
        for place in range(self._bar.count()):
            if self._bar.isTabVisible(place) != (place in shown):
                self._bar.setTabVisible(place, place in shown)


def _shown(widths: Mapping[int, int], current: int, room: int) -> set[int]:
    """Return the places of the tabs that are shown: all, or as many from the left as fit beside button and current."""
    if sum(widths.values()) <= room:
        return set(widths)
    shown = {current} if current >= 0 else set()
    left = room - _BUTTON - sum(widths[place] for place in shown)
    for place, width in widths.items():
        if place in shown:
            continue
        if width > left:
            break
        left -= width
        shown.add(place)
    return shown
