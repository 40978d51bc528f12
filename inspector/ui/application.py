"""The Qt application: made once, named, with its icon; and a check that this PySide6 can be trusted."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import PySide6
from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

import inspector
from inspector.app.resources import resource

APPLICATION_ID: Final = "event-inspector"
_CALLS: Final = 400


def create_application(arguments: Sequence[str] = ()) -> QApplication:
    """Return the Qt application of this process, made if there is none yet.

    Args:
        arguments: Arguments for Qt, without the program's name.

    Raises:
        RuntimeError: There is a Qt application without widgets.
    """
    existing = QCoreApplication.instance()
    if existing is not None and not isinstance(existing, QApplication):
        raise RuntimeError("there is a Qt application without widgets already")
    application = existing or QApplication([sys.argv[0], *arguments])
    application.setApplicationName(APPLICATION_ID)
    application.setApplicationDisplayName("Event Inspector")
    application.setApplicationVersion(inspector.__version__)
    application.setDesktopFileName(APPLICATION_ID)
    application.setWindowIcon(QIcon(str(resource("inspector.svg"))))
    return application


def refcount_trouble() -> str:
    """Return one sentence when this PySide6 loses references of None, which kills the process within seconds.

    PySide6 6.12.0 does on Python before 3.12, where None is counted; its wheel installs there all the same.
    """
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(_CALLS):
        thing.setObjectName("")
    lost = before - sys.getrefcount(None)
    if lost < _CALLS // 2:
        return ""
    import platform

    return (
        f"PySide6 {PySide6.__version__} crashes on Python {platform.python_version()}. Install "
        "“pyside6-essentials<6.12”, or use Python 3.12 or newer."
    )
