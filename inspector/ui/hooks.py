"""Where errors end that nobody caught: every hook that Python and Qt offer leads to the notices and the log."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

if TYPE_CHECKING:
    from inspector.app.notices import Notices

log = logging.getLogger("inspector.qt")

_LEVELS: Final = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}
#: What Qt's offscreen platform says for every window; it means nothing.
_NOISE: Final = ("This plugin does not support propagateSizeHints()",)


class Hooks:
    """Leads uncaught errors to the notices while it is entered, and puts the old hooks back after.

    Args:
        notices: Where they are told.
    """

    def __init__(self, notices: Notices) -> None:
        self._notices = notices

    def __enter__(self) -> Hooks:
        self._old_except, sys.excepthook = sys.excepthook, self._uncaught
        self._old_thread, threading.excepthook = threading.excepthook, self._uncaught_in_thread
        self._old_qt = qInstallMessageHandler(self._qt_says)
        return self

    def __exit__(self, *_: object) -> None:
        sys.excepthook, threading.excepthook = self._old_except, self._old_thread
        # The stubs do not know that None brings Qt's own handler back.
        qInstallMessageHandler(self._old_qt)

    def loop_error(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Tell of an error that asyncio could give to nobody."""
        error = context.get("exception")
        message = str(context.get("message", "asyncio"))
        if isinstance(error, BaseException):
            self._notices.report(error)
        else:
            log.error("asyncio: %s", message)

    def _uncaught(self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
        if not issubclass(kind, Exception):
            self._old_except(kind, error, traceback)
            return
        self._notices.report(error)

    def _uncaught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is None or not isinstance(args.exc_value, Exception):
            self._old_thread(args)
            return
        self._notices.report(args.exc_value)

    def _qt_says(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if message in _NOISE:
            return
        level = _LEVELS.get(kind, logging.WARNING)
        category = getattr(context, "category", None) or "default"
        log.log(level, "%s: %s", category, message)
        if level >= logging.ERROR:
            self._notices.bug(f"Qt reports: {message}", "The log holds the details.")
