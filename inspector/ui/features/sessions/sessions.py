"""Sessions as the window deals with them: list, open, rename, delete, back to the live one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer

from inspector.app.notices import NoticeAction
from inspector.core.errors import InspectorError
from inspector.ui.kit.text import ask_text

if TYPE_CHECKING:
    from inspector.store.info import SessionInfo
    from inspector.ui.context import Context
    from inspector.ui.features.sessions.panel import SessionsPanel

#: Milliseconds between two looks at the list while it is in view.
_EVERY = 2_000
#: So long a list that was read elsewhere counts as new, ms.
_FRESH = 1_000
_LISTING = "Listing the sessions"
_SHOWN = "session.shown"


class Sessions(QObject):
    """Does what is asked for with sessions, and keeps the list of them true while it can be seen.

    Args:
        context: The window.
        panel: The list.

    Attributes:
        known: The sessions in the database, newest first, as they were last read.
    """

    def __init__(self, context: Context, panel: SessionsPanel) -> None:
        super().__init__(context)
        self._shell = context.shell
        self._workbench = context.workbench
        self._settings = context.settings
        self._panel = panel
        self._notices = context.notices
        self._tasks = context.tasks
        self.known: tuple[SessionInfo, ...] = ()
        panel.open_requested.connect(self.open)
        panel.rename_requested.connect(self.rename)
        panel.delete_requested.connect(self.delete)
        panel.seen.connect(self.refresh)
        self._workbench.on_view(lambda _: self.tell_panel())
        self._workbench.on_sessions(self._changed)
        self._read_at = QElapsedTimer()
        self._timer = QTimer(self, interval=_EVERY)
        self._timer.timeout.connect(self.refresh)

    def refresh(self) -> None:
        """Read the list anew, if it can be seen: in its panel, or in the menu of the bar."""
        if self._panel.isVisible() or self._shell.bar.session.menu_open:
            self._read()

    def look(self) -> None:
        """Read the list anew for who looks at it elsewhere, unless that has just been done."""
        if not self._read_at.isValid() or self._read_at.hasExpired(_FRESH):
            self._read()

    def _read(self) -> None:
        if not self._tasks.running(_LISTING):
            self._read_at.start()
            self._tasks.start(_LISTING, self._workbench.refresh_sessions())

    def show_list(self) -> None:
        """Bring the list to the front."""
        self._shell.raise_panel("sessions")
        self._panel.table.setFocus()
        self.refresh()

    def tell_panel(self) -> None:
        """Show in the list which session is recorded, and which is shown."""
        self._panel.set_sessions(self.known, self._workbench.live_session or None, self.shown() or None)

    def shown(self) -> int:
        """Return the id of the session that is shown, 0 when it is stored nowhere."""
        view = self._workbench.view
        return view.session if view is not None else 0

    def open(self, session: int) -> None:
        """Show a stored session."""
        self._tasks.start("Opening the session", self._workbench.open_session(session))

    def show_live(self) -> None:
        """Go back to the live session."""
        try:
            self._workbench.show_live()
        except InspectorError as error:
            self._notices.report(error)

    def rename(self, session: int, name: str) -> None:
        """Rename a session."""
        self._tasks.start("Renaming the session", self._workbench.rename(session, name))

    def rename_shown(self) -> None:
        """Ask for another name of the session that is shown."""
        view = self._workbench.view
        session = self.shown()
        if view is not None and session:
            label = "Session name"
            ask_text(self._shell, "Rename session", label, view.title, lambda name: self.rename(session, name))

    def ask_delete_shown(self) -> None:
        """Ask whether the stored session that is shown shall go."""
        info = next((info for info in self.known if info.id == self.shown()), None)
        if info is not None:
            self._panel.ask_delete(info)

    def delete(self, session: int) -> None:
        """Delete a session for good; whoever calls has asked."""
        self._tasks.start("Deleting the session", self._workbench.delete(session))

    # Between runs

    def remember(self) -> None:
        """Keep for the next run which stored session is shown."""
        self._timer.stop()
        self._settings.set(_SHOWN, 0 if self._workbench.live else self.shown())

    def offer_last(self) -> None:
        """Offer to open the stored session that was shown when the window was closed last."""
        last = int(self._settings.number(_SHOWN))
        info = next((info for info in self.known if info.id == last), None)
        if last and info is not None:
            self._notices.info(
                f"Reopen “{info.title}” from last time?", actions=(NoticeAction("Reopen", lambda: self.open(last)),)
            )

    def _changed(self, sessions: Sequence[SessionInfo]) -> None:
        self.known = tuple(sessions)
        self.tell_panel()
        self._shell.bar.session.refresh_menu()
        self._timer.start()
