"""What the window can be asked for, as data: menus, bar, palette and shortcuts are made of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from inspector.app.commands import Command
from inspector.app.text import plural
from inspector.hosts.child import ChildHost
from inspector.ui.kit.menus import SEPARATOR, MenuItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.ui.desk import Desk
    from inspector.ui.features.sessions.exporting import Exporting

#: Sessions offered by the button in the bar; the panel has them all.
_OFFERED = 8
_STARTING = "The program is being started"


def desk_commands(desk: Desk, exporting: Exporting) -> list[Command]:
    """Return the commands of a desk."""
    return [*_fire_commands(desk), *_session_commands(desk, exporting)]


def _fire_commands(desk: Desk) -> list[Command]:
    firing = desk.firing

    def fire_label() -> str:
        name = firing.event_name()
        return f"Fire {name}" if name else "Fire an event"

    def again_label() -> str:
        return f"Fire {firing.last.event} Again" if firing.last is not None else "Fire Again"

    def faults_on() -> bool:
        host = desk.workbench.host
        return host is not None and host.faults

    def faults_label() -> str:
        return "Faults: on" if faults_on() else "Faults"

    def no_faults() -> str:
        waiting = started()
        if waiting or not isinstance(desk.workbench.host, ChildHost):
            return waiting
        return "The faults are the demo's; a project of your own brings none"

    def no_recording() -> str:
        host = desk.workbench.host
        return started() or ("" if host is not None and host.running else "The program has stopped")

    def recording_on() -> bool:
        host = desk.workbench.host
        return host is None or host.recording

    def started() -> str:
        return "" if desk.workbench.host is not None else desk.workbench.idle or _STARTING

    return [
        Command(
            "fire.selected",
            "Fire",
            firing.fire_selected,
            "Fire",
            "fire",
            ("Ctrl+Return", "Ctrl+Enter"),
            "play",
            "Publish the selected event with the values in its form",
            label=fire_label,
            blocked=firing.blocked,
        ),
        Command(
            "fire.again",
            "Again",
            firing.again,
            "Fire",
            "fire",
            ("Ctrl+R",),
            "repeat",
            "Publish once more what was fired last",
            label=again_label,
            blocked=lambda: firing.blocked() or ("" if firing.last is not None else "Nothing was fired yet"),
        ),
        Command(
            "fire.copy",
            "Copy as Command",
            lambda: desk.copies.copy_event(firing.event_name()),
            "Fire",
            "fire",
            ("Ctrl+Shift+C",),
            "terminal",
            "Copy the `inspector fire` that does the same in a terminal",
            blocked=lambda: started() or ("" if firing.event_name() else "No event is selected"),
        ),
        Command(
            "faults.toggle",
            "Faults",
            firing.toggle_faults,
            "Fire",
            "program",
            ("Ctrl+Shift+F",),
            "bolt",
            "Make some handlers fail, hang, be slow or swallow exceptions, to see what that looks like",
            label=faults_label,
            blocked=no_faults,
            checked=faults_on,
        ),
        Command(
            "record.toggle",
            "Recording",
            firing.toggle_recording,
            "Fire",
            "program",
            ("Ctrl+Shift+R",),
            "record",
            "Pause the recording, or go on",
            blocked=no_recording,
            checked=recording_on,
        ),
        Command(
            "catalog.find",
            "Find Event…",
            desk.find_event,
            "Fire",
            "find",
            ("Ctrl+E",),
            "search",
            "Put the keyboard into the catalog's filter",
        ),
    ]


def _session_commands(desk: Desk, exporting: Exporting) -> list[Command]:
    def nothing_shown() -> str:
        return "" if desk.workbench.view is not None else desk.workbench.idle or _STARTING

    def no_live() -> str:
        if desk.workbench.host is None:
            return desk.workbench.idle or _STARTING
        return "The live session is shown" if desk.workbench.live else ""

    return [
        Command(
            "session.live",
            "Back to the Live Session",
            desk.sessions.show_live,
            "Session",
            "open",
            ("Ctrl+L",),
            "record",
            blocked=no_live,
        ),
        Command(
            "session.list",
            "Open Session…",
            desk.sessions.show_list,
            "Session",
            "open",
            ("Ctrl+O",),
            "session",
            "Show the list of recorded sessions",
        ),
        Command(
            "session.rename",
            "Rename Session…",
            desk.sessions.rename_shown,
            "Session",
            "change",
            (),
            "edit",
            blocked=lambda: nothing_shown() or ("" if desk.sessions.shown() else "This session is stored nowhere"),
        ),
        Command(
            "export.jsonl",
            "Export Run Log as JSON Lines…",
            lambda: exporting.ask("jsonl"),
            "Session",
            "export",
            ("Ctrl+S",),
            "export",
            "Every record, one JSON value a line",
            blocked=exporting.blocked,
        ),
        Command(
            "export.csv",
            "Export Executions as CSV…",
            lambda: exporting.ask("csv"),
            "Session",
            "export",
            (),
            "export",
            "One row per execution",
            blocked=exporting.blocked,
        ),
        Command(
            "export.summary",
            "Export Handler Summary as CSV…",
            lambda: exporting.ask("summary"),
            "Session",
            "export",
            (),
            "export",
            "One row per handler: counts and percentiles",
            blocked=exporting.blocked,
        ),
        Command(
            "export.open",
            "Export",
            lambda: exporting.ask("jsonl"),
            icon="export",
            tooltip="Write the run log to a file",
            blocked=exporting.blocked,
        ),
    ]


def session_menu(desk: Desk) -> Sequence[MenuItem]:
    """Return the sessions that the button in the bar offers."""
    workbench = desk.workbench
    view = workbench.view
    if view is None:
        return [MenuItem(workbench.idle or "Starting…", enabled=False)]
    live = workbench.host is not None
    items = [
        MenuItem("Live session", desk.sessions.show_live, checked=view.live, icon="record", enabled=live),
        SEPARATOR,
    ]
    others = [info for info in desk.sessions.known if info.id != workbench.live_session][:_OFFERED]
    for info in others:
        shown = not view.live and view.session == info.id
        hint = plural(info.executions, "execution")
        items.append(MenuItem(info.name, partial(desk.sessions.open, info.id), checked=shown, hint=hint))
    if not others:
        items.append(MenuItem("No other sessions yet", enabled=False))
    items += [SEPARATOR, MenuItem("All sessions…", desk.sessions.show_list, icon="list", hint="Ctrl+O")]
    items.append(MenuItem("Rename…", desk.sessions.rename_shown, icon="edit", enabled=bool(desk.sessions.shown())))
    return items


def export_menu(exporting: Exporting) -> Sequence[MenuItem]:
    """Return what the export button offers."""
    reason = exporting.blocked()
    if reason:
        return [MenuItem(reason, enabled=False)]
    return [
        MenuItem("Run log as JSON Lines…", lambda: exporting.ask("jsonl"), icon="export", hint="Ctrl+S"),
        MenuItem("Executions as CSV…", lambda: exporting.ask("csv"), icon="export"),
        MenuItem("Handler summary as CSV…", lambda: exporting.ask("summary"), icon="chart"),
    ]
