"""What keeps the window of the specs true, and does what is asked for there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from inspector.analysis.observed import FoundHandlers, handlers_run
from inspector.app.notices import NoticeAction
from inspector.app.project_file import can_write, difference, write_bus_tables
from inspector.app.spec import added_specs, as_option, changed_tables, declared_tables
from inspector.app.text import format_count, plural
from inspector.core.errors import InspectorError
from inspector.core.spec import OBSERVED, is_about_settings
from inspector.hosts.child import ChildHost
from inspector.ui.features.spec.window import SpecWindow
from inspector.ui.kit.newest import Newest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from inspector.analysis.observed import FoundHandler
    from inspector.app.project_file import BusTable
    from inspector.core.description import CatalogDescription, Problem
    from inspector.core.spec import BusSpec, SpecLine
    from inspector.hosts.project import Project
    from inspector.ui.context import Context

#: Handlers that a person wants to hear no more of, and how many of them are remembered.
_IGNORED: Final = "spec.ignored"
_MOST_IGNORED: Final = 200
#: Milliseconds between two looks at what has run.
_LOOK: Final = 400


class SpecFlow(QObject):
    """Keeps the window of the specs true, and does what is asked for there.

    Args:
        context: The window of the program.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._context = context
        self._found: FoundHandlers | None = None
        self._told: set[str] = set()
        self._shown: CatalogDescription | None = None
        self._blocked = self._source = ""
        #: Keys of the handlers for which lines are shown that no spec has.
        self._observed: list[str] = []
        self._reading = Newest()
        self.window = SpecWindow(context.theme, context.shell)
        self._pause = QTimer(self, interval=_LOOK, singleShot=True)
        self._pause.timeout.connect(self._look)
        self.window.change_wanted.connect(self._change)
        self.window.reading_wanted.connect(self._read)
        self.window.add_wanted.connect(self._add)
        self.window.ignore_wanted.connect(self._ignore)
        self.window.reset_wanted.connect(lambda: self._write([]))
        self.window.save_wanted.connect(self._save)
        self.window.source_wanted.connect(context.open_source)
        self.window.copied.connect(lambda lines: context.notices.info(f"Copied as TOML · {plural(lines, 'line')}"))
        context.view_shown.connect(lambda _: self._refresh())
        context.folded.connect(lambda _: self._folded())
        context.changed.connect(self._refresh)

    def show(self) -> None:
        """Open the window, or bring it to the front."""
        self._refresh()
        self.window.show()
        self._look()
        self.window.raise_()
        self.window.activateWindow()
        self.window.tree.setFocus()

    def blocked(self) -> str:
        """Return why there is nothing to show; empty when there is."""
        return self._context.workbench.view_blocked()

    # -- what is shown

    @property
    def _specs(self) -> tuple[BusSpec, ...]:
        journal = self._context.journal
        return journal.catalog.specs if journal is not None and journal.catalog is not None else ()

    def _project(self) -> Project | None:
        host = self._context.workbench.host
        return host.project if isinstance(host, ChildHost) else None

    def _change_blocked(self) -> str:
        if self._project() is None:
            return "The demo runs inside the inspector"
        workbench = self._context.workbench
        return workbench.program_blocked() or ("" if workbench.live else "This is a stored session")

    def _problems(self) -> list[Problem]:
        journal = self._context.journal
        problems = journal.catalog.problems if journal is not None and journal.catalog is not None else ()
        return [problem for problem in problems if is_about_settings(problem.where)]

    def _refresh(self) -> None:
        journal = self._context.journal
        catalog = journal.catalog if journal is not None else None
        if self._found is None or self._found.journal is not journal:
            self._found = FoundHandlers(journal) if journal is not None else None
        blocked = self._change_blocked()
        if catalog is self._shown and blocked == self._blocked:
            return
        self._shown, self._blocked = catalog, blocked
        project = self._project()
        self._source = ", ".join(project.app) if project is not None else catalog.program if catalog is not None else ""
        problems = self._problems()
        self._observed = []
        self.window.set_specs(self._source, self._specs, problems, blocked)
        if catalog is not None and not catalog.specs:
            self.window.set_empty("Nothing to read", "The program describes its bus itself.")
        self.window.save.setVisible(self._unsaved())
        for problem in problems:
            if problem.text not in self._told and self._context.workbench.live:
                self._told.add(problem.text)
                self._context.notices.warning(problem.text, problem.hint, (self._action(),))
        self._look()

    def _action(self) -> NoticeAction:
        return NoticeAction("Show", lambda: self._context.commands.run("spec.show"))

    def _folded(self) -> None:
        if self._found is None or self._found.journal is not self._context.journal:
            self._refresh()
        elif not self._pause.isActive():
            self._pause.start()

    def _look(self) -> None:
        """Compare with what has run since the last time."""
        journal = self._context.journal
        if journal is None or self._found is None or journal.catalog is None:
            return
        if journal.catalog is not self._shown:
            self._refresh()
            return
        ignored = set(self._context.settings.strings(_IGNORED))
        handlers = [handler for handler in self._found.look() if handler.count and handler.key not in ignored]
        self.window.set_found(handlers)
        self._show_observed(handlers)
        fresh = [handler for handler in handlers if handler.key not in self._told]
        self._told.update(handler.key for handler in fresh)
        if fresh and not self.window.isVisible():
            several = f"{len(fresh)} handlers ran and are not in the spec"
            text = fresh[0].sentence if len(fresh) == 1 else several
            self._context.notices.info(f"{text}.", "", (self._action(),))
        if self.window.isVisible():
            declared = {handler.key for handler in journal.catalog.handlers}
            ran = format_count(len(handlers_run(journal) & declared))
            have = "has" if len(declared) == 1 else "have"
            self.window.set_counts(f"{ran} of {plural(len(declared), 'handler')} {have} run" if declared else "")

    def _show_observed(self, handlers: Sequence[FoundHandler]) -> None:
        """Show lines for the handlers that were found, unless somebody is changing a line."""
        keys = [handler.key for handler in handlers]
        if keys == self._observed or self.window.editor is not None or not self._specs:
            return
        self._observed = keys
        specs = self._specs
        for handler in handlers:
            specs = added_specs(specs, handler, OBSERVED)
        self.window.set_specs(self._source, specs, self._problems(), self._blocked)

    # -- what is asked for

    def _read(self, where: str, line: SpecLine, value: object) -> None:
        host = self._context.workbench.host
        if not isinstance(host, ChildHost):
            return
        tables = changed_tables(self._specs, where, line, value)
        reading = self._show_reading(host, tables, value, self._reading.ask())
        self._context.tasks.start("Reading the program again", reading)

    async def _show_reading(
        self, host: ChildHost, tables: Sequence[BusTable], value: object, wanted: Callable[[], bool]
    ) -> None:
        reading = await host.read_as(as_option(tables))
        if not wanted():  # something else is asked for by now
            return
        journal = self._context.journal
        catalog = journal.catalog if journal is not None else None
        if catalog is not None:
            was = len(catalog.handlers), sum(bool(event.handlers) for event in catalog.events)
            self.window.show_reading(value, reading, was)

    def _change(self, where: str, line: SpecLine, value: object) -> None:
        self._write(changed_tables(self._specs, where, line, value))

    def _add(self, handlers: Sequence[FoundHandler]) -> None:
        specs = self._specs
        for handler in handlers:
            specs = added_specs(specs, handler)
        self._write(declared_tables(specs))

    def _ignore(self, handlers: Sequence[FoundHandler]) -> None:
        for handler in handlers:
            self._context.settings.remember(_IGNORED, handler.key, _MOST_IGNORED)
        self._look()

    def _write(self, tables: Sequence[BusTable]) -> None:
        """Read the program by these tables from now on; the file gets them when they are saved."""
        project = self._project()
        if project is not None:
            self._context.project_wanted.emit(replace(project, bus=as_option(tables)))

    def _file(self) -> Path | None:
        """Return the file in which what is declared can be saved; None where there is none."""
        project = self._project()
        if project is None:
            return None
        file = project.source or project.cwd / "pyproject.toml"
        return file if can_write(file) else None

    def _unsaved(self) -> bool:
        """Return whether something is declared that the file does not say, or the other way round."""
        file = self._file()
        if file is None or self._change_blocked():
            return False
        try:
            return bool(difference(file, declared_tables(self._specs)))
        except InspectorError:  # it says why when it is asked to
            return True

    def _save(self) -> None:
        """Show what would change in the file, and change it when the person agrees."""
        file = self._file()
        if file is None:
            return
        tables = declared_tables(self._specs)
        try:
            changes = difference(file, tables)
        except InspectorError as error:
            self._context.notices.report(error)
            return

        def answered(answer: str | None) -> None:
            if answer == "Save":
                self._save_to(file, tables)

        self.window.ask_to_save(str(file), changes, answered)

    def _save_to(self, file: Path, tables: Sequence[BusTable]) -> None:
        try:
            self._context.project_saved.emit(file, write_bus_tables(file, tables))
        except InspectorError as error:
            self._context.notices.report(error)
            return
        self._context.notices.info(f"Saved to {file}.")
        self.window.save.setVisible(self._unsaved())
