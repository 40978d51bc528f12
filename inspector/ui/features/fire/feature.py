"""Fire: the form that publishes an event, how it went, and what switches the program's faults and the recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.app import settings
from inspector.app.commands import Command
from inspector.ui.feature import Feature, Parts
from inspector.ui.kit.menus import MenuItem

if TYPE_CHECKING:
    from inspector.app.workbench import Workbench
    from inspector.ui.context import Context
    from inspector.ui.features.fire.copying import CommandCopies
    from inspector.ui.features.fire.firing import Firing
    from inspector.ui.first_frame import FirstFrame

_FIRE_KEYS: Final = ("Ctrl+Return", "Ctrl+Enter")
_AGAIN_KEYS: Final = ("Ctrl+R",)
_FAULT_KEYS: Final = ("Ctrl+Shift+F",)
_RECORD_KEYS: Final = ("Ctrl+Shift+R",)


def first_frame(frame: FirstFrame) -> None:
    """Make the buttons that fire and record."""
    name = frame.selection.event_name
    frame.stand_in("fire.selected", f"Fire {name}" if name else "Fire event", "Fire", _FIRE_KEYS, "play")
    if frame.catalog is not None:
        frame.stand_in("fire.again", "Again", "Fire", _AGAIN_KEYS, "repeat")
        frame.stand_in("faults.toggle", "Faults", "Fire", _FAULT_KEYS, "bolt")
        frame.stand_in("record.toggle", "Recording", "Fire", _RECORD_KEYS, "record", checked=lambda: True)


def make(context: Context) -> Parts:
    """Make what fires in a window."""
    from inspector.core.request import TIMEOUT
    from inspector.ui.features.fire.copying import CommandCopies
    from inspector.ui.features.fire.firing import Firing
    from inspector.ui.features.fire.panel import FirePanel

    panel = FirePanel(context.theme, context.selection)
    firing = Firing(context, panel)
    copies = CommandCopies(context, panel.form_for)
    panel.fire_requested.connect(firing.attempt)
    context.form_wanted.connect(firing.show_form)
    context.fire_wanted.connect(firing.fire_named)
    context.repeat_wanted.connect(firing.repeat)
    context.command_wanted.connect(copies.copy_publication)
    context.folded.connect(firing.folded)
    context.selection.event_selected.connect(lambda _: context.changed.emit())
    context.built.connect(lambda: panel.set_fire_shortcut(context.shortcut("fire.selected")))
    panel.stop_requested.connect(firing.stop)
    panel.fault_requested.connect(lambda name: context.fault_wanted.emit(name, ""))
    panel.context.changed.connect(lambda: context.commands.changed("fire.selected"))

    def show_execution() -> None:
        """Show what was chosen; from the timeline one key leads on to the next failure, or to the cause."""
        context.shell.focus_centre()
        context.raise_panel("execution")

    def tell() -> None:
        host = context.workbench.host
        panel.context.offer_session(host is None or host.sessions)
        workbench = context.workbench
        panel.set_enabled_reason(workbench.fire_blocked() or None, allowed=workbench.firing_allowed)

    def prefer() -> None:
        panel.set_default_timeout(context.settings.number(settings.TIMEOUT, TIMEOUT))

    context.built.connect(prefer)
    context.preferences_changed.connect(prefer)
    panel.outcome.chosen.connect(lambda _: show_execution())
    context.changed.connect(tell)

    def actions() -> list[MenuItem]:
        if panel.reroll.isHidden() or not panel.reroll.isEnabled():
            return []
        return [MenuItem("Fire: New Values", panel.reroll.click, icon="refresh", hint="action")]

    commands = _commands(context.workbench, firing, copies)
    return Parts(panel, commands, finds=(actions,), offered=lambda: context.workbench.firing_allowed)


def _commands(workbench: Workbench, firing: Firing, copies: CommandCopies) -> tuple[Command, ...]:
    from inspector.ui.features.fire.context import fire_title

    def fire_label() -> str:
        if firing.series is not None:
            return f"Stop {firing.series.progress}"
        name = firing.event_name()
        return fire_title(name, firing.count_of(name)) if name else "Fire event"

    def fire_blocked() -> str:
        return "" if firing.series is not None else workbench.fire_blocked()

    def again_label() -> str:
        last = workbench.last_fired
        return f"Fire {last.event} Again" if last is not None else "Fire Again"

    def no_again() -> str:
        if firing.series is not None:
            return "A series is running"
        return workbench.fire_blocked() or ("" if workbench.last_fired else "No event fired yet")

    def allowed() -> bool:
        return workbench.firing_allowed

    def allow_blocked() -> str:
        host = workbench.host
        return "" if host is None or host.running else "The program has ended"

    def faults_on() -> bool:
        host = workbench.host
        return host is not None and host.faults

    def recording_on() -> bool:
        host = workbench.host
        return host is None or host.recording

    return (
        Command(
            "fire.selected",
            "Fire",
            firing.fire_selected,
            "Fire",
            "fire",
            _FIRE_KEYS,
            "play",
            "Fire the selected event with the values in the form",
            label=fire_label,
            blocked=fire_blocked,
            share=lambda: firing.series.share if firing.series is not None else None,
            present=allowed,
        ),
        Command(
            "fire.stop",
            "Stop Firing",
            firing.stop,
            "Fire",
            "fire",
            (),
            "stop",
            "Stop the running series (Esc)",
            blocked=lambda: "" if firing.series is not None else "No series is running",
            present=allowed,
        ),
        Command(
            "fire.again",
            "Again",
            firing.again,
            "Fire",
            "fire",
            _AGAIN_KEYS,
            "repeat",
            "Fire the last event again",
            label=again_label,
            blocked=no_again,
            present=allowed,
        ),
        Command(
            "fire.copy",
            "Copy Event as Command",
            lambda: copies.copy_event(firing.event_name()),
            "Fire",
            "fire",
            ("Ctrl+Shift+C",),
            "terminal",
            "Copy a terminal command that fires this event",
            blocked=lambda: workbench.program_blocked() or ("" if firing.event_name() else "No event selected"),
        ),
        Command(
            "faults.toggle",
            "Faults",
            firing.toggle_faults,
            "Fire",
            "program",
            _FAULT_KEYS,
            "bolt",
            "Make some handlers fail, hang, run slowly or swallow exceptions",
            label=lambda: f"Faults: {len(workbench.faults.rules)} on" if faults_on() else "Faults",
            blocked=workbench.faults_blocked,
            checked=faults_on,
            present=allowed,
        ),
        Command(
            "fire.allow",
            "Allow Firing",
            firing.toggle_allowed,
            "Fire",
            "program",
            (),
            "",
            "Allow events to be fired into the running program; off: look only",
            blocked=allow_blocked,
            checked=lambda: workbench.firing is not None and workbench.firing.allowed,
            present=lambda: workbench.firing is not None,
        ),
        Command(
            "record.toggle",
            "Recording",
            firing.toggle_recording,
            "Fire",
            "program",
            _RECORD_KEYS,
            "record",
            "Pause or resume recording",
            blocked=workbench.record_blocked,
            checked=recording_on,
        ),
    )


FEATURE: Final = Feature("fire", "Fire", "play", "right", make, first_frame)
