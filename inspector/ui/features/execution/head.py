"""The head of the execution panel: handler, event, status, correlation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from inspector.app.text import format_clock, format_count, format_duration, format_offset, one_line, plural
from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
from inspector.core.records.statuses import BAD_STATUSES, OK, RUNNING, SWALLOWED
from inspector.ui.kit.flow import FlowBox
from inspector.ui.kit.layouts import grid, vbox
from inspector.ui.kit.menus import MenuItem, offer_menu
from inspector.ui.kit.page import Link, section
from inspector.ui.kit.text import ElidedLabel, PlainLabel, copy_text, set_tone, set_tooltip
from inspector.ui.kit.widgets import Badge
from inspector.ui.parts.outcome import ExecutionRows, counts_of, told

if TYPE_CHECKING:
    from inspector.analysis.entries import ExecutionEntry, PublicationEntry
    from inspector.analysis.journal import Journal
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection
    from inspector.ui.verbs import Verbs


class ExecutionHead(QWidget):
    """Shows in a few lines what an execution (or a publication) was.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        verbs: Returns what makes the lines of its menus; None without a window.
        parent: The owner.

    Signals:
        correlation_requested: Show everything with this correlation id.
    """

    correlation_requested = Signal(str)

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        verbs: Callable[[], Verbs | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._selection, self._verbs = theme, selection, verbs
        self._event_name = ""
        self._handler_number = -1
        self._correlation = ""
        self._start = 0
        self._journal: Journal | None = None
        self._cause = -1
        self._origin: PublicationIndex | None = None
        self.running = False
        self._owner = Link(theme, "", "strong", bold=True)
        self._method = ElidedLabel("", "dim")
        self._event = Link(theme)
        self._glyph = ElidedLabel("")
        self._took = PlainLabel("")
        self._split = ElidedLabel("", "dim")
        self._fault = Badge(theme, "", "warn")
        self._synthetic = Badge(theme, "", "dim")
        self._when = ElidedLabel("", "dim")
        self._process = ElidedLabel("")
        self._correlation_link = Link(theme, mono=True, mode=Qt.TextElideMode.ElideMiddle)
        self._same = PlainLabel("", "dim")
        self._cause_link = Link(theme)
        self._captions: dict[str, PlainLabel] = {}
        self._lay_out()
        self._owner.clicked.connect(lambda: self._selection.select_handler(self._handler_number))
        self._event.clicked.connect(lambda: self._selection.select_event(self._event_name))
        self._correlation_link.clicked.connect(lambda: self.correlation_requested.emit(self._correlation))
        self._cause_link.clicked.connect(self._go_to_cause)
        for widget, provider in (
            (self._owner, self.handler_items),
            (self._event, self.event_items),
            (self._correlation_link, self.correlation_items),
            (self._cause_link, self.cause_items),
        ):
            offer_menu(widget, provider, theme)

    def show_one(self, journal: Journal, publication: PublicationIndex, execution: ExecutionIndex) -> None:
        """Show an execution; with -1 for it, the publication."""
        self._journal = journal
        about = journal.publication(publication)
        entry = journal.execution(execution) if execution >= 0 else None
        self._show_handler(journal, entry)
        self._event_name = about.event.name
        self._event.set_text(f"{about.event.name} #{format_count(about.number)}")
        self._synthetic.set("synthetic" if about.synthetic else "")
        if entry is None:
            self._show_publication(journal, about)
        else:
            self._show_execution(journal, entry)
        at = about.at if entry is None else entry.start
        clock = f"{format_clock(journal.wall + at)}  " if journal.wall else ""
        self._when.setText(f"{clock}{format_offset(at)}")
        self._show_process(journal, about)
        self._show_correlation(journal, about)
        self._show_cause(journal, about)
        for label in (self._took, self._split):
            label.setVisible(bool(label.text()))

    def tick(self, now: int) -> None:
        """Let the time of what is running go on, to ns since the session began."""
        self._took.setText(f"for {format_duration(max(now - self._start, 0))}")

    def _lay_out(self) -> None:
        layout = grid(self, 14, 5)
        handler = QWidget()
        vbox(self._owner, self._method, owner=handler)
        self._handler = handler
        status, correlation = FlowBox(6), FlowBox(8)
        parts: tuple[QWidget, ...] = (self._glyph, self._took, self._split, self._fault, self._synthetic)
        for part in parts:
            status.add(part)
        correlation.add(self._correlation_link)
        correlation.add(self._same)
        self._correlation_box = correlation
        rows: tuple[tuple[str, QWidget], ...] = (
            ("Handler", handler),
            ("Event", self._event),
            ("Status", status),
            ("Started", self._when),
            ("Process", self._process),
            ("Cause", self._cause_link),
            ("Correlation", correlation),
        )
        for row, (name, widget) in enumerate(rows):
            caption = self._captions[name] = PlainLabel(name, "dim")
            layout.addWidget(caption, row, 0, Qt.AlignmentFlag.AlignTop)
            layout.addWidget(widget, row, 1)

    def _show_handler(self, journal: Journal, entry: ExecutionEntry | None) -> None:
        self._handler.setVisible(entry is not None)
        self._captions["Handler"].setVisible(entry is not None)
        if entry is None:
            return
        self._handler_number = int(journal.executions["handler"][entry.index])
        self._owner.set_text(entry.handler.owner)
        set_tooltip(self._owner, f"{entry.handler.label}\n{entry.handler.doc}".strip())
        self._method.setText(f".{entry.handler.method}")
        self._method.setVisible(bool(entry.handler.method) and entry.handler.method != entry.handler.owner)

    def _show_execution(self, journal: Journal, entry: ExecutionEntry) -> None:
        look = self._theme.status(entry.status)
        self._glyph.setText(f"{look.glyph} {look.label}")
        set_tone(self._glyph, entry.status)
        self._start, self.running = entry.start, entry.duration is None
        self._fault.set("injected fault" if entry.fault else "retry" if entry.retry else "")
        if entry.duration is None:
            self._split.setText("")
            self.tick(journal.now)
            return
        self._took.setText(f"after {format_duration(entry.duration)}")
        waiting = max(entry.duration - entry.on_loop, 0)
        self._split.setText(f"({format_duration(entry.on_loop)} on loop, {format_duration(waiting)} awaiting)")

    def _show_publication(self, journal: Journal, about: PublicationEntry) -> None:
        self.running = False
        counts = counts_of(journal, [about.index])
        self._glyph.setText(told(counts, self._theme) if counts else "unheard")
        order = (*sorted(BAD_STATUSES), SWALLOWED, RUNNING, OK)
        set_tone(self._glyph, next((status for status in order if status in counts), "warn"))
        self._took.setText("" if about.end is None else f"after {format_duration(about.end - about.at)}")
        self._split.setText("")
        self._fault.set("")

    def _show_process(self, journal: Journal, about: PublicationEntry) -> None:
        """Show which process it was, where there are several."""
        shown = journal.processes.several and about.process > 0
        self._captions["Process"].setVisible(shown)
        self._process.setVisible(shown)
        entry = journal.processes.by_number.get(about.process)
        if shown and entry is not None:
            words = (one_line(entry.role, 40) or "process", f"pid {entry.pid}" if entry.pid else str(entry.number))
            self._process.setText(" · ".join((*words, *((entry.exit,) if entry.exit else ()))))
            set_tooltip(self._process, one_line(entry.command, 300))

    def _show_correlation(self, journal: Journal, about: PublicationEntry) -> None:
        self._correlation = about.correlation
        shown = bool(about.correlation)
        self._captions["Correlation"].setVisible(shown)
        self._correlation_box.setVisible(shown)
        self._correlation_link.set_text(short_id(about.correlation))
        set_tooltip(self._correlation_link, f"{about.correlation}\nFilter to this correlation")
        same = len(journal.same_correlation(about.index))
        self._same.setText(plural(same, "publication"))

    def _show_cause(self, journal: Journal, about: PublicationEntry) -> None:
        self._cause = -1 if about.cause is None else about.cause
        self._origin = journal.origin(about.index)
        shown = about.cause is not None or self._origin is not None
        self._captions["Cause"].setVisible(shown)
        self._cause_link.setVisible(shown)
        if about.cause is not None:
            cause = journal.execution(about.cause)
            self._cause_link.set_text(f"{cause.handler.label} for {cause.event.name}")
        elif self._origin is not None:
            origin = journal.publication(self._origin)
            where = journal.processes.label(origin.process)
            self._cause_link.set_text(f"{origin.event.name} #{format_count(origin.number)} in {one_line(where, 40)}")

    def handler_items(self) -> list[MenuItem]:
        """Return what can be done with the handler."""
        verbs = self._verbs()
        return verbs.handler(self._handler_number) if verbs is not None and self._handler_number >= 0 else []

    def event_items(self) -> list[MenuItem]:
        """Return what can be done with the event."""
        verbs = self._verbs()
        return verbs.event(self._event_name) if verbs is not None and self._event_name else []

    def correlation_items(self) -> list[MenuItem]:
        """Return what can be done with the correlation id."""
        correlation = self._correlation
        return [
            MenuItem("Filter to this correlation", lambda: self.correlation_requested.emit(correlation), icon="filter"),
            MenuItem("Copy correlation id", lambda: copy_text(correlation, "correlation id"), icon="copy"),
        ]

    def cause_items(self) -> list[MenuItem]:
        """Return what can be done with the execution that published the event."""
        verbs = self._verbs()
        return verbs.execution(ExecutionIndex(self._cause)) if verbs is not None and self._cause >= 0 else []

    def _go_to_cause(self) -> None:
        if self._journal is not None and self._cause >= 0:
            self._selection.select_in(self._journal, ExecutionIndex(self._cause))
        elif self._journal is not None and self._origin is not None:
            name = self._journal.publication(self._origin).event.name
            self._selection.select_publication(self._origin, name)


def short_id(text: str) -> str:
    """Shorten an id for a narrow place: ``0199-7c1e…a4f2``."""
    return f"{text[:8]}…{text[-4:]}" if len(text) > 20 else text


# The executions of a publication, a row each.

#: How many executions are listed.
LISTED: Final = 60


class ExecutionList(QWidget):
    """Lists the executions of a publication; a click selects one.

    Args:
        theme: Its look.
        selection: What is selected in the window.
        verbs: Returns what makes the lines of their menus; None without a window.
        parent: The owner.
    """

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        verbs: Callable[[], Verbs | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = section("Executions")
        self.rows = ExecutionRows(theme, selection, verbs)
        vbox(self._title, self.rows, owner=self, spacing=4)

    def show_publication(self, journal: Journal, publication: PublicationIndex) -> None:
        """Show the executions of a publication as they are now."""
        count = sum(counts_of(journal, [publication]).values())
        self._title.setText(f"Executions · {count or 'unheard'}")
        self.rows.show_executions(journal, journal.executions_of(publication)[:LISTED])
