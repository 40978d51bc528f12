"""The log file, and what of the log reaches the terminal."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

#: Where mistakes of ours are told; what a program's handlers log is in its session, not here.
_OURS: Final = ("inspector.cli", "inspector.notices", "inspector.agent", "inspector.store", "asyncio")
_MOST_BYTES: Final = 1_000_000


class LogFile(RotatingFileHandler):
    """The log file: made with the first record, its folder too, and never the reason for another error.

    Args:
        path: The file.

    Attributes:
        broken: A record could not be written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8", delay=True)
        self.broken = False
        self.setLevel(logging.ERROR)
        self.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).parent.mkdir(parents=True, exist_ok=True)
        return super()._open()

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
    shown.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
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
