"""Notices that files of a project were saved, without help of the system: a look at each, a few times a second."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

#: Seconds between two looks.
INTERVAL: Final = 0.2

_Mark = tuple[int, int, int] | None
#: What tells one save of a file from another: when it was written, in nanoseconds, and what.
FileState = tuple[int, bytes]


class FileWatch:
    """Looks at files, and tells when some have changed and the change is over.

    A save may take several steps (write, rename, touch), so a change is told when a look finds nothing further.

    Args:
        files: Returns the files to look at, each time anew; called on the watch's thread.
        changed: Called with the files that changed, appeared or went; called on the watch's thread.
        interval: Seconds between two looks.
    """

    def __init__(
        self,
        files: Callable[[], Iterable[str]],
        changed: Callable[[tuple[str, ...]], None],
        *,
        interval: float = INTERVAL,
    ) -> None:
        self._files = files
        self._changed = changed
        self._interval = interval
        self._marks: dict[str, _Mark] = {}
        self._pending: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="inspector-files", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self.look()
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait for the thread."""
        self._stop.set()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(2.0)

    def look(self) -> tuple[str, ...]:
        """Look once; return what has changed and changes no more. Of a file seen first, now is the beginning."""
        now = {file: _mark(file) for file in self._files()}
        changed = {file for file, mark in now.items() if file in self._marks and self._marks[file] != mark}
        self._marks = now
        if changed or not self._pending:
            self._pending |= changed
            return ()
        done, self._pending = tuple(sorted(self._pending)), set()
        return done

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            done = self.look()
            if done:
                self._changed(done)


def state_of(file: str | Path) -> FileState | None:
    """Return in which state a file is; None where it cannot be read."""
    try:
        with open(file, "rb") as stream:  # noqa: PTH123 - a path or its text
            return os.fstat(stream.fileno()).st_mtime_ns, stream.read()
    except OSError:
        return None


def _mark(file: str) -> _Mark:
    """Return what changes when a file is saved: by writing into it, or by putting another in its place."""
    try:
        stat = os.stat(file)  # noqa: PTH116 - a few hundred times a second
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
