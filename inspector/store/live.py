"""Who is recording: a lock file for each session that is being written.

The operating system drops the lock when its process ends, however it ends; so a session without the mark of a proper
end is *interrupted* exactly when nobody holds its lock. The lock is on a file of its own: opening the database's file
beside SQLite would drop SQLite's locks.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from inspector.core.errors import InspectorError

if sys.platform == "win32":
    import msvcrt

    def _hold(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

    def _probe(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _hold(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _probe(fd: int) -> None:
        # Shared: two programs that look at the same time do not take each other for the writer.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)


class SessionLock:
    """Held by the one writer of a session from its first row to its last.

    Args:
        database: The database's file.
        session: The session's id.

    Raises:
        InspectorError: The lock cannot be taken.
    """

    def __init__(self, database: Path, session: int) -> None:
        self._path = _lock_path(database, session)
        try:
            self._path.parent.mkdir(mode=0o700, exist_ok=True)
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise InspectorError(f"Cannot create {self._path}: {error.strerror}.", "Check the folder.") from error
        try:
            _hold(self._fd)
        except OSError as error:
            os.close(self._fd)
            raise InspectorError("Another program is recording this session.", "Start a new one.") from error

    def release(self) -> None:
        """Release the lock and remove its file; again does nothing."""
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                self._path.unlink()
            os.close(self._fd)
            self._fd = -1


def is_live(database: Path, session: int) -> bool:
    """Return whether some process, this one included, is recording the session."""
    try:
        fd = os.open(_lock_path(database, session), os.O_RDWR)
    except OSError:
        return False
    try:
        _probe(fd)
    except OSError:
        return True
    finally:
        os.close(fd)
    return False


def forget(database: Path, session: int) -> None:
    """Remove what a killed writer left behind of its lock."""
    with contextlib.suppress(OSError):
        _lock_path(database, session).unlink()


def _lock_path(database: Path, session: int) -> Path:
    return database.with_name(database.name + "-live") / str(session)
