"""The execution that is selected, from its handler to its payload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.core.records.numbers import ExecutionIndex, PublicationIndex
    from inspector.ui.context import Context
    from inspector.ui.features.execution.details import ShownDetails


def make(context: Context) -> Parts:
    """Make the panel about the execution of a window."""
    from inspector.ui.features.execution.panel import ExecutionPanel

    def request_details(
        publication: PublicationIndex, execution: ExecutionIndex, answer: Callable[[ShownDetails], None]
    ) -> None:
        context.tasks.start("Reading the details", _read_details(context, publication, execution, answer))

    panel = ExecutionPanel(context.theme, context.selection, request_details=request_details)
    panel.retry_requested.connect(lambda publication: context.repeat_wanted.emit(publication, False))
    panel.edit_requested.connect(lambda publication: context.repeat_wanted.emit(publication, True))
    panel.command_requested.connect(context.command_wanted)
    panel.correlation_requested.connect(lambda text: context.set_filter(f"corr:{text}"))
    panel.open_source.connect(context.open_source)

    def show_beside(index: int) -> None:
        if index >= 0:
            context.shell.raise_beside(FEATURE.id)

    context.selection.execution_selected.connect(show_beside)
    context.selection.publication_selected.connect(show_beside)
    context.changed.connect(lambda: panel.set_enabled_reason(context.workbench.fire_blocked() or None))
    return Parts(panel)


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
