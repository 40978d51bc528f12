"""Probes for texts: what handlers log and print is searched for secrets. What they log is noted by ``probes``."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from .log import USUAL

if TYPE_CHECKING:
    from .effects import Effects


class _LogSearch(logging.Handler):
    def __init__(self, effects: Effects) -> None:
        super().__init__(logging.DEBUG)
        self.effects = effects

    def emit(self, record: logging.LogRecord) -> None:
        if self.effects.execution is None:
            return
        try:
            extra = [value for name, value in vars(record).items() if name not in USUAL]
            error = record.exc_info[1] if record.exc_info else None
            self.effects.look("log", (record.getMessage(), extra, error))
        except Exception:  # noqa: BLE001 - logging's own rule: a record that cannot be handled never hurts who wrote it
            self.handleError(record)


def watch_log(effects: Effects) -> Callable[[], None]:
    """Search log records for secrets: message, arguments, ``extra=`` and exception."""
    root, handler = logging.getLogger(), _LogSearch(effects)
    root.addHandler(handler)
    return lambda: root.removeHandler(handler)


def searches_of() -> Iterator[Effects]:
    """Give the effects whose log is searched now."""
    return (handler.effects for handler in logging.getLogger().handlers if isinstance(handler, _LogSearch))


class _Output:
    """Stands for a stream and looks at what is written to it."""

    def __init__(self, stream: Any, effects: Effects) -> None:
        self._stream = stream
        self._effects = effects

    def write(self, text: str) -> Any:
        self._effects.look("output", text)
        return self._stream.write(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __iter__(self) -> Any:
        return iter(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def watch_output(effects: Effects) -> Callable[[], None] | None:
    """Search what is printed to stdout for secrets."""
    before = sys.stdout
    if before is None:  # a program without a terminal may have none
        return None
    stand_in: Any = _Output(before, effects)
    sys.stdout = stand_in

    def undo() -> None:
        if sys.stdout is stand_in:
            sys.stdout = before

    return undo
