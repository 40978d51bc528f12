"""One failure to read: what was raised, where, its traceback, and the way to the others of its group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from inspector.app.text import plural
from inspector.core.records.capture import failure_from_json
from inspector.ui.kit.buttons import IconButton
from inspector.ui.kit.page import Link, Page
from inspector.ui.kit.text import ElidedLabel, PlainLabel, copy_text, set_tone
from inspector.ui.parts.failure_text import traceback_text
from inspector.ui.parts.traceback import TracebackView

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from inspector.core.records.capture import Failure
    from inspector.ui.kit.theme import Theme


class FailureDetail(Page):
    """Shows one failure.

    Args:
        theme: Its look.
        parent: The owner.

    Signals:
        step_requested: -1 for the failure before this one in its group, 1 for the one after it.
        timeline_requested: Show it in the timeline.
        open_source: Show this line of this file in an editor.
    """

    step_requested = Signal(int)
    timeline_requested = Signal()
    open_source = Signal(str, int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Failure", parent)
        self._theme = theme
        self._failure: Failure | None = None
        self.title = ElidedLabel("", "failed")
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.message = PlainLabel("", wrap=True, selectable=True)
        self.place = ElidedLabel("", "dim")
        self.position = PlainLabel("", "dim")
        self.before = IconButton(theme, "chevron-left", "Previous of this group (Alt+Left)")
        self.after = IconButton(theme, "chevron-right", "Next of this group (Alt+Right)")
        self.before.setShortcut("Alt+Left")
        self.after.setShortcut("Alt+Right")
        self.nothing = PlainLabel("", "dim", wrap=True, selectable=True)
        self.traceback = TracebackView(theme)
        self.libraries = Link(theme)
        self._lay_out()
        self.before.clicked.connect(lambda: self.step_requested.emit(-1))
        self.after.clicked.connect(lambda: self.step_requested.emit(1))
        self.traceback.open_source.connect(self.open_source)
        self.libraries.clicked.connect(self._switch_frames)

    def _lay_out(self) -> None:
        copy = IconButton(self._theme, "copy", "Copy the traceback")
        copy.clicked.connect(lambda: copy_text(self.as_text()))
        show = IconButton(self._theme, "timeline", "Select in the timeline")
        show.clicked.connect(self.timeline_requested)
        top, below, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row, first, others in (
            (top, self.title, (show, copy)),
            (below, self.place, (self.before, self.position, self.after)),
        ):
            row.setSpacing(6)
            row.addWidget(first, 1)
            for widget in others:
                row.addWidget(widget)
        foot.addWidget(self.libraries)
        foot.addStretch(1)
        self.column.setSpacing(4)
        self.column.addLayout(top)
        self.column.addWidget(self.message)
        self.column.addLayout(below)
        self.column.addWidget(self.nothing)
        self.column.addWidget(self.traceback)
        self.column.addLayout(foot)

    def show_one(self, title: str, tone: str, place: str) -> None:
        """Say what it is, with the tone of its status, and where it happened."""
        self.title.setText(title)
        set_tone(self.title, tone)
        self.place.setText(place)
        self.verticalScrollBar().setValue(0)

    def set_position(self, text: str, *, before: bool, after: bool) -> None:
        """Say which of its group it is, and whether others come before and after it."""
        self.position.setText(text)
        self.before.setEnabled(before)
        self.after.setEnabled(after)

    def show_failure(self, text: str | None) -> None:
        """Show what was captured, as JSON text; None or nothing says that nothing was raised."""
        try:
            failure = failure_from_json(text) if text else None
        except ValueError:
            failure = None
        self._failure = failure
        message = "\n".join((failure.message, *failure.notes)).strip() if failure is not None else ""
        self.message.setText(message)
        self.message.setVisible(bool(message))
        self.traceback.set_failure(failure)
        if failure is not None:
            self.nothing.setText("No traceback was kept.")
        else:
            self.nothing.set_whole(text or "Nothing was raised.", 20_000)
        self.nothing.setVisible(self.traceback.isHidden())
        self._tell_libraries()

    def as_text(self) -> str:
        """Give what is shown as text."""
        trace = traceback_text(self._failure) if self._failure is not None else self.nothing.text()
        return "\n".join((self.title.text(), self.message.text(), "", trace))

    def _switch_frames(self) -> None:
        self.traceback.set_only_mine(not self.traceback.only_mine)
        self._tell_libraries()

    def _tell_libraries(self) -> None:
        foreign = self.traceback.foreign()
        self.libraries.setVisible(foreign > 0)
        only = self.traceback.only_mine
        self.libraries.set_text(f"show {plural(foreign, 'library frame')}" if only else "only my frames")
