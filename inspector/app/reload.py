"""Reload on save: files change, the program starts anew, pinned events are fired again, and what changed is told."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic, time
from typing import TYPE_CHECKING

from inspector.core.errors import InspectorError
from inspector.core.records.numbers import PublicationIndex
from inspector.core.records.statuses import BAD_STATUSES, STATUSES, SWALLOWED
from inspector.hosts.project import Project
from inspector.hosts.watch import FileWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        #: When that was chosen last, seconds since the epoch, as files have it.
        self._chosen_at = 0.0
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
            self._next, self._chosen_at = project, time()
        async with self._busy:
            if number != self._number:  # more was saved while the program was being loaded: the last one counts
                return None
            before = monotonic()
            chosen, self._next = self._next, None
            try:
                await self._host.restart(chosen or self._reread(files))
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
        """Start a reload on the loop: the watch calls this on a thread of its own."""
        if self.on:
            self._loop.call_soon_threadsafe(lambda: self._tasks.start("Reloading the project", self.reload(files)))

    def _reread(self, files: Sequence[str]) -> Project | None:
        """Return the project with what its file says now of the buses, where that file was saved.

        Raises:
            InspectorError: The file is wrong.
        """
        source = self._host.project.source
        if source is None or str(source) not in files:
            return None
        with suppress(OSError):  # what is wrong with the file is told below
            if source.stat().st_mtime < self._chosen_at:  # what a person has chosen since is not undone
                return None
        saved = Project.from_folder(source.parent)
        if saved is None:
            return None
        current = self._host.project
        return replace(current, bus=saved.bus, handlers=saved.handlers, publish=saved.publish, adapter=saved.adapter)

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
