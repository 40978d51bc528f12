"""What the first frame of the window shows: its frame, a place for each panel, and what is known without the program.

It is made of the least that has to be loaded: no numpy, no store, no host, no asyncio. The rest is loaded and made
behind it (``ui/window.py``, ``ui/roof.py``); what was made here stays, or what looks the same takes its place.
"""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication, QWidget

from inspector.app.commands import Command, CommandTable
from inspector.app.tasks import TaskOwner
from inspector.store.naming import telling_name
from inspector.ui.features.all import FEATURES
from inspector.ui.selection import Selection
from inspector.ui.shell.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from inspector.app.notices import Notices
    from inspector.app.settings import Settings
    from inspector.core.description import CatalogDescription
    from inspector.ui.feature import Feature
    from inspector.ui.kit.theme import Theme

#: The areas in the order in which panels are numbered.
_AREAS: Final = ("centre", "left", "right", "bottom")
#: Seconds that a frame has to be painted; one that lies behind others, or on another desktop, is not painted.
PAINTING: Final = 1.0
#: Milliseconds for which it is waited at a time.
_WAIT: Final = 20


def _place(feature: Feature) -> tuple[bool, int]:
    return feature.late, _AREAS.index(feature.area) if feature.area else 0


class FirstFrame:
    """The window before the program is there.

    Args:
        theme: The look, applied already.
        settings: What is remembered between runs.
        notices: Where trouble is told.
        layout: File of the layout; None neither restores nor saves one.
        size: Size of the window in pixels where no layout was saved.
        features: What is built in, in the order of tabs and menus.
        catalog: What the program declares, as far as that is known without it: what rows of a catalog show.
        name: Name of the session that will be recorded of it.

    Attributes:
        shell: The window.
        tasks: Owner of asynchronous work.
        commands: Everything that can be done, by id.
        selection: What is selected.
        panels: What features have made for the first frame, by their ids.
        closing: The window was to be closed before there was anything to end.
    """

    def __init__(
        self,
        theme: Theme,
        settings: Settings,
        notices: Notices,
        layout: Path | None,
        size: tuple[int, int],
        features: Sequence[Feature] = FEATURES,
        catalog: CatalogDescription | None = None,
        name: str = "",
    ) -> None:
        self.theme, self.settings, self.catalog = theme, settings, catalog
        self.tasks = TaskOwner(notices)
        self.commands = CommandTable(notices, self.tasks)
        self.shell = Shell(theme, self.commands, notices, layout)
        self.shell.resize(*size)
        self.selection = Selection(self.shell)
        self.panels: dict[str, QWidget] = {}
        self.closing = False
        self.shell.close_requested.connect(self._close_requested)
        for feature in sorted(features, key=_place):
            panel = feature.first_frame(self) if feature.first_frame is not None else None
            if panel is not None:
                self.panels[feature.id] = panel
            if feature.area == "centre":
                self.shell.set_central(panel or QWidget(), feature.id, feature.title, feature.icon)
            elif feature.area:
                self.shell.add_panel(feature.area, feature.id, feature.title, panel or QWidget(), feature.icon)
        self.shell.finish()
        docked = [self.panels[panel_id] for panel_id in self.shell.panel_ids() if panel_id in self.panels]
        for panel in docked[:1]:
            panel.setFocus()  # else the first button has the keyboard until all is there
        self.shell.set_state("running", "starting")
        if catalog is None:
            self.shell.set_source("starting…")
        else:  # the bar has all that it will have: nobody shall press what has just moved
            self.shell.set_source(f"{catalog.program} · embedded bus")
            self.shell.set_session(telling_name(name, catalog.program))

    def stand_in(
        self,
        command_id: str,
        title: str,
        menu: str,
        shortcuts: tuple[str, ...],
        icon: str,
        checked: Callable[[], bool] | None = None,
    ) -> None:
        """Let a command of a feature have its button now; who asks for it is answered when there is a program."""
        run = partial(self.shell.run_later, command_id)
        self.commands.stand_in(Command(command_id, title, run, menu, menu.lower(), shortcuts, icon, checked=checked))

    def _close_requested(self) -> None:
        self.closing = True

    def open(self) -> None:
        """Show the window; it is painted later."""
        self.shell.show()
        self.shell.activateWindow()  # where no window manager runs nobody else gives it the keyboard

    def show(self) -> None:
        """Show the window, and wait until its first frame is painted. What is typed meanwhile waits, too."""
        painted: list[bool] = []
        self.shell.painted.connect(lambda: painted.append(True))
        self.open()
        end = monotonic() + PAINTING
        while not painted and monotonic() < end:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents, QDeadlineTimer(_WAIT))
