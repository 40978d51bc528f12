"""The form that fires an event: filled in already, checked while it is written."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import QLayout, QStackedWidget, QTabBar, QWidget

from inspector.app.text import plural
from inspector.catalog.form import EventForm, FireForm
from inspector.core.errors import UsageError
from inspector.core.records.host import ProgramReloaded
from inspector.core.records.numbers import FireNumber
from inspector.core.request import TIMEOUT
from inspector.ui.features.fire.context import ContextForm, fire_title
from inspector.ui.features.fire.editors import FieldRow
from inspector.ui.features.fire.outcome import FireOutcomeView
from inspector.ui.features.fire.series import SeriesView
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.fields import HiddenHint, PlainArea, mark_invalid
from inspector.ui.kit.folds import FoldingSection
from inspector.ui.kit.keys import native_shortcut
from inspector.ui.kit.layouts import add, hbox, vbox
from inspector.ui.kit.page import Page, clear
from inspector.ui.kit.text import ElidedLabel, PlainLabel, set_tone
from inspector.ui.kit.widgets import EmptyState, Switcher, separator_line
from inspector.ui.panel import JournalPanel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.app.series import Series
    from inspector.core.description import EventDescription, FieldShape
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection


# The parts of the fire panel and where they stand.

# The fields of an event as JSON, to be edited as a whole.

#: Rows of a form that are built when it is shown, and at a stretch afterwards.
_ROWS_AT_ONCE: Final = 64
_ROWS_LATER: Final = 8
#: How many problems are told at once.
_TOLD: Final = 4


class JsonView(QWidget):
    """An editor for JSON, and below it what is wrong with it.

    Signals:
        edited: What stands there now; sent only when the person changed it.
    """

    edited = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.area = PlainArea(theme)
        self.area.setAccessibleName("Fields as JSON")
        self._problems = PlainLabel("", "failed", wrap=True)
        self._problems.hide()
        vbox((self.area, 1), HiddenHint(self.area), self._problems, owner=self, margins=(12, 10, 12, 10), spacing=-1)
        self.setFocusProxy(self.area)
        self.area.textChanged.connect(lambda: self.edited.emit(self.area.toPlainText()))

    def set_text(self, text: str) -> None:
        """Show a text; nothing is sent."""
        if self.area.toPlainText() != text:
            with QSignalBlocker(self.area):
                self.area.setPlainText(text)

    def tell(self, problems: Sequence[str], *, broken: bool = False) -> None:
        """Show what is wrong; ``broken`` when it is no JSON at all."""
        self._problems.setText("\n".join(problems[:_TOLD]))
        self._problems.setVisible(bool(problems))
        mark_invalid(self.area, broken)


class FireView(JournalPanel):
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
        super().__init__(theme, selection, parent)
        self._build_parts()
        self._lay_out()

    def _build_parts(self) -> None:
        theme = self._theme
        self._title = ElidedLabel("", "title")
        self._place = ElidedLabel("", "dim")
        self._seed_label = PlainLabel("", "dim")
        self.reroll = Button(theme, "New values", "refresh", kind="flat")
        self.fault = IconButton(theme, "bolt", "Add a fault for this event")
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
            vbox(owner=box, margins=(0, 2, 0, 4), spacing=9)
        self.identity = FoldingSection(theme, "Identity", self._base)
        self.identity.set_title("Identity", "generated")
        self.context = ContextForm(theme)
        self._context_fold = FoldingSection(theme, "Context", self.context, opened=True)
        self.json = JsonView(theme)
        self.progress = SeriesView(theme)
        self.outcome = FireOutcomeView(theme, self._selection, lambda: self.verbs)
        self.button = Button(theme, "Fire", "play", kind="primary")
        self._reason = PlainLabel("", "warn", wrap=True)

    def _lay_out(self) -> None:
        add(self._page.column, self._own, self.identity, self._context_fold)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._page)
        self._stack.addWidget(self.json)
        content = QWidget()
        head = vbox(self._title, self._place, margins=(12, 10, 12, 4), spacing=2)
        bar = hbox(self.tabs, 1, self._seed_label, self.fault, self.reroll, margins=(2, 0, 8, 0), spacing=-1)
        foot = vbox(self._reason, self.button, margins=(12, 10, 12, 10), spacing=6)
        vbox(
            head,
            bar,
            separator_line(),
            (self._stack, 1),
            self.progress,
            self.outcome,
            separator_line(),
            foot,
            owner=content,
        )
        empty = EmptyState(self._theme, "play", "No event selected", "Select one in the catalog to fire it.")
        self._switcher = Switcher(content, empty)
        vbox(self._switcher, owner=self)


FORM: Final = 0
JSON: Final = 1
_SEEDS: Final = 100_000


@dataclass
class _Remembered:
    """What stood in the form of an event when the person went on to another."""

    fields: EventForm
    context: FireForm


class FirePanel(FireView):
    """Shows the form of the event type that is selected.

    Signals:
        fire_requested: Fire this: a ``FireForm``.
        stop_requested: Stop the series that runs.
        fault_requested: Ask for a fault for the event that is shown (its name).
    """

    fire_requested = Signal(object)
    stop_requested = Signal()
    fault_requested = Signal(str)

    def __init__(
        self, theme: Theme, selection: Selection, *, rng: random.Random | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, selection, parent)
        self._rng = rng or random.Random()  # noqa: S311 - sample values, no secrets
        self._event: EventDescription | None = None
        self._form: EventForm | None = None
        self._memory: dict[str, _Remembered] = {}
        #: The fire of each event that was asked for last; and events fired before the program was loaded anew.
        self._fires: dict[str, tuple[FireNumber, FireNumber]] = {}
        self._outdated: set[str] = set()
        self._fields: dict[str, FieldRow] = {}
        #: Fields whose rows are still to be built, and what builds some whenever the window has nothing else to do.
        self._unbuilt: deque[FieldShape] = deque()
        self._builder = QTimer(self)
        self._builder.setInterval(0)
        self._builder.timeout.connect(partial(self._build_rows, _ROWS_LATER))
        self._blocked: str | None = None
        self._allowed = True
        self._program = ""
        self._json_problem = ""
        self._series: Series | None = None
        self._firing = False
        self._fire_hint = ""
        self._stop_hint = native_shortcut("Esc")
        self._timeout: float | None = TIMEOUT
        self._connect()
        self._switcher.show_empty()

    # -- what others ask

    def set_journal(self, journal: Journal) -> None:
        """Fire into another run; what was written stays, where the event is still the same."""
        super().set_journal(journal)
        self._fires.clear()
        self._outdated.clear()
        self.outcome.set_journal(journal)
        self._catalog_changed()

    def folded(self, change: Change) -> None:
        """Take in what a fold brought."""
        if change.catalog:
            self._catalog_changed()
        if any(isinstance(record, ProgramReloaded) for record in change.host):
            self._outdate()
        if self._outdated:
            self._adopt(change.first_publication)
        self.outcome.folded(change)

    def numbers_changed(self) -> None:
        """Write the outcome, and how often is fired, anew."""
        if self.outcome.fire:
            self.outcome.refresh()
        self.progress.show_series(self._series)
        self.context.numbers_changed()
        self._tell()

    def fire_started(self, fire: FireNumber, event: str = "", first: FireNumber | None = None) -> None:
        """Follow this fire of an event (by itself the one that is shown): it is the one that was asked for last.

        Args:
            fire: Its number.
            event: The event's name.
            first: The fire that its series began with.
        """
        shown = self._event.name if self._event is not None else ""
        self._fires[event or shown] = (fire, first or fire)
        self._outdated.discard(event or shown)
        if event in ("", shown):
            self.outcome.follow(fire, first)

    def show_series(self, series: Series | None) -> None:
        """Show how far a series is, or how it ended; None shows nothing of one."""
        self._series = series
        self.progress.show_series(series)
        self._tell()

    def set_firing(self, on: bool) -> None:
        """Make the button stop what is fired, instead of firing."""
        self._firing = on
        self._tell()

    def count_of(self, name: str) -> int:
        """Return how many times an event would be fired."""
        if self._event is not None and self._event.name == name:
            return self.context.count.value()
        remembered = self._memory.get(name)
        return remembered.context.count if remembered is not None else 1

    def _outdate(self) -> None:
        """Forget how fires went before the program was loaded anew; what is fired by that is followed."""
        self._outdated |= self._fires.keys()
        self._fires.clear()
        self.outcome.follow(FireNumber(0))

    def _adopt(self, first: int) -> None:
        """Follow fires that are asked for elsewhere: events that are fired anew after each reload."""
        columns = self._journal.publications
        for index in (np.flatnonzero((columns["fire"][first:] > 0) & (columns["cause"][first:] < 0)) + first).tolist():
            name = self._journal.events[int(columns["event"][index])].name
            if name in self._outdated:
                self.fire_started(FireNumber(int(columns["fire"][index])), name)

    def set_fire_shortcut(self, keys: str) -> None:
        """Show by which keys the button is pressed."""
        self._fire_hint = keys
        self.button.set_hint(keys)

    def set_enabled_reason(self, reason: str | None, *, allowed: bool = True) -> None:
        """Show why nothing can be fired, or None when it can; the button goes where a program is only looked at."""
        self._blocked, self._allowed = reason, allowed
        for widget in (self.button, self.fault):
            widget.setVisible(allowed)
        set_tone(self._reason, "warn" if allowed else "dim")
        self._tell()

    def set_default_timeout(self, seconds: float) -> None:
        """Let handlers take so long in forms that begin from now on, and in the one that is shown; 0 for no limit."""
        if (seconds or None) != self._timeout:
            self._timeout = seconds or None
            self.context.timeout.setValue(seconds)

    def event_selected(self, name: str) -> None:
        """Show the form of the event that is selected."""
        self.show_event(name)

    def show_event(self, name: str) -> None:
        """Show the form of an event, as it was left."""
        if self._event is not None and self._event.name == name:
            return
        event = self._describe(name)
        if event is None:
            return
        self._remember()
        session = self._journal.session
        before, self._program = self._program, session.program if session is not None else ""
        self._event = event
        remembered = self._memory.get(name)
        if remembered is None or remembered.fields.event is not event:
            # How often it is fired belongs to the event, what is published along with it to the program.
            context = FireForm(name, {}, timeout=self._timeout)
            if before in ("", self._program):
                context = replace(self._context_now(name), count=1, same=False)
            remembered = _Remembered(EventForm(event, self._seed()), context)
        self._form = remembered.fields
        self._build_fields(event)
        self.context.show_form(remembered.context)
        self._show_all()
        self.outcome.follow(*self._fires.get(name, (FireNumber(0), FireNumber(0))))
        self._switcher.show_content()

    def form_for(self, name: str) -> FireForm:
        """Return the form of an event as it was left (or as it begins), to fire it without showing it.

        Raises:
            UsageError: There is no such event, or what was left there is wrong.
        """
        if self._event is not None and self._event.name == name:
            return self.form()
        event = self._describe(name)
        if event is None:
            raise UsageError(f"Unknown event {name}.")
        remembered = self._memory.get(name)
        if remembered is None or remembered.fields.event is not event:
            remembered = self._memory[name] = _Remembered(
                EventForm(event, self._seed()), FireForm(name, {}, timeout=self._timeout)
            )
        return _filled(remembered.context, remembered.fields)

    def form(self) -> FireForm:
        """Return what is asked for.

        Raises:
            UsageError: Something is wrong with it.
        """
        if self._form is None or self._event is None:
            raise UsageError("No event selected.")
        reason = self.reason()
        if reason and not self._blocked:
            raise UsageError(reason if reason.endswith(("…", ".")) else f"{reason}.")
        return _filled(self._context_now(self._event.name), self._form)

    def load(
        self, name: str, values: dict[str, Any], *, session: bool = True, metadata: dict[str, str] | None = None
    ) -> None:
        """Show the form of an event filled with these values, to be edited and fired.

        Required fields that are not among them (they were cut or redacted when recorded) get synthetic values.
        """
        self.show_event(name)
        if self._form is None or self._event is None or self._event.name != name:
            return
        self._form.set_values({**self._form.required_values(), **values})
        self.context.show_form(replace(self._context_now(name), session=session, metadata=metadata or {}))
        self._show_all()

    def focus_problem(self) -> bool:
        """Put the keyboard where something is wrong; return whether something is."""
        problems = self._form.problems() if self._form is not None else {}
        if self._json_problem:
            self.json.setFocus(Qt.FocusReason.OtherFocusReason)
        elif problems:
            self.tabs.setCurrentIndex(FORM)
            wrong = next(iter(problems))
            while wrong not in self._fields and self._unbuilt:
                self._build_rows(_ROWS_LATER)
            row = self._fields[wrong]
            if row.shape.base:
                self.identity.set_open(True)
            row.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            self._page.ensureWidgetVisible(row)
        elif self.context.problem():
            self._context_fold.set_open(True)
            self.context.session.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            return False
        return True

    def reason(self) -> str:
        """Return why it cannot be fired as it stands; empty when it can."""
        if self._blocked:
            return self._blocked
        if self._json_problem:
            return self._json_problem
        problems = self._form.problems() if self._form is not None else {}
        if problems:
            names = ", ".join(list(problems)[:3]) + (", …" if len(problems) > 3 else "")
            return f"Fix {plural(len(problems), 'field')}: {names}"
        return self.context.problem()

    # -- the fields

    def _connect(self) -> None:
        self.button.clicked.connect(self._fire)
        self.reroll.clicked.connect(self.new_values)
        self.fault.clicked.connect(lambda: self.fault_requested.emit(self._event.name if self._event else ""))
        self.tabs.currentChanged.connect(self._turn)
        self.context.changed.connect(self._tell)
        self.json.edited.connect(self._json_edited)

    def _describe(self, name: str) -> EventDescription | None:
        return next((event for event in self._journal.events if event.name == name), None)

    def _catalog_changed(self) -> None:
        name = self._event.name if self._event is not None else self._selection.event_name
        event = self._describe(name)
        if event is not None and event is self._event:
            return
        if event is not None and self._event is not None and event.fields == self._event.fields and self._form:
            self._event = self._form.event = event  # the same fields as before: what was written stays
            return
        self._event = self._form = None
        if event is None:
            self._switcher.show_empty()
        else:
            self._memory.pop(name, None)
            self.show_event(name)

    def _build_fields(self, event: EventDescription) -> None:
        self._fields = {}
        for box in (self._own, self._base):
            clear(_layout_of(box))
        self._unbuilt = deque(event.fields)
        self._build_rows(_ROWS_AT_ONCE)
        self._own.setVisible(any(not shape.base for shape in event.fields))
        self.identity.setVisible(any(shape.base for shape in event.fields))
        self._page.verticalScrollBar().setValue(0)

    def _build_rows(self, count: int) -> None:
        """Build the next rows of the form; a thousand at once would freeze the window for a second and more."""
        for _ in range(min(count, len(self._unbuilt))):
            shape = self._unbuilt.popleft()
            row = FieldRow(self._theme, shape)
            row.editor.edited.connect(lambda text, name=shape.name: self._edited(name, text))
            _layout_of(self._base if shape.base else self._own).addWidget(row)
            self._fields[shape.name] = row
            if self._form is not None:
                row.editor.set_text(self._form.text(shape.name))
                row.set_problem(self._form.problem(shape.name))
        if self._unbuilt:
            self._builder.start()
        else:
            self._builder.stop()

    def _edited(self, name: str, text: str) -> None:
        if self._form is not None:
            self._form.set_text(name, text)
            self._fields[name].set_problem(self._form.problem(name))
            self._tell()

    def new_values(self) -> None:
        """Fill in other synthetic values."""
        if self._form is not None:
            self._form.reroll(self._seed())
            self._show_all()

    def _seed(self) -> int:
        return self._rng.randrange(1, _SEEDS)

    def _show_all(self) -> None:
        """Show the form in the editors, and as JSON where that is in view."""
        form, event = self._form, self._event
        if form is None or event is None:
            return
        self._title.setText(event.name)
        place = " · ".join(part for part in (event.workflow, event.phase) if part)
        self._place.setText(place)
        self._place.setVisible(bool(place))
        for name, row in self._fields.items():
            row.editor.set_text(form.text(name))
            row.set_problem(form.problem(name))
        self._set_json_problem("")
        self._show_json()
        self._tell()

    def _tell(self) -> None:
        """Show whether it can be fired, and what would be."""
        if self._form is None or self._event is None:
            return
        seed = self._form.seed
        self._seed_label.setText("edited" if seed is None else f"seed {seed}")
        base = [shape.name for shape in self._event.fields if shape.base]
        written = [name for name in base if self._form.text(name).strip()]
        self.identity.set_title("Identity", ", ".join(written) if written else "generated")
        self._context_fold.set_title("Context", self.context.summary())
        reason = self.reason()
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self.button.setEnabled(self._firing or not reason)
        self.button.set_icon("stop" if self._firing else "play")
        self.button.set_text("Stop" if self._firing else fire_title(self._event.name, self.context.count.value()))
        self.button.set_help("Stop firing" if self._firing else reason or "Fire with these values")
        self.button.set_hint(self._stop_hint if self._firing else self._fire_hint)

    # -- JSON

    def _turn(self, tab: int) -> None:
        self._stack.setCurrentIndex(tab)
        if tab == JSON:
            self._show_json()
        elif self._json_problem:
            self._set_json_problem("")  # the form is as it was before the JSON went wrong
        self._tell()

    def _show_json(self) -> None:
        if self._form is not None and self.tabs.currentIndex() == JSON and not self._json_problem:
            self.json.set_text(self._form.json_text())

    def _json_edited(self, text: str) -> None:
        if self._form is None:
            return
        try:
            self._form.set_json(text)
        except UsageError as error:
            self._set_json_problem(error.text)
        else:
            problems = self._form.problems()
            self._set_json_problem("")
            for name, row in self._fields.items():
                row.editor.set_text(self._form.text(name))
                row.set_problem(problems.get(name, ""))
            self.json.tell(list(problems.values()))
        self._tell()

    def _set_json_problem(self, text: str) -> None:
        self._json_problem = text
        self.json.tell([text] if text else [], broken=bool(text))

    # -- firing

    def _context_now(self, name: str) -> FireForm:
        return FireForm(
            event=name,
            values={},
            session=self.context.session.isChecked(),
            metadata=self.context.metadata(),
            timeout=self.context.timeout.value() or None,
            count=self.context.count.value(),
            same=self.context.same.isChecked(),
        )

    def _remember(self) -> None:
        if self._event is not None and self._form is not None:
            self._memory[self._event.name] = _Remembered(self._form, self._context_now(self._event.name))

    def _fire(self) -> None:
        if self._firing:
            self.stop_requested.emit()
        elif not self.reason() and self._form is not None:
            self.fire_requested.emit(self.form())


def _filled(context: FireForm, fields: EventForm) -> FireForm:
    written = frozenset(fields.written)
    return replace(
        context,
        event=fields.event.name,
        values=fields.values(),
        seed=fields.seed,
        written=written,
        description=fields.event,
    )


def _layout_of(box: QWidget) -> QLayout:
    layout = box.layout()
    assert layout is not None  # noqa: S101 - made with one
    return layout
