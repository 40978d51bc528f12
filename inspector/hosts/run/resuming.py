"""What a later reader of a run has to know: how each process began, as it was read, and which runs there are."""

from __future__ import annotations

import json
import os
import shlex
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from inspector.agent.run.listening import bases, is_private
from inspector.agent.run.ring import READ, RingError
from inspector.core.records.host import HandlerAdded, ProgramReloaded
from inspector.core.records.records import AT, KIND, SESSION_STARTED
from inspector.hosts.run.folder import BEGUN, OWNER, RING, WATCH, is_read, read_json, run_folders
from inspector.hosts.run.launch import RunCommand
from inspector.hosts.run.proc import ProcessIdentity, same_process
from inspector.hosts.run.ringreader import RingReader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TELLING: Final = ("anchor", SESSION_STARTED, HandlerAdded.KIND, ProgramReloaded.KIND)


class Begun:
    """How the stream of a process began: when its time 0 was, and what it declares.

    Args:
        ring: The path of its ring.
        read_before: Another reader has read the beginning.

    Attributes:
        items: Rows and messages in the form in which they were read; empty before anything was.
    """

    def __init__(self, ring: Path, *, read_before: bool) -> None:
        self._path = ring.with_name(ring.name + BEGUN)
        self.items: list[list[Any]] = []
        if read_before:
            with suppress(OSError, ValueError):
                items = json.loads(self._path.read_text())
                self.items = [item for item in items if type(item) is list and len(item) > AT]

    def keep(self, items: Iterable[list[Any]]) -> None:
        """Write down what of these items a later reader has to know, before they are released."""
        fresh = [list(item) for item in items if item[KIND] in _TELLING]
        if not fresh:
            return
        if any(item[KIND] == ProgramReloaded.KIND for item in fresh):  # only the newest catalog counts
            self.items = [item for item in self.items if item[KIND] != ProgramReloaded.KIND]
            newest = [item for item in fresh if item[KIND] == ProgramReloaded.KIND][-1]
            fresh = [item for item in fresh if item[KIND] != ProgramReloaded.KIND or item is newest]
        self.items += fresh
        draft = self._path.with_name(f".{self._path.name}")
        with suppress(OSError):  # the folder was removed: nobody reads after us
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "w") as file:  # noqa: PTH123
                json.dump(self.items, file)
            draft.replace(self._path)


class LiveRun(NamedTuple):
    """A command that runs, and can be watched.

    Attributes:
        folder: Its folder.
        command: What runs.
        main: The process that it began as.
        since: When it was started, ns of the monotonic clock.
        read: Another inspector watches it.
    """

    folder: Path
    command: RunCommand
    main: ProcessIdentity
    since: int
    read: bool

    @property
    def text(self) -> str:
        """The command, and the number of its process."""
        return f"{shlex.join(self.command.words)} · pid {self.main.pid}"


def live_runs() -> list[LiveRun]:
    """Return the user's commands that run, the newest first."""
    runs = []
    for base in bases():
        if not is_private(base):
            continue
        for folder in run_folders(base):
            run = _live_run(folder)
            if run is not None:
                runs.append(run)
    return sorted(runs, key=lambda run: -run.since)


def _live_run(folder: Path) -> LiveRun | None:
    owners, order = read_json(folder, OWNER), read_json(folder, WATCH)
    main = owners.get("main") or owners.get("command")
    try:
        identity = ProcessIdentity(*(int(part) for part in main or ()))
        words = tuple(str(word) for word in order["words"])
        command = RunCommand(words, str(order["program"]), str(order["name"]))
        since = int(order.get("anchor", 0))
    except (LookupError, TypeError, ValueError):
        return None
    return LiveRun(folder, command, identity, since, is_read(folder)) if words and same_process(identity) else None


def resumed_anchor(folder: Path, now: int) -> int:
    """Return when the first of what nobody has read yet happened, ns of the monotonic clock.

    Args:
        folder: The run's.
        now: What time it is; the answer where everything was read.
    """
    first = now
    for path in folder.glob(f"*{RING}"):
        with suppress(RingError, OSError):
            reader = RingReader(str(path))
            try:
                begun = Begun(path, read_before=reader.header[READ] > 0).items
                items = [*begun, *reader.take(1 << 16)]
            finally:
                reader.close()
            anchor = next((item[AT] for item in items if item[KIND] == "anchor" and type(item[AT]) is int), None)
            unread = [item[AT] for item in items[len(begun) :] if type(item[KIND]) is int and type(item[AT]) is int]
            if anchor is not None and unread:
                first = min(first, max(anchor, anchor + unread[0]))
    return first
