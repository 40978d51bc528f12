"""The Help menu: documentation, log, version."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QMessageBox

import inspector
from inspector.app.places import log_path
from inspector.app.resources import documentation
from tests.patience import until
from tests.ui.windows import opened

pytestmark = [
    pytest.mark.allow_log("inspector.qt", "This plugin does not support"),
    pytest.mark.allow_log("inspector.notices"),
]


class Desktop(QObject):
    """Takes what the desktop would open."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[Path] = []

    @Slot(QUrl)
    def take(self, url: QUrl) -> None:
        self.files.append(Path(url.toLocalFile()))


async def test_documentation_log_and_version(tmp_path: Path) -> None:
    desktop = Desktop()
    QDesktopServices.setUrlHandler("file", desktop, "take")
    try:
        async with opened(tmp_path / "s.db") as window:
            commands = window.window.commands
            assert commands.run("help.docs")
            assert desktop.files == [documentation()]
            assert (documentation().parent / "docs" / "keys.md").is_file(), "its links lead on"
            log_path().unlink(missing_ok=True)
            assert commands.run("help.log")
            assert window.notices[-1].text == "The log is empty."
            log_path().parent.mkdir(parents=True, exist_ok=True)
            log_path().write_text("told\n")
            assert commands.run("help.log")
            assert desktop.files[1:] == [log_path()]
            assert commands.run("help.about")
            box = window.window.shell.findChild(QMessageBox)
            assert box is not None
            assert box.text() == f"Event Inspector {inspector.__version__}"
            next(button for button in box.buttons() if button.text() == "Copy").click()
            await until(lambda: "PySide6" in QGuiApplication.clipboard().text(), "it is copied")
    finally:
        QDesktopServices.unsetUrlHandler("file")
