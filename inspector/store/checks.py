"""What a file must be before it is trusted: a database with our tables and nothing else, read within bounds.

A database is a program in part: a view may never come to an end, a trigger runs when we write, a cell of some bytes
unpacks to gigabytes. So a file is looked at for reading only, within limits of SQLite's and for a bounded time, and
its schema has to be ours word for word.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from inspector.core.errors import InspectorError
from inspector.store.trouble import CHOOSE, TYPED

#: Longest text or blob of one cell (bytes); the longest line of a run log fits in.
MAX_CELL: Final = 32 << 20
#: What a packed catalog may unpack to (bytes).
MAX_CATALOG: Final = 64 << 20
#: Seconds that looking at a file may take, and steps of SQLite's machine between two looks at the clock.
CHECK_SECONDS: Final = 5.0
_STEPS: Final = 20_000

_LIMITS: Final = (
    (sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL),
    (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 64 << 10),
    (sqlite3.SQLITE_LIMIT_COLUMN, 64),
    (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 50),
    (sqlite3.SQLITE_LIMIT_VDBE_OP, 250_000),
    (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    (sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0),
)
#: Tables of SQLite's own: the counter of AUTOINCREMENT, and what ANALYZE leaves.
_SYSTEM: Final = frozenset({"sqlite_sequence", "sqlite_stat1", "sqlite_stat4"})
_KINDS: Final = {"view": "a view", "trigger": "a trigger", "index": "an index", "table": "a table"}
#: How SQLite begins to say that cells are wrong, while the file itself is whole.
_CELLS: Final = ("NULL value in ", "NUMERIC value in ", "TEXT value in ", "non-")

Step = Callable[[sqlite3.Connection], None]


class BoundedConnection(sqlite3.Connection):
    """A connection within limits, which reads text that is no UTF-8: its bad bytes come as lone surrogates.

    A text of ours never has lone surrogates (see ``text``), so whoever reads can tell.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for limit, value in _LIMITS:
            self.setlimit(limit, value)
        self.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")

    def end_after(self, seconds: float) -> None:
        """Interrupt whatever is asked from now on when so many seconds have passed."""
        end = time.monotonic() + seconds
        self.set_progress_handler(lambda: time.monotonic() > end, _STEPS)


def check_schema(connection: sqlite3.Connection, path: Path, steps: Sequence[Step]) -> None:
    """Make sure that the schema is the one that these steps make.

    Args:
        connection: To the file; only its schema is read.
        path: The file.
        steps: The migrations up to the file's version.

    Raises:
        InspectorError: It has something else, or lacks something.
    """
    model = sqlite3.connect(":memory:")
    try:
        for step in steps:
            step(model)
        ours = dict(_schema(model))
    finally:
        model.close()
    theirs = dict(_schema(connection))
    for key, sql in theirs.items():
        if ours.get(key) != sql:
            raise _not_ours(path, f"it has {_described(key, same_name=key in ours)}")
    for kind, name in ours:
        if (kind, name) not in theirs:
            raise _not_ours(path, f"the {kind} {name} is missing")
    (encoding,) = connection.execute("PRAGMA encoding").fetchone()
    if encoding != "UTF-8":
        raise _not_ours(path, f"its text is {encoding}")


def check_pages(connection: sqlite3.Connection, path: Path) -> None:
    """Make sure that the file is whole; single cells that are wrong are the business of who reads them.

    Raises:
        InspectorError: It is damaged.
    """
    for (text,) in connection.execute("PRAGMA quick_check(100)"):
        if text != "ok" and not str(text).startswith(_CELLS):
            raise InspectorError(f"{path} is damaged.", f"The file was not changed. {CHOOSE}", typed=TYPED)


def unpack_catalog(body: object) -> str:
    """Return the text of a packed catalog.

    Raises:
        ValueError: It is none, or unpacks to more than ``MAX_CATALOG``.
    """
    if not isinstance(body, bytes):
        raise ValueError("the catalog is missing")
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(body, MAX_CATALOG)
    except zlib.error:
        raise ValueError("the catalog cannot be unpacked") from None
    if not unpacking.eof:
        raise ValueError("the catalog is too large" if unpacking.unconsumed_tail else "the catalog is cut off")
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise ValueError("the catalog is not UTF-8") from None


def _schema(connection: sqlite3.Connection) -> Iterable[tuple[tuple[str, str], str]]:
    """Yield kind and name of everything in a schema, each with its SQL; blanks between words do not count."""
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_schema"):
        if name in _SYSTEM or (str(name).startswith("sqlite_autoindex_") and sql is None):
            continue
        yield (str(kind), str(name)), " ".join(str(sql).split())


def _described(key: tuple[str, str], *, same_name: bool) -> str:
    kind, name = key
    return f"{_KINDS.get(kind, 'something')} {name!r:.60}{' of another shape' if same_name else ''}"


def _not_ours(path: Path, why: str) -> InspectorError:
    hint = f"The file was not changed. {CHOOSE}"
    return InspectorError(f"{path} is not an inspector sessions database: {why}.", hint, typed=TYPED)
