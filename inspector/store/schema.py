"""The tables of a sessions database, and what is done to a file before it is used.

One row keeps a publication with its end, one an execution with its end. A row's key is ``session * SESSION_SPAN``
plus the number of the publication, of the execution or of the record (``seq``): a session's rows lie together, in
order, and no index is needed. What belongs to a publication is kept relative to it: small numbers take few bytes.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

from inspector.core.errors import InspectorError
from inspector.core.records.records import AT, HOST_NOTED, KIND, Row
from inspector.core.records.statuses import STATUSES, TIMED_OUT
from inspector.store.checks import CHECK_SECONDS, BoundedConnection, Step, check_pages, check_schema
from inspector.store.leftovers import alone_in, put_aside
from inspector.store.text import from_cell
from inspector.store.trouble import CHOOSE, TYPED, explain, explain_os, shown_path
from inspector.store.version1 import typed

#: "DEIs": tells our files from other SQLite files.
APPLICATION_ID: Final = 0x44454973
#: Numbers from 1 up to this, exclusive, fit into one session.
SESSION_SPAN: Final = 1 << 36
#: Highest number of a session: the keys of its rows fit into 63 bits.
MAX_SESSION: Final = (1 << 27) - 2
#: A file up to this size is checked for damage when it is opened (bytes); about 30 ms.
CHECKED_BYTES: Final = 16 << 20

_V1: Final = (
    """CREATE TABLE catalogs (id INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, body BLOB NOT NULL)""",
    # flushes: number of the last commit, so that a writer who never heard how one ended can ask. seed is text because a
    # seed has no upper bound. bytes: a guess of what the session takes on disk.
    """CREATE TABLE sessions (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, source TEXT NOT NULL, pid INTEGER NOT NULL,
        wall INTEGER NOT NULL, program TEXT NOT NULL, python TEXT NOT NULL, seed TEXT, catalog INTEGER NOT NULL,
        closed INTEGER, deleted INTEGER NOT NULL DEFAULT 0, flushes INTEGER NOT NULL DEFAULT 0,
        last_seq INTEGER NOT NULL DEFAULT 1, last_at INTEGER NOT NULL DEFAULT 0,
        publications INTEGER NOT NULL DEFAULT 0, executions INTEGER NOT NULL DEFAULT 0,
        ended INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, swallowed INTEGER NOT NULL DEFAULT 0,
        bytes INTEGER NOT NULL DEFAULT 0)""",
    """CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL)""",
    # context: number of a name, or the text itself when there are many different ones.
    # outcome 0: not ended yet; span and length are then only as wide as the end will be.
    """CREATE TABLE publications (
        id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL, event INTEGER NOT NULL,
        cause INTEGER NOT NULL, fire INTEGER NOT NULL, handlers INTEGER NOT NULL, context BLOB NOT NULL,
        span INTEGER NOT NULL, length INTEGER NOT NULL, outcome INTEGER NOT NULL)""",
    """CREATE TABLE payloads (id INTEGER PRIMARY KEY, event_id BLOB, correlation BLOB, body TEXT)""",
    # seq and at are counted from the publication's, span and length from the execution's own start. status is the
    # position in statuses.STATUSES; 0 is running.
    """CREATE TABLE executions (
        id INTEGER PRIMARY KEY, publication INTEGER NOT NULL, handler INTEGER NOT NULL, fault INTEGER NOT NULL,
        seq INTEGER NOT NULL, at INTEGER NOT NULL, status INTEGER NOT NULL,
        span INTEGER NOT NULL, length INTEGER NOT NULL, on_loop INTEGER NOT NULL)""",
    """CREATE TABLE failures (id INTEGER PRIMARY KEY, body TEXT NOT NULL)""",
    """CREATE TABLE notes (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, execution INTEGER NOT NULL, publication INTEGER NOT NULL,
        kind INTEGER NOT NULL, level INTEGER NOT NULL, text TEXT NOT NULL, data TEXT)""",
    """CREATE INDEX notes_execution ON notes (execution)""",
    """CREATE TABLE host_notes (
        id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, level INTEGER NOT NULL,
        text TEXT NOT NULL, data TEXT)""",
    # Records that do not follow the order of a run (an end without a start, after a loss), word for word.
    """CREATE TABLE odd_rows (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, body TEXT NOT NULL)""",
)


#: Records of the host but ``HostNoted``: the number of the kind, and its fields after ``at`` as JSON array.
_V2: Final = """CREATE TABLE host_records (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL, body TEXT NOT NULL)"""
#: A page of the notes about the host as version 1 has them, their names looked up.
_NOTES_V1: Final = (
    "SELECT h.id, h.at, k.text, l.text, h.text, h.data FROM host_notes h"
    " LEFT JOIN names k ON k.id = h.id / :span * :span + h.kind AND h.kind > 0"
    " LEFT JOIN names l ON l.id = h.id / :span * :span + h.level AND h.level > 0"
    " WHERE h.id > :after ORDER BY h.id LIMIT 4096"
)


def _create(connection: sqlite3.Connection) -> None:
    for statement in _V1:
        connection.execute(statement)


def _give_host_records_a_table(connection: sqlite3.Connection) -> None:
    """Turn the notes of the host that the program decides on into records of their own."""
    connection.execute(_V2)
    last = 0
    while notes := connection.execute(_NOTES_V1, {"span": SESSION_SPAN, "after": last}).fetchall():
        for last, at, *cells in notes:
            try:
                row = typed((HOST_NOTED, at, *map(from_cell, cells)))
            except ValueError:  # no text of ours: whoever reads it will say so
                continue
            if row[KIND] != HOST_NOTED:
                connection.execute("INSERT INTO host_records VALUES (?,?,?,?)", (last, at, row[KIND], host_body(row)))
                connection.execute("DELETE FROM host_notes WHERE id=?", (last,))


def _give_publications_a_process(connection: sqlite3.Connection) -> None:
    """Let publications say which process of the program made them; until now a program was one."""
    connection.execute("ALTER TABLE publications ADD COLUMN process INTEGER NOT NULL DEFAULT 0")


def _count_faults_apart(connection: sqlite3.Connection) -> None:
    """Let sessions say how many executions ran under a fault; until now those were among the others."""
    connection.execute("ALTER TABLE sessions ADD COLUMN by_fault INTEGER NOT NULL DEFAULT 0")


def _tell_timeouts_from_failures(connection: sqlite3.Connection) -> None:
    """Let sessions say how many of what ended badly timed out."""
    connection.execute("ALTER TABLE sessions ADD COLUMN timed_out INTEGER NOT NULL DEFAULT 0")
    connection.execute(
        "UPDATE sessions SET timed_out = min(failures, (SELECT count(*) FROM executions WHERE status = ? AND fault = 0"
        " AND executions.id > sessions.id * ? AND executions.id < (sessions.id + 1) * ?)) WHERE failures > 0",
        (STATUSES.index(TIMED_OUT), SESSION_SPAN, SESSION_SPAN),
    )


def host_body(row: Row) -> str:
    """Return the fields of a record of the host as they are stored."""
    return json.dumps(row[AT + 1 :])


#: Step n takes a file from version n to n + 1; a released step is never changed.
MIGRATIONS: Final[tuple[Step, ...]] = (
    _create,
    _give_host_records_a_table,
    _give_publications_a_process,
    _count_faults_apart,
    _tell_timeouts_from_failures,
)
SCHEMA_VERSION: Final = len(MIGRATIONS)
#: Tables whose rows belong to a session by the range of their key.
SESSION_TABLES: Final = (
    "executions",
    "publications",
    "payloads",
    "failures",
    "notes",
    "host_notes",
    "host_records",
    "odd_rows",
    "names",
)


def database_uri(path: Path, mode: str) -> str:
    """Return the SQLite address of a file: ``ro``, ``rw`` (must exist) or ``rwc``."""
    return f"file:{quote(os.fsencode(path))}?mode={mode}"


def database_exists(path: Path) -> bool:
    """Return whether there is something at a path.

    Raises:
        InspectorError: It can be no name of a file, or is a link that leads nowhere.
    """
    try:
        os.lstat(path)
        if path.exists():
            return True
    except FileNotFoundError:
        return False
    except (OSError, ValueError) as error:  # ValueError: a zero byte, or a character that the system has no byte for
        trouble = error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
        raise explain_os(trouble, f"Cannot use {shown_path(path)} as sessions database") from error
    raise InspectorError(f"{path} is a broken symbolic link.", CHOOSE, typed=TYPED)


@contextlib.contextmanager
def connected(path: Path, mode: str) -> Iterator[BoundedConnection]:
    """Yield a connection to a file; ``mode`` as in ``database_uri``."""
    address = database_uri(path, mode)
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=2.0, factory=BoundedConnection)
    try:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        yield connection
    finally:
        connection.close()


def prepare(path: Path, steps: Sequence[Step] = MIGRATIONS) -> None:
    """Make sure that a sessions database of our version is at ``path``; make a new one when nothing is there.

    A file that is not ours, newer than us or damaged is left exactly as it was. Blocks; call it in a thread.

    Args:
        path: Absolute path of the file.
        steps: The migrations, in order.

    Raises:
        InspectorError: The file cannot be used, or the folder cannot be written.
    """
    try:
        # Another process may make the folder, or the file, at the same moment.
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not database_exists(path):
            _make(path, steps)
        version = _check(path, steps)
        if version < len(steps):
            _migrate(path, version, steps)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        trouble = explain(error, path)
        if trouble is None:
            raise
        raise trouble from error
    except OSError as error:
        raise explain_os(error, f"Cannot use {path} as sessions database") from error


def _make(path: Path, steps: Sequence[Step]) -> None:
    """Make the file under another name and move it there whole, so nobody ever sees half of it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}.new")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with connected(draft, "rw") as connection:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("BEGIN IMMEDIATE")
            for step in steps:
                step(connection)
            connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version={len(steps)}")
            connection.execute("COMMIT")
            connection.execute("PRAGMA journal_mode=WAL")
        with alone_in(path.parent):
            if not path.exists():
                put_aside(path)
                _move(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _move(draft: Path, path: Path) -> None:
    try:
        # A link, unlike a rename, never replaces what somebody has put there meanwhile.
        path.hardlink_to(draft)
    except FileExistsError:
        return
    except OSError:
        if not path.exists():
            draft.rename(path)


def _check(path: Path, steps: Sequence[Step]) -> int:
    """Return the version of the file's schema, or say why it is not for us; it is only read, within bounds."""
    if path.is_dir():
        raise InspectorError(f"{path} is a folder.", CHOOSE, typed=TYPED)
    if not path.is_file():
        raise InspectorError(f"{path} is not a regular file.", CHOOSE, typed=TYPED)
    size = path.stat().st_size
    if size == 0:
        raise InspectorError(
            f"{path} is empty.", f"Delete it. Otherwise: {CHOOSE[:1].lower()}{CHOOSE[1:]}", typed=TYPED
        )
    try:
        return _check_content(path, steps, size)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_READONLY_ROLLBACK":
            raise
    # Whoever wrote it was killed in the middle of a transaction, where there is no log to write ahead.
    with connected(path, "rw") as connection:
        connection.end_after(CHECK_SECONDS)
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()  # SQLite takes it back first
    return _check_content(path, steps, size)


def _check_content(path: Path, steps: Sequence[Step], size: int) -> int:
    newest = len(steps)
    with connected(path, "ro") as connection:
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.end_after(CHECK_SECONDS)
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID or version < 1:
            raise InspectorError(
                f"{path} belongs to another program.", f"The file was not changed. {CHOOSE}", typed=TYPED
            )
        if version > newest:
            raise InspectorError(
                f"{path} was written by a newer inspector (schema {version}, supported: {newest}).",
                f"Update the inspector. Otherwise: {CHOOSE[:1].lower()}{CHOOSE[1:]}",
                typed=TYPED,
            )
        check_schema(connection, path, steps[:version])
        if size <= CHECKED_BYTES:
            check_pages(connection, path)
        connection.execute("SELECT id FROM sessions LIMIT 1").fetchone()
    return int(version)


def _migrate(path: Path, version: int, steps: Sequence[Step]) -> None:
    """Bring an older file up to date in one transaction; a copy of it as it was is kept beside it."""
    with connected(path, "rw") as connection:
        copy = path.with_name(f"{path.name}.v{version}.bak")
        if not copy.exists():
            draft = copy.with_name(f".{copy.name}.{secrets.token_hex(6)}.new")
            connection.execute("VACUUM INTO ?", (str(draft),))
            draft.chmod(0o600)
            draft.replace(copy)
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been quicker.
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        for number in range(version, len(steps)):
            steps[number](connection)
            connection.execute(f"PRAGMA user_version={number + 1}")
        connection.execute("COMMIT")
