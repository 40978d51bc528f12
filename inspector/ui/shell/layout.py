"""The layout of the window between runs: sizes and places, in a file of its own beside the settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QByteArray, QSettings

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

#: Raised when panels come or go: an old layout is then not applied.
VERSION: Final = 1


class LayoutFile:
    """Saves and restores geometry and docks of a window.

    Args:
        path: An INI file; it comes into being with the first save.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, window: QMainWindow) -> None:
        """Write how the window is now."""
        settings = self._open()
        settings.setValue("geometry", window.saveGeometry())
        settings.setValue("state", window.saveState(VERSION))
        settings.sync()

    def restore(self, window: QMainWindow) -> bool:
        """Bring the window back to what was saved; says whether there was something that fits."""
        if not self._path.is_file():
            return False
        settings = self._open()
        geometry = settings.value("geometry", QByteArray(), QByteArray)
        state = settings.value("state", QByteArray(), QByteArray)
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray) or state.isEmpty():
            return False
        if not window.restoreState(state, VERSION):
            return False
        if not geometry.isEmpty():
            window.restoreGeometry(geometry)
        return True

    def _open(self) -> QSettings:
        return QSettings(str(self._path), QSettings.Format.IniFormat)
