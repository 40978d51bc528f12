"""Reload on save: files change, the program starts anew, pinned events are fired again, and what changed is told."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from inspector.core.errors import InspectorError
from inspector.core.records.numbers import PublicationIndex
from inspector.core.records.statuses import BAD_STATUSES, STATUSES, SWALLOWED
from inspector.hosts.project import Project
from inspector.hosts.watch import FileState, FileWatch, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from inspector.analysis.journal import Journal
    from inspector.app.recording import Recording
    from inspector.app.tasks import TaskOwner
    from inspector.catalog.form import FireForm
    from inspector.hosts.child import ChildHost

#: What a fire gave: the status of each handler's execution, by label.
Statuses = dict[str, str]


@dataclass(frozen=True)
class Reloaded:
    """What a reload brought.

    Attributes:
        seconds: How long the restart took.
        files: What was saved.
        fixed: ``event: handler`` of what went wrong before and goes well now.
        broke: The other way round.
        same: How many pinned executions ended as before.
        trouble: Why the program could not be loaded again; None when it could.
    """

    seconds: float
    files: tuple[str, ...]
    fixed: tuple[str, ...] = ()
    broke: tuple[str, ...] = ()
    same: int = 0
    trouble: InspectorError | None = None


@dataclass
class Pin:
    """An event that is fired after each reload, and the fire that the next one is compared with, 0 for none yet."""

    form: FireForm
    fire: int = 0


class Reloader:
    """Watches a project's files and restarts its process when some are saved.

    Args:
        recording: The live recording of the project; another one may take its place.
        host: Its host.
        tasks: Owner of the tasks.
        report: Called with what a reload brought.
    """

    def __init__(
        self, recording: Recording, host: ChildHost, tasks: TaskOwner, report: Callable[[Reloaded], None]
    ) -> None:
        self.recording = recording
        self._host = host
        self._tasks = tasks
        self._told = report
        self._loop = asyncio.get_running_loop()
        self._busy = asyncio.Lock()
        self._number = 0
        #: What to load the next time, if something else.
        self._next: Project | None = None
        #: The file of the project says something of the buses that is still to be read.
        self._unread = False
        #: The state of that file of which there is nothing to be noticed: it is our own, or older than a choice.
        self._known: FileState | None = None
        self._watch = FileWatch(host.watched, self._saved)
        self.pins: list[Pin] = []
        self.on = True

    def start(self) -> None:
        """Begin to watch."""
        self._watch.start()

    def stop(self) -> None:
        """End the watch."""
        self._watch.stop()

    def pinned(self, event: str) -> bool:
        """Return whether an event is fired after each reload."""
        return any(pin.form.event == event for pin in self.pins)

    def pin(self, form: FireForm, fire: int = 0) -> None:
        """Fire this after each reload; ``fire`` is the one whose outcome counts as *before*."""
        self.unpin(form.event)
        self.pins.append(Pin(form, fire))

    def unpin(self, event: str) -> None:
        """Fire an event no more after a reload."""
        self.pins = [pin for pin in self.pins if pin.form.event != event]

    def wrote(self, file: Path, state: FileState | None) -> None:
        """Take note of our own save of a file; ``state`` is the one in which it was left."""
        if file == self._host.project.source:
            self._known = state

    async def reload(self, files: Sequence[str] = (), project: Project | None = None) -> Reloaded | None:
        """Restart the program, fire what is pinned, compare with what it gave before.

        Args:
            files: What was saved.
            project: What to load from now on, as with other settings; None: the same.

        Returns:
            What changed; None when another reload took its place before all that is pinned was fired.
        """
        self._number += 1
        number = self._number
        if project is not None:
            self._choose(project)
        if self._is_source(files):
            self._unread, self._known = True, None
        async with self._busy:
            if number != self._number:  # more was saved while the program was being loaded: the last one counts
                return None
            before = monotonic()
            try:
                await self._host.restart(self._wanted())
            except InspectorError as error:
                result: Reloaded | None = Reloaded(monotonic() - before, tuple(files), trouble=error)
            else:
                result = None
        if result is None:
            # Not under the lock: what is pinned may hang, and saving the file again is how that is mended.
            result = await self._fire_pins(monotonic() - before, tuple(files), number)
        if result is not None:
            self._told(result)
        return result

    def _saved(self, files: tuple[str, ...]) -> None:
        """Take note on the loop: the watch calls this on a thread of its own."""
        self._loop.call_soon_threadsafe(self._noticed, files)

    def _noticed(self, files: tuple[str, ...]) -> None:
        """Start a reload for what others have saved."""
        source = self._host.project.source
        if source is not None and self._known is not None and state_of(source) == self._known:
            files = tuple(file for file in files if file != str(source))
        if files and self.on:
            self._tasks.start("Reloading the project", self.reload(files))

    def _is_source(self, files: Sequence[str]) -> bool:
        source = self._host.project.source
        return source is not None and str(source) in files

    def _choose(self, project: Project) -> None:
        """Load this the next time. What the file says of the buses by now is not to undo what is chosen of them."""
        if project.source is not None and _buses(project) != _buses(self._next or self._host.project):
            self._unread, self._known = False, state_of(project.source)
        self._next = project

    def _wanted(self) -> Project | None:
        """Return what to load: what was chosen, with what the file of the project says of the buses if that is newer.

        Raises:
            InspectorError: The file is wrong.
        """
        chosen, unread = self._next, self._unread
        self._unread = False
        source = self._host.project.source
        saved = Project.from_folder(source.parent) if unread and source is not None else None
        self._next = None
        return replace(chosen or self._host.project, **_buses(saved)) if saved is not None else chosen

    async def _fire_pins(self, seconds: float, files: tuple[str, ...], number: int) -> Reloaded | None:
        fixed: list[str] = []
        broke: list[str] = []
        same = 0
        for pin in tuple(self.pins):
            form = pin.form
            if number != self._number:
                return None
            try:
                fire = self._host.fire(replace(form, count=1).request())
            except InspectorError as error:  # a pinned event before it has ended the program
                return Reloaded(seconds, files, trouble=error) if number == self._number else None
            await self.recording.outcome(fire)
            if number != self._number:  # what ran was interrupted by the next restart
                return None
            # Read now, not when it was pinned: it may have been under way.
            old, now = (statuses_of(self.recording.journal, number) if number else {} for number in (pin.fire, fire))
            for handler in now.keys() | old.keys():
                was, is_ = _well(old.get(handler)), _well(now.get(handler))
                if was == is_ or was is None:
                    same += was is not None
                elif is_:
                    fixed.append(f"{form.event}: {handler}")
                else:
                    broke.append(f"{form.event}: {handler}")
            pin.fire = fire
        return Reloaded(seconds, files, tuple(sorted(fixed)), tuple(sorted(broke)), same)


def _buses(project: Project) -> dict[str, Any]:
    """Return what a project says of its buses."""
    return {name: getattr(project, name) for name in ("bus", "handlers", "publish", "adapter")}


def statuses_of(journal: Journal, fire: int) -> Statuses:
    """Return how each handler ended in a fire; of a handler that ran several times the worst worst."""
    statuses: Statuses = {}
    fires = journal.publications["fire"]
    for publication in (fires == fire).nonzero()[0]:
        for index in journal.executions_of(PublicationIndex(int(publication))):
            execution = journal.execution(index)
            label = execution.handler.label
            worst = statuses.get(label)
            if worst is None or STATUSES.index(execution.status) > STATUSES.index(worst):
                statuses[label] = execution.status
    return statuses


def _well(status: str | None) -> bool | None:
    """Return whether an execution went well; a handler that did not run says nothing."""
    return None if status is None else status not in BAD_STATUSES and status != SWALLOWED
