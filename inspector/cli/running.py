"""A recording around a command: the database opened, the program started, all of it ended properly."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from inspector.app.notices import Notice, Notices
from inspector.app.recording import Recording
from inspector.app.tasks import TaskOwner
from inspector.app.text import format_duration, one_line, plural
from inspector.cli.signals import cancelled_by_signals
from inspector.core.errors import InspectorError
from inspector.core.records.host import (
    HostRecord,
    LoopBlocked,
    LoopUnblocked,
    OutputDropped,
    ProcessEnded,
    ProcessStuck,
    ProcessUnstuck,
    ProgramPrinted,
)
from inspector.core.request import TIMEOUT
from inspector.store.trouble import NoRoom, count_lost, count_records

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.cli.console import Console
    from inspector.cli.source import ProgramSource
    from inspector.store.store import Store

T = TypeVar("T")

_ALWAYS_TOLD: Final = (ProcessStuck, ProcessUnstuck)
#: Records of a program's standing still, or not any more.
_STANDING: Final[dict[type[HostRecord], bool]] = {
    LoopBlocked: True,
    ProcessStuck: True,
    LoopUnblocked: False,
    ProcessUnstuck: False,
    ProcessEnded: False,
}
#: Seconds that a handler has beyond its time before the whole program is ended.
_GRACE: Final = 2.0
_TOLD: Final = (ProgramPrinted, OutputDropped, LoopBlocked, LoopUnblocked)


class Troubles:
    """What went wrong beside the executions; each is told on stderr at once.

    Args:
        console: Where to tell.

    Attributes:
        count: How many errors there were.
        bugs: How many of them were mistakes of ours.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self.count = 0
        self.bugs = 0

    def notice(self, notice: Notice) -> None:
        """Take a notice; what only informs is left out."""
        if notice.severity == "info":
            return
        self.count += notice.severity in ("error", "bug")
        self.bugs += notice.severity == "bug"
        self._console.trouble(InspectorError(notice.text, notice.hint))

    def storing(self, trouble: InspectorError | None) -> None:
        """Take trouble with the store: it may pass, so it only counts when the session cannot be closed."""
        if trouble is None:
            self._console.note("The session is being saved again.")
        else:
            self._console.trouble(trouble)

    def lost(self, recording: Recording) -> None:
        """Report at the end of a recording what of it was lost; each is an error."""
        if recording.lost and not recording.unfinished:  # which told it
            self.count += 1
            self._console.note(f"{count_lost(recording.lost)}.")
        if recording.lost_payloads:
            self.count += 1
            payloads = plural(recording.lost_payloads, "payload")
            self._console.note(f"{payloads} {'was' if recording.lost_payloads == 1 else 'were'} lost.")


class Asides:
    """Reports on stderr what a program in a process of its own does beside its executions.

    That its loop does not answer is told once, and always when nothing in it does: a command that waits then waits for
    ever. What it prints is told with ``-v``.

    Args:
        console: Where to tell.
        verbose: Tell everything.
    """

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._blocked_told = False

    def folded(self, change: Change) -> None:
        """Take what is new."""
        for record in change.host:
            text = one_line(record.sentence)
            if isinstance(record, ProgramPrinted):
                text = f"{one_line(record.stream, 20)}: {text}"
            if isinstance(record, _ALWAYS_TOLD) or (self._verbose and isinstance(record, _TOLD)):
                self._console.note(text)
            elif isinstance(record, LoopBlocked) and not self._blocked_told:
                self._blocked_told = True
                self._console.note(text)


