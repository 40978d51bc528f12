"""What can be done with an execution, a published event, an event type or a handler, in whatever panel it is shown."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from inspector.analysis.entries import IS_BAD
from inspector.analysis.query.complete import quoted
from inspector.app.text import one_line
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.text import copy_text

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal
    from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
    from inspector.ui.context import Context


class Verbs:
    """Makes the lines of context menus; what they do goes through the context.

    Args:
        context: The window.
    """

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def _journal(self) -> Journal:
        journal = self._context.journal
        assert journal is not None  # noqa: S101 - something of it is being pointed at
        return journal

    def execution(self, index: ExecutionIndex) -> list[MenuItem]:
        """Return what can be done with an execution."""
        context, journal = self._context, self._journal
        entry = journal.execution(index)
        file, line = self._origin(index)

        def show() -> None:
            context.selection.select_in(journal, index)
            context.raise_panel("execution")

        def ask_why() -> None:
            context.selection.select_in(journal, index)
            context.commands.run("compare.show")

        failed = bool(IS_BAD[journal.executions["status"][index]])
        why = MenuItem("Why this one?", ask_why, icon="compare", hint=self._keys("compare.show"))
        return [
            MenuItem("Show details", show, icon="execution"),
            MenuItem("Show in timeline", lambda: context.execution_wanted.emit(index), icon="timeline"),
            SEPARATOR,
            *([why] if failed and "compare.show" in context.commands else []),
            *self._retrying(index),
            *self._firing(entry.publication),
            SEPARATOR,
            self._copying("pytest", index, "flask"),
            self._copying("Markdown", index, "copy"),
            self._copying("Python", index, "code"),
            self._copying("JSON", index, "copy"),
            MenuItem("Copy as command", lambda: context.command_wanted.emit(entry.publication), icon="terminal"),
            SEPARATOR,
            self._opening(file, line),
            SEPARATOR,
            *self._fault(entry.event.name, entry.handler.label),
            self._filtering("Filter to this handler", f"handler:{quoted(entry.handler.label)}"),
            *self._event_filters(entry.publication),
        ]

    def publication(self, index: PublicationIndex) -> list[MenuItem]:
        """Return what can be done with something that was published."""
        entry = self._journal.publication(index)
        event_id, correlation = entry.event_id, entry.correlation
        return [
            *self._firing(index),
            SEPARATOR,
            MenuItem("Copy as command", lambda: self._context.command_wanted.emit(index), icon="terminal"),
            MenuItem("Copy event id", lambda: copy_text(event_id, "event id"), icon="copy", enabled=bool(event_id)),
            MenuItem(
                "Copy correlation id",
                lambda: copy_text(correlation, "correlation id"),
                icon="copy",
                enabled=bool(correlation),
            ),
            SEPARATOR,
            MenuItem("Show in catalog", lambda: self._show_event(entry.event.name), icon="tree"),
            self._opening(entry.event.file, entry.event.line),
            SEPARATOR,
            *self._event_filters(index),
        ]

    def handler(self, number: int) -> list[MenuItem]:
        """Return what can be done with a handler, by its number in the journal."""
        handler = self._journal.handlers[number]
        return [
            self._opening(handler.file, handler.line),
            MenuItem("Copy name", lambda: copy_text(handler.label, "name"), icon="copy"),
            *self._fault("", handler.label),
            self._filtering("Filter to this handler", f"handler:{quoted(handler.label)}"),
        ]

    def event(self, name: str) -> list[MenuItem]:
        """Return what can be done with an event type."""
        event = next((event for event in self._journal.events if event.name == name), None)
        file, line = (event.file, event.line) if event is not None else ("", 0)
        return [
            *(
                [MenuItem("Edit & fire", lambda: self._context.form_wanted.emit(name), icon="edit")]
                if self.fires
                else []
            ),
            MenuItem("Show in catalog", lambda: self._show_event(name), icon="tree"),
            self._opening(file, line),
            MenuItem("Copy name", lambda: copy_text(name, "name"), icon="copy"),
            *self._fault(name, ""),
            self._filtering("Filter to this event", f"event:{quoted(name)}"),
        ]

    def handlers(self, owner: str) -> list[MenuItem]:
        """Return what can be done with a class of handlers."""
        return [
            MenuItem("Copy name", lambda: copy_text(owner, "name"), icon="copy"),
            *self._fault("", f"{owner}.*"),
            self._filtering("Filter to these handlers", f"handler:{quoted(owner)}"),
        ]

    def branch(self, kind: str, name: str) -> list[MenuItem]:
        """Return what can be done with a category or a workflow; ``kind`` is its field in the filter."""
        return [
            MenuItem("Copy name", lambda: copy_text(name, "name"), icon="copy"),
            self._filtering(f"Filter to this {kind}", f"{kind}:{quoted(name)}"),
        ]

    @property
    def fires(self) -> bool:
        """Events may be fired into the program, as far as a person decides about that."""
        return self._context.workbench.firing_allowed

    def process(self, number: int) -> list[MenuItem]:
        """Return what can be done with a process, by its number in the session."""
        entry = self._journal.processes.by_number.get(number)
        items = [self._filtering("Filter to this process", f"process:{number}")]
        if entry is None:
            return items
        if entry.role:
            same = f"process:{quoted(entry.role)}"
            items.append(self._filtering(f"Filter to all of role {one_line(entry.role, 40)}", same))
        items += self._firing_into(number, live=entry.live)
        pid, command = str(entry.pid), entry.command
        return [
            *items,
            SEPARATOR,
            MenuItem("Copy pid", lambda: copy_text(pid), icon="copy", enabled=bool(entry.pid)),
            MenuItem("Copy command", lambda: copy_text(command), icon="terminal", enabled=bool(command)),
        ]

    def _firing_into(self, number: int, *, live: bool) -> list[MenuItem]:
        """Return the line that chooses a process to fire into, where that is allowed."""
        workbench = self._context.workbench
        firing = workbench.firing
        if firing is None or not (live and workbench.live and firing.allowed):
            return []
        chosen = firing.process == number

        def choose() -> None:
            firing.process = 0 if chosen else number
            self._context.changed.emit()

        return [SEPARATOR, MenuItem("Fire into this process", choose, icon="play", checked=chosen)]

    def _retrying(self, execution: ExecutionIndex) -> list[MenuItem]:
        workbench = self._context.workbench
        if not self.fires:
            return []
        possible = not workbench.retry_blocked() and workbench.retries.current is None
        return [
            MenuItem(
                "Retry handler",
                lambda: self._context.retry_wanted.emit([execution]),
                icon="refresh",
                enabled=possible,
                hint=self._keys("retry.execution"),
            )
        ]

    def _firing(self, publication: PublicationIndex) -> list[MenuItem]:
        context = self._context
        if not self.fires:
            return []
        possible = not context.workbench.fire_blocked()
        return [
            MenuItem(
                "Fire again", lambda: context.repeat_wanted.emit(publication, False), icon="repeat", enabled=possible
            ),
            MenuItem(
                "Edit & fire",
                lambda: context.repeat_wanted.emit(publication, True),
                icon="edit",
                enabled=possible,
                hint=self._keys("execution.edit"),
            ),
        ]

    def _copying(self, kind: str, execution: ExecutionIndex, icon: str) -> MenuItem:
        """Return the line that copies an execution as something."""
        hint = self._keys({"pytest": "execution.pytest", "Markdown": "execution.report"}.get(kind, ""))
        return MenuItem(
            f"Copy as {kind}", lambda: self._context.copy_wanted.emit(kind, execution), icon=icon, hint=hint
        )

    def _keys(self, command_id: str) -> str:
        """Return the keys of a command, empty where there is none."""
        return self._context.shortcut(command_id) if command_id in self._context.commands else ""

    def _event_filters(self, publication: PublicationIndex) -> list[MenuItem]:
        entry = self._journal.publication(publication)
        correlation = entry.correlation
        return [
            self._filtering("Filter to this event", f"event:{quoted(entry.event.name)}"),
            MenuItem(
                "Filter to this correlation",
                lambda: self._context.set_filter(f"corr:{correlation}"),
                icon="filter",
                enabled=bool(correlation),
            ),
        ]

    def _fault(self, event: str, handler: str) -> list[MenuItem]:
        """Return what asks for a fault of a handler (its label, or a pattern) and an event, empty for any."""
        possible = not self._context.workbench.fire_blocked()
        run = self._context.fault_wanted.emit
        if not self.fires:
            return []
        return [MenuItem("Add fault…", lambda: run(event, handler), icon="bolt", enabled=possible)]

    def _filtering(self, label: str, text: str) -> MenuItem:
        return MenuItem(label, lambda: self._context.set_filter(text), icon="filter")

    def _opening(self, file: str, line: int) -> MenuItem:
        """Return the line that opens a place in the editor; it names the place."""
        if not file:
            return MenuItem("Open in editor", lambda: None, icon="code", enabled=False)
        place = f"{PurePath(file).name}:{line}" if line else PurePath(file).name
        return MenuItem(f"Open {place}", lambda: self._context.open_source(file, max(1, line)), icon="code")

    def _origin(self, execution: ExecutionIndex) -> tuple[str, int]:
        """Return file and line where an execution failed, else where its handler is."""
        journal = self._journal
        error = journal.errors.kind_of(int(journal.executions["error"][execution]))
        if error is not None and error.place is not None:
            return error.place.file, error.place.line
        handler = journal.execution(execution).handler
        return handler.file, handler.line

    def _show_event(self, name: str) -> None:
        self._context.selection.select_event(name)
        self._context.event_wanted.emit(name)
