"""Where programs that nothing wraps report: one private folder of the user's, in which an inspector listens."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path
from typing import Final

#: Names of our folder below the runtime directory, or among the temporary files, and of the one inside.
BASE: Final = "event-inspector"
LISTENING: Final = "listening"
PRIVATE: Final = 0o700


def bases() -> list[Path]:
    """Return where private folders may be, the best place first; none needs to exist."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    places = [Path(runtime) / BASE] if Path(runtime).is_absolute() and is_private(Path(runtime)) else []
    return [*places, Path(tempfile.gettempdir()) / f"{BASE}-{os.getuid()}"]


def is_private(folder: Path) -> bool:
    """Return whether a folder is the user's own and nobody else can use it; a link is none."""
    try:
        info = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid() and not info.st_mode & 0o077


def listening_folder() -> Path | None:
    """Return the folder in which an inspector listens, made if it has to be; None where it would not be private."""
    for base in bases():
        try:
            for folder in (base, base / LISTENING):
                folder.mkdir(mode=PRIVATE, exist_ok=True)
                if not is_private(folder):
                    break
            else:
                return base / LISTENING
        except OSError:
            continue
    return None
