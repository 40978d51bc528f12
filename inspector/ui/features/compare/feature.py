"""Why this one and not the others: what separates a failed execution from one that passed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

from inspector.app.commands import Command
from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.app.comparing import ComparedExecutions
    from inspector.core.records.numbers import ExecutionIndex
    from inspector.ui.context import Context

#: The panels in which a letter does something with the execution that is selected.
_PLACES: Final = "timeline log failures losses latency execution causality compare"


def make(context: Context) -> Parts:
    """Make the comparison of a window."""
    from inspector.ui.features.compare.panel import ComparePanel

    def request(a: ExecutionIndex, b: ExecutionIndex, answer: Callable[[ComparedExecutions], bool]) -> None:
        context.tasks.start("Comparing executions", _compare(context, a, b, answer))

    panel = ComparePanel(context.theme, context.selection, request)
    panel.filter_requested.connect(context.set_filter)
    panel.execution_wanted.connect(context.execution_wanted)
    panel.retry_requested.connect(lambda execution: context.retry_wanted.emit([execution]))
    panel.stop_requested.connect(lambda: context.commands.run("retry.stop"))
    panel.test_requested.connect(lambda execution: context.copy_wanted.emit("pytest", execution))
    workbench, retries = context.workbench, context.workbench.retries
    context.changed.connect(lambda: panel.set_retry_reason(workbench.retry_blocked(), present=workbench.firing_allowed))

    def tell_retry() -> None:
        journal, execution = context.journal, panel.compared
        if journal is not None:
            panel.retry_button.show_retry(retries.trying(journal, [execution]), retries.verdict(journal, execution))

    retries.listen(tell_retry)
    panel.retry_button.show_requested.connect(context.retried_wanted)
    panel.shown.connect(tell_retry)

    def compare(index: int) -> None:
        if panel.compare(index):
            context.raise_panel(FEATURE.id)

    context.comparison_wanted.connect(compare)
    # What shows each execution that is selected comes to the front before.
    to_front = partial(context.raise_panel, FEATURE.id)
    panel.chosen.connect(lambda: QTimer.singleShot(0, panel, to_front))

    def ask() -> None:
        context.comparison_wanted.emit(context.selection.execution)

    commands = (
        Command(
            *("compare.show", "Why This One?", ask, "View", FEATURE.id, ("Y",), "compare"),
            "Compare the selected failure with the last execution that passed",
            scope=_PLACES,
            blocked=panel.why_blocked,
        ),
        Command(
            "compare.filter", "Filter to Strongest Difference", panel.filter_strongest, blocked=panel.filter_blocked
        ),
        Command("compare.swap", "Swap A and B", panel.swap, blocked=panel.blocked),
        Command("compare.choose", "Choose B in Timeline", panel.choose_in_timeline, blocked=panel.choose_blocked),
        Command("compare.copy", "Copy Comparison", panel.copy, "Edit", "execution", (), "copy", blocked=panel.blocked),
    )
    changed = partial(context.commands.changed, *(command.id for command in commands))
    context.selection.execution_selected.connect(lambda _: changed())
    panel.shown.connect(changed)
    return Parts(panel, commands=commands)


async def _compare(
    context: Context, a: ExecutionIndex, b: ExecutionIndex, answer: Callable[[ComparedExecutions], bool]
) -> None:
    from inspector.app.comparing import compare_executions

    view = context.workbench.view
    if view is not None:
        await compare_executions(view.details, a, b, answer)


FEATURE: Final = Feature("compare", "Compare", "compare", "right", make, late=True)
