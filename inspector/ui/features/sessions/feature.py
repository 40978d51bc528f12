"""Sessions: what was recorded, opened beside the live one; run logs written to files and taken in."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.app.export import EXPORTERS
from inspector.ui.feature import Feature, Parts
from inspector.ui.kit.menus import SEPARATOR, MenuItem

if TYPE_CHECKING:
    from inspector.app.workbench import Workbench
    from inspector.ui.context import Context
    from inspector.ui.features.sessions.exporting import Exporting
    from inspector.ui.features.sessions.sessions import Sessions

#: Sessions offered by the button in the bar; the panel has them all.
_OFFERED: Final = 8


def make(context: Context) -> Parts:
    """Make what deals with sessions in a window."""
    from inspector.ui.features.sessions.exporting import Exporting
    from inspector.ui.features.sessions.importing import Importing
    from inspector.ui.features.sessions.panel import SessionsPanel
    from inspector.ui.features.sessions.sessions import Sessions

    panel = SessionsPanel(context.theme)
    sessions = Sessions(context, panel)
    exporting = Exporting(context)
    importing = Importing(context, sessions)
    panel.export_requested.connect(lambda session: exporting.ask("jsonl", session))
    panel.import_requested.connect(importing.ask)
    context.started.connect(sessions.offer_last)
    context.closing.connect(sessions.remember)

    commands = (
        *_session_commands(context.workbench, sessions),
        *_export_commands(exporting),
        *importing.commands(),
    )
    menus = {
        "session": lambda: _session_menu(context, sessions),
        "export.open": lambda: _export_menu(context, exporting),
    }

    def stored() -> list[MenuItem]:
        return [
            MenuItem(info.name, partial(sessions.open, info.id), icon="session", hint="session")
            for info in sessions.known
        ]

    context.numbers_changed.connect(panel.numbers_changed)
    return Parts(panel, commands, menus=menus, finds=(stored, panel.palette_items), stop=importing.stop)


def _session_commands(workbench: Workbench, sessions: Sessions) -> tuple[Command, ...]:
    def no_live() -> str:
        return workbench.program_blocked() or ("Already showing the live session" if workbench.live else "")

    def not_stored() -> str:
        return workbench.view_blocked() or ("" if sessions.shown() else "This session is not saved")

    return (
        Command(
            "session.live",
            "Back to the Live Session",
            sessions.show_live,
            "Session",
            "open",
            ("Ctrl+L",),
            "record",
            blocked=no_live,
        ),
        Command(
            "session.list",
            "Open Session…",
            sessions.show_list,
            "Session",
            "open",
            ("Ctrl+O",),
            "session",
            "Show all sessions",
        ),
        Command(
            "session.delete",
            "Delete Session…",
            sessions.ask_delete_shown,
            "Session",
            "change",
            (),
            "trash",
            "Delete this stored session",
            blocked=lambda: not_stored() or ("This is the live session; clear it instead" if workbench.live else ""),
        ),
        Command(
            "session.rename",
            "Rename Session…",
            sessions.rename_shown,
            "Session",
            "change",
            (),
            "edit",
            blocked=not_stored,
        ),
    )


def _export_commands(exporting: Exporting) -> tuple[Command, ...]:
    kinds = (
        Command(
            f"export.{exporter.id}",
            f"Export {exporter.title}…",
            partial(exporting.ask, exporter.id),
            "Session",
            "export",
            exporter.shortcuts,
            exporter.icon,
            exporter.tooltip,
            blocked=exporting.blocked,
        )
        for exporter in EXPORTERS.values()
    )
    everything = Command(
        "export.open",
        "Export",
        lambda: exporting.ask("jsonl"),
        icon="export",
        tooltip="Export the session to a file",
        blocked=exporting.blocked,
    )
    return (*kinds, everything)


def _session_menu(context: Context, sessions: Sessions) -> Sequence[MenuItem]:
    """Return the sessions that the button in the bar offers."""
    from inspector.ui.features.sessions.model import outcome

    workbench = context.workbench
    view = workbench.view
    if view is None:
        return [MenuItem(workbench.idle or "Starting…", enabled=False)]
    live = workbench.host is not None
    items = [
        MenuItem("Live session", sessions.show_live, checked=view.live, icon="record", enabled=live),
        SEPARATOR,
    ]
    sessions.look()  # the menu is filled anew when that has been read
    others = [info for info in sessions.known if info.id != workbench.live_session][:_OFFERED]
    for info in others:
        shown = not view.live and view.session == info.id
        began = f"{info.started_at.astimezone():%m-%d %H:%M} · " if info.started_at.timestamp() else ""
        items.append(
            MenuItem(info.title, partial(sessions.open, info.id), checked=shown, hint=f"{began}{outcome(info)}")
        )
    if not others:
        items.append(MenuItem("No other sessions", enabled=False))
    return [
        *items,
        SEPARATOR,
        _command_item(context, "session.new", "New session", "plus"),
        _command_item(context, "session.clear", "Clear session…", "trash"),
        SEPARATOR,
        MenuItem("All sessions…", sessions.show_list, icon="list", hint=context.shortcut("session.list")),
        MenuItem("Rename…", sessions.rename_shown, icon="edit", enabled=bool(sessions.shown())),
    ]


def _command_item(context: Context, command: str, label: str, icon: str) -> MenuItem:
    commands = context.commands
    hint = context.shortcut(command)
    return MenuItem(label, lambda: commands.run(command), icon=icon, enabled=commands.enabled(command), hint=hint)


def _export_menu(context: Context, exporting: Exporting) -> Sequence[MenuItem]:
    """Return what the export button offers."""
    reason = exporting.blocked()
    if reason:
        return [MenuItem(reason, enabled=False)]
    return [
        MenuItem(
            f"{exporter.title}…",
            partial(exporting.ask, exporter.id),
            icon=exporter.icon,
            hint=context.shortcut(f"export.{exporter.id}"),
        )
        for exporter in EXPORTERS.values()
    ]


FEATURE: Final = Feature("sessions", "Sessions", "session", "bottom", make)
