"""The parts of the fire panel and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from inspector.ui.features.fire.context import ContextForm
from inspector.ui.features.fire.json_text import JsonView
from inspector.ui.features.fire.outcome import FireOutcome
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.folds import Fold
from inspector.ui.kit.page import Page
from inspector.ui.kit.text import ElidedLabel, PlainLabel
from inspector.ui.kit.widgets import EmptyState, Switcher, separator_line

if TYPE_CHECKING:
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection


class FireView(QWidget):
    """Title, tabs, fields, context, outcome and the button, without any life of their own.

    Attributes:
        reroll: Asks for other values.
        tabs: Form and JSON.
        json: The fields as JSON.
        identity: The fields that every event has, closed until wanted.
        context: What the publication takes along.
        outcome: How the last fire went.
        button: Fires.
    """

    def __init__(self, theme: Theme, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._selection = selection
        self._build_parts()
        self._lay_out()

    def _build_parts(self) -> None:
        theme = self._theme
        self._title = ElidedLabel("", "title")
        self._place = ElidedLabel("", "dim")
        self._seed_label = PlainLabel("", "dim")
        self.reroll = Button(theme, "New values", "refresh", kind="flat")
        self.tabs = QTabBar()
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setAccessibleName("Form or JSON")
        self.tabs.addTab("Form")
        self.tabs.addTab("JSON")
        self._page = Page("Fields")
        self._own = QWidget()
        self._base = QWidget()
        for box in (self._own, self._base):
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 2, 0, 4)
            column.setSpacing(9)
        self.identity = Fold(theme, "Identity", self._base)
        self.identity.set_title("Identity", "generated")
        self.context = ContextForm(theme)
        self._context_fold = Fold(theme, "Context", self.context, opened=True)
        self.json = JsonView(theme)
        self.outcome = FireOutcome(theme, self._selection)
        self.button = Button(theme, "Fire", "play", "Ctrl+↵", kind="primary")
        self._reason = PlainLabel("", "warn", wrap=True)

    def _lay_out(self) -> None:
        self._page.column.addWidget(self._own)
        self._page.column.addWidget(self.identity)
        self._page.column.addWidget(self._context_fold)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._page)
        self._stack.addWidget(self.json)
        content = QWidget()
        whole = QVBoxLayout(content)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(12, 10, 12, 4)
        head.setSpacing(2)
        head.addWidget(self._title)
        head.addWidget(self._place)
        whole.addLayout(head)
        bar = QHBoxLayout()
        bar.setContentsMargins(2, 0, 8, 0)
        bar.addWidget(self.tabs)
        bar.addStretch(1)
        bar.addWidget(self._seed_label)
        bar.addWidget(self.reroll)
        whole.addLayout(bar)
        whole.addWidget(separator_line())
        whole.addWidget(self._stack, 1)
        whole.addWidget(self.outcome)
        whole.addWidget(separator_line())
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 10, 12, 10)
        foot.setSpacing(6)
        foot.addWidget(self._reason)
        foot.addWidget(self.button)
        whole.addLayout(foot)
        empty = EmptyState(self._theme, "play", "No event selected", "Choose one in the catalog to fire it.")
        self._switcher = Switcher(content, empty)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._switcher)
