"""Opens the window: its first frame, then all that is behind it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from inspector.app.memory import uncollected
from inspector.app.notices import Notices
from inspector.app.places import layout_path
from inspector.app.settings import THEME, Settings, default_path
from inspector.core.errors import InspectorError
from inspector.ui.application import create_application, refcount_trouble
from inspector.ui.first_frame import FirstFrame
from inspector.ui.kit.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from inspector.agent.program import Program
    from inspector.app.checking import Basis
    from inspector.app.recording import Host
    from inspector.core.description import CatalogDescription
    from inspector.hosts.project import Project
    from inspector.ui.window import Finish, Run


def open_window(
    make_program: Callable[[], Program],
    *,
    db: Path | None,
    seed: int | None = None,
    run: Run | None = None,
    screenshot: Path | None = None,
    faults: bool = False,
    theme: str = "",
    size: tuple[int, int] = (1600, 1000),
    project: Project | None = None,
    confirmed: bool = False,
    basis: Callable[[], Basis] | None = None,
    name: str = "",
    make_host: Callable[[], Host] | None = None,
    source: str = "demo",
    finish: Finish | None = None,
    catalog: Callable[[], CatalogDescription] | None = None,
) -> int:
    """Open the window, and return the exit code when it has been closed.

    Args:
        make_program: Makes the program that is recorded, on the host's thread.
        db: Path of the sessions database; None stores nothing.
        seed: Seed of the synthetic values.
        run: Does something with the live recording as soon as there is one; then the window closes by itself and what
            it gave is the exit code. Nothing that other windows remembered counts then, and nothing is remembered.
            When the window is closed before it has ended it is cancelled, and the exit code is 1.
        screenshot: Where the window's picture goes before it closes; only with ``run``.
        faults: Switch the program's faults on at once.
        theme: ``dark`` or ``light`` for this time only; else what the settings say.
        size: Size of the window in pixels where no layout was saved; without ``run`` no larger than the screen.
        project: Recorded instead of the program, in a process of its own.
        confirmed: The person has said already that the project's code may run.
        basis: Returns what a check of the program needs, where it is not a project.
        name: Name of the session; its beginning when not given.
        make_host: Makes the host of what is recorded instead of the program.
        source: Where the session of that comes from, for the list of sessions.
        finish: Does what has to be done with the recording. When the window is closed before, it is hidden until then.
        catalog: Returns what the program declares, as far as rows of the catalog show it, for the first frame; None
            when that is not known before the program is there.

    Raises:
        InspectorError: The installed PySide6 cannot be used; under ``run`` also: the program could not be started, or
            the picture not be written.
        Exception: What ``run`` raised; the window is closed and what was recorded is stored by then.
    """
    application = create_application()
    trouble = refcount_trouble()
    if trouble:
        raise InspectorError(trouble)
    notices = Notices()
    settings = Settings(default_path() if run is None else None, notices)
    chosen = Theme(theme or settings.text(THEME, "system"))
    chosen.apply(application)
    layout = layout_path() if run is None else None
    if run is None:
        size = application.primaryScreen().availableSize().boundedTo(QSize(*size)).toTuple()
    name = name or time.strftime("%Y-%m-%d %H:%M:%S")
    rows = catalog() if catalog is not None else None
    with uncollected():
        frame = FirstFrame(chosen, settings, notices, layout, size, catalog=rows, name=name)
        if run is None:
            frame.shell.keep_on_screen()
        frame.show()

    # What the first frame does not show is loaded behind it.
    from inspector.ui.loop import run as run_loop
    from inspector.ui.window import Window

    window = Window(
        *(make_program, db, seed, settings, chosen, notices),
        layout=layout,
        size=size,
        project=project,
        confirmed=confirmed,
        basis=basis,
        name=name,
        make_host=make_host,
        source=source,
        finish=finish,
        frame=frame,
    )
    return run_loop(lambda stop: window.live(stop, run, screenshot, faults=faults), application, notices)
