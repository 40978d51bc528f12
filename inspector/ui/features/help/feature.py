"""Help: the documentation, the log, and what this is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from inspector.app.commands import Command
from inspector.app.places import log_path
from inspector.app.resources import documentation
from inspector.ui.feature import Feature, Parts
from inspector.ui.kit.text import ask_then, copy_text

if TYPE_CHECKING:
    from pathlib import Path

    from inspector.ui.context import Context

_COPY: Final = "Copy"


def make(context: Context) -> Parts:
    """Make the Help menu of a window."""

    def show(file: Path) -> None:
        """Open a file as the desktop does, else in the person's editor."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(file))):
            context.open_source(str(file), 1)

    def show_log() -> None:
        file = log_path()
        if file.is_file() and file.stat().st_size:
            show(file)
        else:
            context.notices.info("The log is empty.", str(file))

    def show_about() -> None:
        def answered(label: str | None) -> None:
            if label == _COPY:
                copy_text(about(), "version")

        title, _, versions = about().partition("\n")
        ask_then(context.shell, "About", title, versions, ("Close", _COPY), answered)

    menu = "Help"
    return Parts(
        commands=(
            Command("help.docs", "Documentation", lambda: show(documentation()), menu, "read", icon="help"),
            Command(
                *("help.log", "Show Log", show_log, menu, "read", (), "list"),
                "Open the log file of internal errors",
            ),
            Command("help.about", "About Event Inspector", show_about, menu, "about", icon="info"),
        )
    )


def about() -> str:
    """Return the versions of all that matters in a bug report, a line each."""
    import platform

    import PySide6
    from PySide6.QtCore import qVersion

    import inspector

    return (
        f"Event Inspector {inspector.__version__}\n"
        f"Python {platform.python_version()}, PySide6 {PySide6.__version__}, Qt {qVersion()}\n"
        f"{platform.platform()}"
    )


FEATURE: Final = Feature("help", "Help", "help", "", make)