class Patience:
    """Ends a program whose loop stands still for longer than a handler may take: nobody is there to press Stop.

    A handler that gives nothing back to the loop cannot be given up as others are. As long as executions begin or end
    meanwhile there is progress, however slow. Call it on the loop.

    Args:
        kill: Ends the program.
        console: Where to tell.
        seconds: How long a handler may take.
    """

    def __init__(self, kill: Callable[[], None], console: Console, seconds: float) -> None:
        self._kill, self._console = kill, console
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None

    def folded(self, change: Change) -> None:
        """Take what is new."""
        changes = [_STANDING[type(record)] for record in change.host if type(record) in _STANDING]
        standing = changes[-1] if changes else self._timer is not None
        self.stop()
        if standing:
            self._timer = asyncio.get_running_loop().call_later(self._seconds + _GRACE, self._end)

    def stop(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        self._console.note(f"No activity for {format_duration(int(self._seconds * 1e9))}: stopping the program.")
        self._kill()


def session_name(what: str) -> str:
    """Name a session by the date, local time: ``2026-11-20 23:50:12 demo``."""
    return f"{time.strftime('%Y-%m-%d %H:%M:%S')} {what}"


@contextlib.asynccontextmanager
async def opened(path: Path, *, room: bool = True) -> AsyncIterator[Store]:
    """Open a sessions database.

    Args:
        path: The file.
        room: It must be open; otherwise a recording may begin on a full disk, and its session as soon as there is room.

    Raises:
        InspectorError: It cannot be opened.
    """
    from inspector.store.store import Store

    store = Store(path)
    with contextlib.nullcontext() if room else contextlib.suppress(NoRoom):
        await store.open()
    try:
        yield store
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def recording(
    store: Store | None,
    source: ProgramSource,
    troubles: Troubles,
    console: Console,
    *,
    name: str,
    seed: int | None,
    hold: bool = False,
    verbose: bool = False,
    timeout: float = TIMEOUT,
) -> AsyncIterator[Recording]:
    """Record a program into a new session; at the end, however it comes, what was recorded is written and closed.

    Args:
        store: Where to; None records into memory only.
        source: The program.
        troubles: Counts what goes wrong beside the executions.
        console: Where to tell.
        name: The session's name.
        seed: Seed of the synthetic values.
        hold: Begin the session after ``Recording.keep`` only; the store has to be opened by then.
        verbose: Tell what a program in a process of its own prints.
        timeout: Seconds that a handler may take; a program in a process of its own is ended when nothing moves in it
            for longer.

    Raises:
        InspectorError: The program could not be started.
        RuntimeError: A mistake of ours ended the recording.
    """
    task = asyncio.current_task()
    notices = Notices()
    ending = False

    def told(notice: Notice) -> None:
        troubles.notice(notice)
        if troubles.bugs and task is not None and not ending:
            # What the command waits for may never come.
            task.cancel()

    notices.attach(told)
    live = Recording(
        source.make_host(seed),
        store,
        TaskOwner(notices),
        name=name,
        source=source.kind,
        hold=hold,
        on_trouble=troubles.storing,
    )
    patience: Patience | None = None
    from inspector.hosts.child import ChildHost

    if isinstance(live.host, ChildHost):
        live.listen(Asides(console, verbose=verbose).folded)
        patience = Patience(live.host.kill, console, timeout)
        live.listen(patience.folded)
    try:
        await live.start()
        for problem in live.host.problems if isinstance(live.host, ChildHost) else ():
            if problem.kind == "interpreter":  # before anything else fails because of it
                console.trouble(problem)
        yield live
    except (asyncio.CancelledError, RuntimeError) as error:
        if isinstance(error, RuntimeError):
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(0)  # the notice that says why comes one step later
        ending = True
        live.patience = 0.0  # whoever asks for the end does not want to wait for the disk
        cut_short = False
        try:
            await live.close()
        except asyncio.CancelledError:  # Ctrl+C once more: what is under way is dropped, and what is stored is told
            cut_short = True
            await live.close()
        if live.stored and live.session:
            some = live.lost or cut_short
            what = f"the first {count_records(live.stored)}" if some else "everything recorded so far"
            console.note(f"Stopped. Session {live.session} has {what}.")
        if troubles.bugs:
            raise RuntimeError("recording failed") from None
        raise
    finally:
        ending = True
        await live.close()
        troubles.lost(live)
        if patience is not None:
            patience.stop()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; Ctrl+C, a request to terminate and a closed terminal cancel it: it ends properly.

    Raises:
        KeyboardInterrupt: After Ctrl+C.
        Signalled: After the others.
    """

    async def main() -> T:
        with cancelled_by_signals():
            return await work

    return asyncio.run(main())
