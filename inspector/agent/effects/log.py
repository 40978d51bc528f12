"""The log probe: what handlers log, as notes of their executions."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from ...core.bus import bus
from ...core.bus.context import CURRENT
from ...core.records.records import LOG
from ..observe.monitor import MONITOR
from ..tap.moments import handled_by_bus, told_of_by_bus
from .leftover import NEVER_RETRIEVED

if TYPE_CHECKING:
    from ...core.records.recorder import NoteData, Recorder

#: Attributes that every log record has; the others came with ``extra=``.
USUAL: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "exc_text"}
#: How many attributes a new record has; formatting one adds two of the usual ones.
_NEW: Final = len(vars(logging.makeLogRecord({})))
#: Messages of our bus that say what records say better.
_RECORDED: Final = frozenset({"event_published", "event_handler_failed", "event_publish_refused"})


class LogProbe(logging.Handler):
    """Records every log record written inside an execution.

    An ERROR record with exception information marks its execution: an exception was handled inside (*swallowed*, if
    the handler then returns normally). An ERROR of a bus that publishes is a note of the execution that has failed.
    """

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(logging.DEBUG)
        self._recorder = recorder

    def handle(self, record: logging.LogRecord) -> bool:
        """Note the record with the execution that wrote it.

        There is no lock: nothing here needs one, and every program that logs would pay for it.
        """
        execution, name = CURRENT.get(), record.name
        by_bus = record.levelno >= logging.ERROR and (execution is None or handled_by_bus(execution))
        if (
            (execution is None and not by_bus)
            or name == bus.__package__
            or _by_a_copy_of_our_bus(record)
            or _by_asyncio(record)
        ):
            return True
        try:
            if by_bus or execution is None:
                self._told_by_bus(record, publishes=execution is not None)
                return True
            about = vars(record)
            data: NoteData
            if len(about) == _NEW + ("message" in about) + ("asctime" in about):  # nearly always
                data = partial(dict, logger=name)
            else:
                data = {"logger": name, **{key: value for key, value in about.items() if key not in USUAL}}
            level = _LEVELS.get(record.levelno) or _level(record.levelno)
            self._recorder.note_in(execution, LOG, level, record.getMessage(), data)
            if record.exc_info and record.levelno >= logging.ERROR and not execution.ended:
                error = record.exc_info[1]
                if error is not None:
                    self._recorder.swallowed(execution, error)
        except Exception:  # noqa: BLE001 - logging's own rule: a record that cannot be handled never hurts who wrote it
            self.handleError(record)
        return True

    def _told_by_bus(self, record: logging.LogRecord, *, publishes: bool) -> None:
        """Note what a bus logs with the execution that it is about; outside of all where a handler publishes to it."""
        said = record.args if isinstance(record.args, tuple) else ()
        execution = told_of_by_bus((*said, *(record.exc_info or ())))
        data = {"logger": record.name, "by": "bus"}
        if execution is not None:
            self._recorder.note_in(execution, LOG, "error", record.getMessage(), data)
        elif publishes:
            self._recorder.note_outside(LOG, "error", record.getMessage(), data)

    def emit(self, record: logging.LogRecord) -> None:
        """Note the record, as ``handle`` does."""
        self.handle(record)


def install_log_probe(recorder: Recorder, level: int = logging.INFO) -> Callable[[], None]:
    """Record what handlers log, from ``level`` up; return a function that undoes it exactly."""
    root = logging.getLogger()
    probe, before = LogProbe(recorder), root.level
    root.addHandler(probe)
    if root.level == logging.NOTSET or root.level > level:
        root.setLevel(level)
    after = root.level

    def undo() -> None:
        root.removeHandler(probe)
        if root.level == after:
            root.setLevel(before)

    return undo


def _by_a_copy_of_our_bus(record: logging.LogRecord) -> bool:
    """Return whether the bus of another copy of this package logs what is recorded anyway."""
    return record.name.endswith(".core.bus") and type(record.msg) is str and record.msg in _RECORDED


def _by_asyncio(record: logging.LogRecord) -> bool:
    """Return whether asyncio logs what a task or a future raised and nobody has looked at.

    ``leftover`` notes it as what it is. It is logged when that is gone, which may be while any handler runs.
    """
    if record.name != "asyncio" or not MONITOR.available:
        return False
    return type(record.msg) is str and NEVER_RETRIEVED in record.msg.partition("\n")[0]


_LEVELS: Final = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning", logging.ERROR: "error"}


def _level(number: int) -> str:
    for limit, name in ((logging.ERROR, "error"), (logging.WARNING, "warning"), (logging.INFO, "info")):
        if number >= limit:
            return name
    return "debug"
