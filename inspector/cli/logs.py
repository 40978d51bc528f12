"""The log file, and what of the log reaches the terminal."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from inspector.core.redact.redactor import Redactor

#: Where mistakes of ours are told; what a program's handlers log is in its session, not here.
_OURS: Final = ("inspector.cli", "inspector.notices", "inspector.agent", "inspector.store", "asyncio")
_MOST_BYTES: Final = 1_000_000


def _for_its_owner(path: str, flags: int) -> int:
    descriptor = os.open(path, flags, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


class _Redacting(logging.Formatter):
    """Formats a record with the secrets in it hidden: a traceback may quote what a program was given."""

    def __init__(self, layout: str) -> None:
        super().__init__(layout)
        self._redactor: Redactor | None = None

    def format(self, record: logging.LogRecord) -> str:
        if self._redactor is None:  # most runs log nothing, and loading it takes longer than a short command
            from inspector.core.redact.redactor import Redactor

            self._redactor = Redactor()
        return self._redactor.redact_text(super().format(record))


class LogFile(RotatingFileHandler):
    """The log file: made with the first record, its folder too, and never the reason for another error.

    Only its owner may read it, also where an older version had made it for everybody.

    Args:
        path: The file.

    Attributes:
        broken: A record could not be written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
        self.broken = False
        self.setLevel(logging.ERROR)
        self.setFormatter(_Redacting("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        # logging closes it
        return open(self.baseFilename, "a", encoding=self.encoding, opener=_for_its_owner)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - logging's name
        """Remember it: whoever tells the person where to look must know."""
        self.broken = True


@contextlib.contextmanager
def logging_set_up(path: Path, *, verbose: bool) -> Iterator[LogFile]:
    """Keep the log off the terminal, or show it on stderr with ``verbose``; put everything back at the end."""
    root = logging.getLogger()
    before = root.level
    file = LogFile(path)
    # Without any handler logging would write warnings to stderr by itself.
    shown: logging.Handler = logging.StreamHandler(sys.stderr) if verbose else logging.NullHandler()
    shown.setFormatter(_Redacting("%(levelname)s %(name)s: %(message)s"))
    root.addHandler(shown)
    if verbose:
        root.setLevel(min(before or logging.INFO, logging.INFO))
    for name in _OURS:
        logging.getLogger(name).addHandler(file)
    try:
        yield file
    finally:
        for name in _OURS:
            logging.getLogger(name).removeHandler(file)
        root.removeHandler(shown)
        root.setLevel(before)
        file.close()
