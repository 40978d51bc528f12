"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from pathlib import Path
from types import TracebackType
from typing import Final

from inspector.core.errors import InspectorError
from inspector.store.trouble import explain_os, shown_path

#: A draft that is older than this many seconds was left behind by a program that died.
_STALE: Final = 3600
_DRAFT: Final = ".inspector-part"


def check_target(target: Path) -> None:
    """Ensure that a file can be made at a place, or take the place of one.

    Raises:
        InspectorError: It cannot.
    """
    try:
        # The file would take the place of the device: for root even that of /dev/null. What a pipe is called below
        # /dev and /proc is no path.
        mode = target.stat().st_mode
    except FileNotFoundError:
        folder = Path(os.path.realpath(target)).parent
        if not folder.is_dir():
            raise InspectorError(f"No folder {folder}.", "Create it, or choose another one.") from None
        return
    except (OSError, ValueError) as error:  # ValueError: a zero byte, or a character that the system has no byte for
        trouble = error if isinstance(error, OSError) else OSError(errno.EINVAL, str(error))
        raise explain_os(trouble, f"Cannot write {shown_path(target)}") from error
    if stat.S_ISDIR(mode):
        raise InspectorError(f"{target} is a folder.", "Choose a file.")
    if not stat.S_ISREG(mode):
        raise InspectorError(f"{target} is not a regular file.", "Choose another file.")


class NewFile:
    """A text file (UTF-8) that takes the place of ``target`` when it is complete; the old one stays until then.

    Used as a context manager; on an error the draft is removed.

    Args:
        target: Where the file is to be; its folder must exist.

    Raises:
        InspectorError: Here, on entering, writing or leaving: the place cannot be written.
    """

    def __init__(self, target: Path) -> None:
        check_target(target)
        self.target = Path(os.path.realpath(target))
        self._draft = self.target.with_name(f".{self.target.name[:100]}.{secrets.token_hex(6)}{_DRAFT}")
        self._fd = -1

    def __enter__(self) -> NewFile:
        self._sweep()
        with self._explained():
            self._fd = os.open(self._draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        return self

    def write(self, text: str) -> None:
        """Append a text."""
        data = memoryview(text.encode())
        with self._explained():
            while data:
                data = data[os.write(self._fd, data) :]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            with self._explained():
                if error is None:
                    os.fsync(self._fd)
                os.close(self._fd)
                self._fd = -1
                if error is None:
                    self._draft.replace(self.target)
        finally:
            if self._fd >= 0:
                with contextlib.suppress(OSError):
                    os.close(self._fd)
            with contextlib.suppress(OSError):
                self._draft.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Remove the drafts that a killed program left."""
        with contextlib.suppress(OSError):
            for draft in self.target.parent.glob(f".*{_DRAFT}"):
                if time.time() - draft.stat().st_mtime > _STALE:
                    draft.unlink()

    @contextlib.contextmanager
    def _explained(self):  # type: ignore[no-untyped-def]
        try:
            yield
        except OSError as error:
            raise explain_os(error, f"Cannot write {self.target}") from error
