"""What SQLite left beside a database that is not there any more.

``name-wal`` and ``name-journal`` belong to the database of that name, and SQLite knows nothing but the name: a new
database at the same place would take in the changes of the old one. They go out of the way before a new one is made.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from inspector.core.errors import InspectorError
from inspector.store.trouble import CHOOSE, TYPED

#: Seconds that another process is waited for which makes a database in the same folder.
_PATIENCE: Final = 2.0
#: Changes of the old database that are not in it yet.
_CHANGES: Final = ("-wal", "-journal")
#: Ends with 1 when somebody else has the file locked as every connection to a database in WAL mode has its ``-shm``:
#: byte 128, "DMS" in SQLite's os_unix.c.
_PROBE: Final = """
import fcntl, os, sys
try:
    fcntl.lockf(os.open(sys.argv[1], os.O_RDWR), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 128)
except FileNotFoundError:
    pass
except OSError:
    sys.exit(1)
"""


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Be the only process that makes a database in a folder.

    Raises:
        InspectorError: Another one does, and does not come to an end.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    # A lock on the folder itself leaves no file behind.
    fd = os.open(folder, os.O_RDONLY)
    try:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    raise InspectorError(f"{folder} is in use by another program.", CHOOSE, typed=TYPED) from None
                time.sleep(0.01)
            except OSError:
                break  # a file system without such locks: two that begin at the same moment are the smaller risk
            else:
                break
        yield
    finally:
        os.close(fd)


def put_aside(path: Path) -> None:
    """Get out of the way what belongs to a database that was at ``path``; call it while nothing is there.

    Changes that had not reached it yet are kept as ``name-wal.old``: whoever has only moved the database away can put
    them beside it again.

    Raises:
        InspectorError: A program still has that database open.
        OSError: The folder cannot be written.
    """
    shared = _beside(path, "-shm")
    changes = [left for left in (_beside(path, ending) for ending in _CHANGES) if left.exists()]
    if not changes and not shared.exists():
        return
    if _in_use(shared):
        raise InspectorError(
            f"{path} was deleted or moved, but another program still has it open.",
            "Close that program (probably another inspector), or restore the file. Otherwise: "
            f"{CHOOSE[:1].lower()}{CHOOSE[1:]}",
            typed=TYPED,
        )
    for left in changes:
        if left.stat().st_size:
            left.replace(_beside(left, ".old"))
        else:
            left.unlink()
    # Only an index of the other: nothing is lost with it.
    shared.unlink(missing_ok=True)


def _in_use(shared: Path) -> bool:
    """Return whether some process, this one included, has the database open that the ``-shm`` file belongs to."""
    if sys.platform == "win32" or not shared.exists():
        return False  # Windows lets nobody delete what is open
    # In a process of its own: to open the file in this one, and to close it again, would drop the locks of SQLite here.
    probe = [sys.executable, "-I", "-S", "-c", _PROBE, str(shared)]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 1  # noqa: S603 - a fixed command


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
