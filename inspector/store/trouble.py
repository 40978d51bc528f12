"""What SQLite and the file system complain about, as one sentence and a hint."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from inspector.core.errors import InspectorError

#: The place is chosen when the inspector starts, nowhere else: the window's words must say so.
CHOOSE: Final = "Start the inspector with another sessions database."
TYPED: Final = "--db FILE"

#: By the beginning of SQLite's error name: text and hint.
_SENTENCES: Final = (
    ("SQLITE_FULL", "The disk with {path} is full.", "Free some space; recording then continues."),
    ("SQLITE_BUSY", "{path} is in use by another program.", "Close the other program, or wait for it."),
    ("SQLITE_LOCKED", "{path} is in use by another program.", "Close the other program, or wait for it."),
    ("SQLITE_READONLY", "Cannot write {path}.", "Check the permissions of the file and its folder. " + CHOOSE),
    ("SQLITE_PERM", "Cannot open {path}: permission denied.", CHOOSE),
    ("SQLITE_CANTOPEN", "Cannot open {path}.", "Check that the file and its folder are writable. " + CHOOSE),
    ("SQLITE_NOTADB", "{path} is not a sessions database.", CHOOSE),
    ("SQLITE_CORRUPT", "{path} is damaged.", "The file was not changed. " + CHOOSE),
    ("SQLITE_IOERR", "Cannot read or write {path}.", "Check the disk and its free space."),
    ("SQLITE_TOOBIG", "A text is too long for {path}.", ""),
    ("SQLITE_INTERRUPT", "Checking {path} took too long.", "The file was not changed. " + CHOOSE),
)
#: What the file system refuses today and may allow tomorrow: there is no room, or no permission.
_PASSING: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EBUSY, errno.EIO)
_WAITED_FOR: Final = ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_LOCKED")
#: A disk with fewer free bytes is full: SQLite needs that much for its shared memory alone.
_ROOM: Final = 64 << 10
#: Characters of a path that are shown of one that is too long.
_LONG_PATH: Final = 200
#: Those that do not pass by themselves.
_LASTING: Final = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_TOOBIG", "SQLITE_INTERRUPT")


class Unavailable(InspectorError):  # noqa: N818 - nothing is wrong for good
    """A database cannot be used now; it may be later, without anybody touching it: it is tried again."""


class NoRoom(Unavailable):
    """The disk is full, or somebody else has the database: what is to be recorded waits until that is over."""


def count_records(count: int) -> str:
    """Return a number of records in words: ``1 record``, ``1 200 records`` (with a thin space)."""
    return "1 record" if count == 1 else f"{count:,} records".replace(",", "\u2009")


def count_lost(count: int) -> str:
    """Return how many records were lost, as a clause: ``1 200 records were lost``."""
    return f"{count_records(count)} {'was' if count == 1 else 'were'} lost"


def _chain(error: BaseException) -> Iterator[BaseException]:
    visited: set[int] = set()
    stack: list[BaseException | None] = [error]
    while stack:
        link = stack.pop()
        if link is None or id(link) in visited:
            continue
        visited.add(id(link))
        yield link
        stack += [link.__context__, link.__cause__, getattr(link, "orig", None)]


def explain(error: BaseException, path: Path) -> InspectorError | None:
    """Return in words what went wrong with a database; None when it is no trouble we expect but a bug.

    Args:
        error: What was raised; SQLAlchemy's wrapping is looked through.
        path: The database's file.
    """
    for link in _chain(error):
        if isinstance(link, InspectorError):
            return link
        if isinstance(link, sqlite3.Error):
            name = getattr(link, "sqlite_errorname", None) or ""
            if name.startswith("SQLITE_IOERR") and _is_full(path):  # its log and shared memory say no more than that
                name = "SQLITE_FULL"
            for start, text, hint in _SENTENCES:
                if name.startswith(start):
                    passing = NoRoom if start in _WAITED_FOR else Unavailable
                    kind = InspectorError if start in _LASTING else passing
                    return kind(text.format(path=path), hint, typed=TYPED if CHOOSE in hint else "")
            if isinstance(link, sqlite3.OperationalError):
                return InspectorError(f"{path}: {link}.", CHOOSE, typed=TYPED)
        if isinstance(link, UnicodeDecodeError):  # in what SQLite says of a schema that is damaged
            return InspectorError(f"{path} is damaged.", f"The file was not changed. {CHOOSE}", typed=TYPED)
        if isinstance(link, OSError):
            return explain_os(link, f"Cannot use {path}")
        if isinstance(link, TimeoutError):
            return Unavailable(f"{path} did not respond in time.", "Close other programs that use it.")
    return None


def shown_path(path: Path) -> str:
    """Return a path for people; the end of one that is too long is left out."""
    name = str(path)
    return name if len(name) < _LONG_PATH else f"{name[:_LONG_PATH]}…"


def explain_os(error: OSError, what: str) -> InspectorError:
    """Return in words what the file system refused: ``what: No space left on device.``."""
    kind = Unavailable if error.errno in _PASSING else InspectorError
    kind = NoRoom if error.errno in (errno.ENOSPC, errno.EDQUOT) else kind
    return kind(f"{what}: {error.strerror or error}.", "Choose another place, or check free space and permissions.")


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _ROOM
    except OSError:
        return False
