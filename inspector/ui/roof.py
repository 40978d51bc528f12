"""The roof over the features: builds one of each into a window, and passes on to all what happens.

It knows what a feature is, not which ones there are: nothing here names a panel.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from inspector.app.loss_marks import LossMarks
from inspector.app.runs import waiting_text
from inspector.app.workbench import Stand
from inspector.core.records.host import (
    FireRefused,
    ProcessEnded,
    ProcessSilent,
    ProcessStuck,
    ProgramSlowed,
    RestartFailed,
)
from inspector.hosts.run.host import RunHost
from inspector.ui.features.all import FEATURES
from inspector.ui.kit.boxes import Action, EmptyState
from inspector.ui.kit.columns import ColumnChoices
from inspector.ui.panel import JournalPanel
from inspector.ui.shell.filtering import Filtering
from inspector.ui.shell.standing import Standing
from inspector.ui.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.query.query import Filter
    from inspector.app.workbench import View
    from inspector.ui.context import Context
    from inspector.ui.feature import Feature, Parts
    from inspector.ui.kit.badges import BadgeTone

#: Told where it stays: a refused fire under its form, what is wrong with the program in the strip.
_TOLD_ELSEWHERE: Final = (FireRefused, ProcessEnded, ProcessStuck, RestartFailed)
#: What an empty place says instead of its own words.
_Words = tuple[str, str, Action | None]
_OWN: Final[_Words] = ("", "", None)
_NOTHING_RECORDED: Final = "Nothing recorded in this session"


class Roof(QObject):
    """The features of one window.

    Args:
        context: What they work with.
        features: What is built in, in the order of tabs and menus.

    Attributes:
        standing: Keeps the status bar true.
        complete: All features are made.
    """

    def __init__(self, context: Context, features: Sequence[Feature] = FEATURES) -> None:
        super().__init__(context)
        self._context = context
        self._shown: Journal | None = None
        self._empty = True
        self._features = features
        self._made: dict[str, Parts] = {}
        self._panels: list[JournalPanel] = []
        self._verbs = Verbs(context)
        self._filter: Filter | None = None
        self.complete = False
        self._build(features)
        self._filtering = Filtering(
            context.shell.bar.filter, context.workbench, context.settings, context.history, context.tasks
        )
        self._filtering.applied.connect(self._apply_filter)
        self._filtering.remarked.connect(context.notices.info)
        self._filtering.progressed.connect(context.shell.tell_briefly)
        self._next_steps = _NextSteps(context, self._panels)
        self.standing = Standing(context.shell, context.workbench, LossMarks(context.settings))
        self.standing.changed.connect(context.changed)
        context.changed.connect(self._changed)
        context.closing.connect(self._filtering.stop)
        context.numbers_changed.connect(self._numbers_changed)
        context.workbench.on_view(self._show)
        context.workbench.on_folded(self._folded)
        context.built.emit()
        context.changed.emit()

    async def start(self) -> bool:
        """Start what waits for the window and the database; return whether there is something to show."""
        for feature in self._features:
            parts = self._made[feature.id]
            if parts.start is not None and not await parts.start():
                return False
        return True

    async def stop(self) -> None:
        """End what is under way, before the database is closed."""
        for parts in self._made.values():
            if parts.stop is not None:
                await parts.stop()

    def _build(self, features: Sequence[Feature]) -> None:
        """Make the features of the first frame; the panels of the others have a place each."""
        self._context.commands.add(*self._context.history.commands())
        for feature in features:
            if feature.first_frame is not None:
                self._make(feature)

    def _make(self, feature: Feature) -> Parts:
        """Make a feature, and put its panel into its place."""
        shell, parts = self._context.shell, feature.make(self._context)
        panel = parts.panel
        if panel is not None and panel is not self._context.first_panels.get(feature.id):
            if feature.area == "centre":
                shell.fill_central(panel)
            else:
                shell.fill_panel(feature.id, panel)
        self._take_in(feature, parts)
        if panel is not None:
            shell.bind_scope(feature.id, panel)
        return parts

    async def make_rest(self) -> None:
        """Make all other features, one after another; in between the window answers to mouse and keyboard."""
        context, shell = self._context, self._context.shell
        for feature in self._features:
            if feature.first_frame is not None:
                continue
            await asyncio.sleep(0)
            parts = self._make(feature)
            view = context.workbench.view
            if isinstance(parts.panel, JournalPanel) and view is not None and self._shown is view.journal:
                parts.panel.show_view(view)
                parts.panel.set_filter(self._filter)
        context.commands.arrange(
            [
                *(command.id for command in context.history.commands()),
                *(command.id for feature in self._features for command in self._made[feature.id].commands),
            ]
        )
        shell.complete({name: menu for parts in self._made.values() for name, menu in parts.menus.items()})
        self._next_steps.set_panels(self._panels)
        self.complete = True
        if context.workbench.view is not None:
            context.view_shown.emit(context.workbench.view)
        context.changed.emit()

    def _take_in(self, feature: Feature, parts: Parts) -> None:
        context = self._context
        self._made[feature.id] = parts
        context.commands.add(*parts.commands)
        if parts.gestures:
            context.shell.add_gestures(f"{feature.title}: mouse", parts.gestures)
        for provider in parts.finds:
            context.shell.add_finds(provider)
        if parts.panel is not None:
            self._remember_columns(feature.id, parts.panel)
        if isinstance(parts.panel, JournalPanel):
            self._panels.append(parts.panel)
            parts.panel.verbs = self._verbs
            parts.panel.badge_changed.connect(self._badge_setter(feature.id))

    def _remember_columns(self, panel_id: str, panel: QWidget) -> None:
        """Show the tables of a panel as they were shown last, and remember what is chosen in them."""
        settings = self._context.settings
        for number, columns in enumerate(panel.findChildren(ColumnChoices)):  # type: ignore[type-abstract]
            key = f"columns.{panel_id}" + (f".{number}" if number else "")
            columns.restore(settings.mapping(key))
            columns.changed.connect(partial(self._keep_columns, key, columns))

    def _keep_columns(self, key: str, columns: ColumnChoices) -> None:
        self._context.settings.set(key, columns.state())

    def _badge_setter(self, panel_id: str) -> Callable[[str, BadgeTone], None]:
        return lambda text, tone: self._context.shell.set_badge(panel_id, text, tone)

    # -- what the workbench tells

    def _show(self, view: View) -> None:
        context = self._context
        if self._shown is not view.journal:
            self._shown, self._empty = view.journal, not len(view.journal.publications)
            context.selection.reset()
            for panel in self._panels:
                panel.show_view(view)
            self._filtering.follow(view.journal)
            self._filtering.apply()
            context.view_shown.emit(view)
        context.shell.set_session(view.title if view.live else f"{view.title} (stored)")
        context.changed.emit()
        self.standing.go_on()

    def _folded(self, change: Change) -> None:
        context = self._context
        self._filtering.folded(change)
        for panel in self._panels:
            try:
                panel.folded(change)
            except Exception as error:  # noqa: BLE001 - a panel's mistake must not stop the others, nor the recording
                context.notices.report(error, f"Updating {type(panel).__name__}")
        for record in change.host:
            if record.severity == "error" and not isinstance(record, _TOLD_ELSEWHERE):
                context.notices.error(record.sentence)
            elif isinstance(record, ProgramSlowed):
                context.notices.warning(record.sentence)
            elif isinstance(record, ProcessSilent):
                context.changed.emit()  # what is waited for may never come
        context.folded.emit(change)
        if self._empty and context.journal is not None and len(context.journal.publications):
            self._empty = False
            context.changed.emit()  # there is something to export now

    def _numbers_changed(self) -> None:
        for panel in self._panels:
            panel.numbers_changed()
        self.standing.refresh()

    def _changed(self) -> None:
        self._next_steps.refresh()
        for panel_id, parts in self._made.items():
            if parts.offered is not None:
                self._context.shell.offer_panel(panel_id, offered=parts.offered())
        self._context.commands.changed()

    def _apply_filter(self, chosen: Filter | None) -> None:
        self._filter = chosen
        for panel in self._panels:
            panel.set_filter(chosen)


class _NextSteps:
    """What a window without anything to show suggests: the one next step that works as things stand.

    No empty place may ask for what cannot be done now.

    Args:
        context: What is shown, whether it runs, and what can be done.
        panels: Their empty places are filled by a program; those that are roomy wait for events, and get a button.
    """

    def __init__(self, context: Context, panels: Sequence[JournalPanel]) -> None:
        self._workbench = context.workbench
        self._commands = context.commands
        self._places: list[EmptyState] = []
        self.set_panels(panels)

    def set_panels(self, panels: Sequence[JournalPanel]) -> None:
        """Fill the empty places of these panels."""
        self._places = [place for panel in panels for place in panel.findChildren(EmptyState)]

    def refresh(self) -> None:
        """Show what is next now."""
        whole = self._without_program()
        offer = whole if whole != _OWN else self._without_events()
        for place in self._places:
            if place.roomy:
                place.instead(*offer)
            else:
                place.instead(whole[0], whole[1])

    def _without_program(self) -> _Words:
        """Return the words for a window that shows no session at all."""
        workbench = self._workbench
        if workbench.view is not None:
            return _OWN
        if not workbench.idle:
            return "Starting…", "The program is loading.", None
        return workbench.idle, "Open your own project to see its events here.", self._open()

    def _without_events(self) -> _Words:
        """Return the words for a session without events, when firing one is not what works."""
        host, view = self._workbench.host, self._workbench.view
        if view is not None and len(view.journal.publications):
            return _OWN
        if isinstance(host, RunHost) and self._workbench.live and view is not None:
            if self._workbench.stand is Stand.RECORDING:
                return (*waiting_text(host, view.journal), None)
            if self._workbench.stand is Stand.STOPPED:
                return (*waiting_text(host, view.journal), ("Run command…", self._run("run.command")))
        if self._workbench.reading:
            return "Reading…", "The session is being read.", None
        match self._workbench.stand:
            case Stand.NOTHING:
                return _NOTHING_RECORDED, "Open another session, or your own project.", self._open()
            case Stand.STORED:
                return (
                    _NOTHING_RECORDED,
                    "Go back to the live session to fire events.",
                    ("Back to live", self._run("session.live")),
                )
            case Stand.RELOADING:
                return "Reloading…", "The program is reloading.", None
            case Stand.STOPPED:
                return "The program has stopped", "Reload it to fire an event.", self._open()
            case Stand.PAUSED:
                return "Recording paused", "Events are not recorded.", ("Resume", self._run("record.toggle"))
        return _OWN

    def _open(self) -> Action:
        return "Open project…", self._run("project.open")

    def _run(self, command: str) -> Callable[[], object]:
        return lambda: self._commands.run(command)
