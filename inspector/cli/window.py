"""``inspector``: the window."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.app.memory import uncollected
from inspector.app.places import default_database
from inspector.cli.programs import demo_program, demo_rows, may_be_project
from inspector.core.errors import InspectorError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Coroutine

    from inspector.app.checking import Basis
    from inspector.app.recording import Host, Recording
    from inspector.cli.console import Console
    from inspector.hosts.project import Project


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Open the window and wait until it is closed; return the exit code.

    Raises:
        InspectorError: There is no display, or Qt cannot be loaded.
    """
    if not has_display():
        raise InspectorError(
            "No display found.",
            "To run the demo without one, use `inspector demo --screenshot window.png`.",
        )
    project, confirmed = _project_of(arguments, console) if may_be_project(arguments) else (None, False)
    database = arguments.db or default_database()
    return show(database, arguments.seed, project=project, confirmed=confirmed)


def _project_of(arguments: argparse.Namespace, console: Console) -> tuple[Project | None, bool]:
    """Return the project that is meant, and whether its code may run; None for the demo."""
    from inspector.cli.source import project_of, tell_unused

    choice = project_of(arguments)
    # The window asks for consent itself: a project that was only found is not loaded before the person has said so.
    project, confirmed = choice if choice is not None else (None, False)
    if project is not None:
        tell_unused(project, console)
    return project, confirmed


def has_display() -> bool:
    """Return whether a window can be shown: Qt ends the whole process when it cannot."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def show(
    database: Path,
    seed: int | None,
    *,
    project: Project | None = None,
    confirmed: bool = False,
    work: Callable[[Recording], Coroutine[Any, Any, int]] | None = None,
    screenshot: Path | None = None,
    faults: bool = False,
    name: str = "",
    make_host: Callable[[], Host] | None = None,
    source: str = "demo",
    finish: Callable[[Recording], Coroutine[Any, Any, None]] | None = None,
) -> int:
    """Open the window; return the exit code.

    Args:
        database: The sessions database.
        seed: Seed of the synthetic values.
        project: What to load; None shows the demo.
        confirmed: The person has said already that the project's code may run.
        work: What to do in the window before it closes by itself; return the exit code.
        screenshot: Where to save a picture of it then.
        faults: Switch the program's faults on.
        name: Name of the session; its beginning when not given.
        make_host: Makes the host of what is shown instead of the demo.
        source: Where the session of that comes from, for the list of sessions.
        finish: What has to be done with the recording, whether the window is closed meanwhile or not.

    Raises:
        InspectorError: Qt cannot be loaded.
    """
    from inspector.ui.libraries import libraries_trouble, packages_of

    if trouble := libraries_trouble(os.environ):
        raise InspectorError(trouble)
    try:
        with uncollected():
            from inspector.ui.opening import open_window
    except ImportError as error:
        if (error.name or "").partition(".")[0] == "inspector":
            raise
        packages = " ".join(packages_of([]))
        raise InspectorError(f"Cannot load Qt ({error}). Install the Debian packages {packages}.") from error
    return open_window(
        functools.partial(demo_program, seed),
        db=database,
        seed=seed,
        run=work,
        screenshot=screenshot,
        faults=faults,
        project=project,
        confirmed=confirmed,
        basis=demo_basis if make_host is None else None,
        catalog=demo_rows if make_host is None and project is None else None,
        name=name,
        make_host=make_host,
        source=source,
        finish=finish,
    )


def demo_basis() -> Basis:
    """Return what the check of the demo needs: its source, and the names that it leaves out with reasons."""
    import inspector.demo
    from inspector.app.checking import Basis
    from inspector.catalog.findings import read_settings
    from inspector.demo.check import CHECK

    return Basis(Path(inspector.demo.__file__).parent, read_settings(CHECK, "inspector/demo/check.py"))
