"""The execution that is selected, from its handler to its payload."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.app.dumping import dump_blocked
from inspector.core.errors import InspectorError
from inspector.ui.feature import Feature, Parts

#: The panels in which a letter does something with the execution that is selected.
_PLACES: Final = "timeline log failures latency execution causality"

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
    from inspector.ui.context import Context
    from inspector.ui.features.execution.details import ShownDetails
    from inspector.ui.features.execution.panel import ExecutionPanel


def make(context: Context) -> Parts:
    """Make the panel about the execution of a window."""
    from inspector.ui.features.execution.copying import ExecutionCopies
    from inspector.ui.features.execution.panel import ExecutionPanel

    def request_details(
        publication: PublicationIndex, execution: ExecutionIndex, answer: Callable[[ShownDetails], None]
    ) -> None:
        context.tasks.start("Reading the details", _read_details(context, publication, execution, answer))

    panel = ExecutionPanel(context.theme, context.selection, request_details=request_details)
    panel.again_requested.connect(lambda publication: context.repeat_wanted.emit(publication, False))
    panel.retry_requested.connect(lambda execution: context.retry_wanted.emit([execution]))
    panel.stop_requested.connect(lambda: context.commands.run("retry.stop"))
    panel.edit_requested.connect(lambda publication: context.repeat_wanted.emit(publication, True))
    panel.command_requested.connect(context.command_wanted)
    panel.copy_requested.connect(context.copy_wanted)
    panel.comparison_requested.connect(context.comparison_wanted)

    def set_probes(off: tuple[str, ...]) -> None:
        try:
            context.workbench.set_probes(off)
        except InspectorError as error:
            context.notices.report(error)

    panel.probes_requested.connect(set_probes)
    copies = ExecutionCopies(context)
    context.copy_wanted.connect(copies.copy)
    panel.correlation_requested.connect(lambda text: context.set_filter(f"corr:{text}"))
    panel.filter_requested.connect(context.set_filter)
    panel.open_source.connect(context.open_source)
    panel.chain_requested.connect(lambda: context.commands.run("tasks.chain"))

    def show_beside(index: int) -> None:
        if index >= 0:
            context.shell.raise_beside(FEATURE.id)

    context.selection.execution_selected.connect(show_beside)
    context.selection.publication_selected.connect(show_beside)
    commands = _commands(panel, lambda: context.workbench.firing_allowed)
    for signal in (context.selection.execution_selected, context.selection.publication_selected):
        signal.connect(lambda _: context.commands.changed(*(command.id for command in commands)))

    retries = context.workbench.retries

    def tell_retry() -> None:
        journal, execution = context.journal, context.selection.execution
        if journal is not None:
            panel.show_retry(retries.trying(journal, [execution]), retries.verdict(journal, execution))

    retries.listen(tell_retry)
    panel.retry_button.show_requested.connect(context.retried_wanted)
    context.selection.execution_selected.connect(lambda _: tell_retry())

    def tell() -> None:
        panel.set_enabled_reason(context.workbench.fire_blocked() or None, present=context.workbench.firing_allowed)
        panel.set_retry_reason(context.workbench.retry_blocked())
        panel.set_switching(context.workbench.switches_probes)
        panel.set_chain_reason(dump_blocked(context.workbench))

    context.changed.connect(tell)
    return Parts(panel, commands=commands)


def _commands(panel: ExecutionPanel, firing: Callable[[], bool]) -> tuple[Command, ...]:
    """Return what can be done with the execution that is selected, wherever it was selected."""
    fires = partial(panel.blocked, fires=True)
    edit, fire, section = "Edit", "Fire", "execution"
    return (
        Command(
            *("execution.again", "Fire Execution Again", panel.fire_again, fire, section, (), "repeat"),
            "Fire again with the same values",
            scope=_PLACES,
            blocked=fires,
            present=firing,
        ),
        Command(
            *("execution.edit", "Edit & Fire", panel.edit_and_fire, fire, section, ("E",), "edit"),
            "Edit the values before they are fired again",
            scope=_PLACES,
            blocked=fires,
            present=firing,
        ),
        Command(
            *("execution.open", "Open in Editor", panel.open_in_editor, edit, section, ("F4",), "code"),
            "Open the line where it failed, else its handler",
            blocked=panel.source_blocked,
        ),
        Command(
            *("execution.pytest", "Copy as pytest", panel.copy_test, edit, section, ("T",), "flask"),
            "Copy a test that calls this handler with the same event",
            scope=_PLACES,
            blocked=panel.execution_blocked,
        ),
        Command(
            *("execution.report", "Copy Report as Markdown", panel.copy_report, edit, section, ("C",), "copy"),
            "Copy event, context, traceback and environment",
            scope=_PLACES,
            blocked=panel.execution_blocked,
        ),
        Command(
            *("execution.python", "Copy Event as Python", panel.copy_python, edit, section, (), "code"),
            blocked=panel.execution_blocked,
        ),
        Command(
            *("execution.command", "Copy Execution as Command", panel.copy_command, fire, section, (), "terminal"),
            blocked=panel.blocked,
        ),
        Command(
            *("execution.traceback", "Copy Traceback", panel.copy_traceback, edit, section, (), "copy"),
            blocked=panel.traceback_blocked,
        ),
        Command(
            *("execution.payload", "Copy Payload as JSON", panel.copy_payload, edit, section, (), "copy"),
            blocked=panel.blocked,
        ),
    )


async def _read_details(
    context: Context, publication: PublicationIndex, execution: ExecutionIndex, answer: Callable[[ShownDetails], None]
) -> None:
    view = context.workbench.view
    if view is None:
        return
    details = view.details
    payload = await details.payload(publication)
    fired_in = await details.context(publication)
    notes = tuple(await details.notes(execution)) if execution >= 0 else ()
    failure = await details.failure(execution) if execution >= 0 else ""
    from inspector.ui.features.execution.details import ShownDetails

    answer(ShownDetails((payload, fired_in.text) if payload else None, notes, failure))


FEATURE: Final = Feature("execution", "Execution", "clock", "right", make)
