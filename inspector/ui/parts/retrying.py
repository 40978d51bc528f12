"""The button that calls the one handler of an execution again, and the line that says what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from inspector.core.records.numbers import NO_EXECUTION
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.layouts import hbox
from inspector.ui.kit.page import Link
from inspector.ui.kit.text import ElidedLabel, set_tone

if TYPE_CHECKING:
    from inspector.app.retry import Retry, Verdict
    from inspector.ui.kit.theme import Theme


class VerdictLine(QWidget):
    """What came of a retry, and the way to the execution that it was.

    Attributes:
        label: What came of it.
        link: Leads there; hidden where there is none.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.label, self.link = ElidedLabel(""), Link(theme, "Show retry")
        hbox((self.label, 1), self.link, owner=self, margins=(12, 4, 12, 4), spacing=8)

    def text(self) -> str:
        """Return what came of it."""
        return self.label.text()


class RetryButton(Button):
    """Retries one execution, or stops that.

    Attributes:
        verdict: What came of it; hidden where nothing has.

    Signals:
        retry_requested: Call the handler again.
        stop_requested: Retry nothing more.
        show_requested: Show the execution of this ``Verdict``.
    """

    retry_requested = Signal()
    stop_requested = Signal()
    show_requested = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Retry handler", "refresh", kind="primary")
        self._look = theme
        self._reason = ""
        self._trying: Retry | None = None
        self._verdict: Verdict | None = None
        self.verdict = VerdictLine(theme)
        self.verdict.hide()
        self.verdict.link.clicked.connect(lambda: self.show_requested.emit(self._verdict))
        self.clicked.connect(self.retry)
        self._tell()

    def set_reason(self, reason: str) -> None:
        """Show why no handler can be called again; empty when one can."""
        self._reason = reason
        self._tell()

    def show_retry(self, trying: Retry | None, verdict: Verdict | None) -> None:
        """Show that the handler is being called again, or what came of it."""
        self._trying, self._verdict = trying, verdict
        text, tone = "", "dim"
        if trying is not None:
            text = trying.text
        elif verdict is not None:
            glyph = self._look.status("ok" if verdict.good else "failed").glyph
            text, tone = f"{glyph} {verdict.text}", "ok" if verdict.good else "failed"
        self.verdict.label.setText(retry_words(text, trying=trying is not None))
        set_tone(self.verdict.label, tone)
        self.verdict.link.setVisible(trying is None and verdict is not None and verdict.execution != NO_EXECUTION)
        self.verdict.setVisible(bool(text))
        self._tell()

    def retry(self) -> None:
        """Call the handler again, or stop that."""
        (self.retry_requested if self._trying is None else self.stop_requested).emit()

    def _tell(self) -> None:
        stopped = self._trying is not None and self._trying.stopped
        self.set_text("Retry handler" if self._trying is None else "Stop")
        self.setEnabled(not self._reason and not stopped)
        self.set_help(self._reason or "Call this one handler again with the recorded event and context (R)")


def retry_words(text: str, *, trying: bool) -> str:
    """Return what came of a retry as a line of its own: ``Retry: fixed``; while one runs, how far that is."""
    return f"{text[:1].upper()}{text[1:]}" if trying else f"Retry: {text}"
