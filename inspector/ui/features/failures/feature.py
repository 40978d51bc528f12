"""Failures: what went wrong, grouped by cause."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.ui.feature import Feature, Parts
from inspector.ui.kit.menus import MenuItem

if TYPE_CHECKING:
    from inspector.app.workbench import Workbench
    from inspector.core.records.numbers import ExecutionIndex
    from inspector.ui.context import Context
    from inspector.ui.features.failures.panel import FailuresPanel


class _Stored:
    """Looks failures up in whatever session is shown."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench

    async def failure(self, execution: ExecutionIndex) -> str:
        view = self._workbench.view
        return await view.details.failure(execution) if view is not None else ""


def make(context: Context) -> Parts:
    """Make the failures of a window."""
    from inspector.app.failure_marks import FailureMarks
    from inspector.ui.features.failures.panel import AFTER, BEFORE, FailuresPanel
    from inspector.ui.kit.text import copy_text

    workbench = context.workbench
    panel = FailuresPanel(
        *(context.theme, context.selection, _Stored(workbench), context.tasks),
        marks=FailureMarks(context.settings),
        retries=workbench.retries,
    )
    panel.retry_requested.connect(context.retry_wanted)
    panel.stop_requested.connect(lambda: context.commands.run("retry.stop"))
    context.changed.connect(lambda: panel.set_retry_reason(workbench.retry_blocked(), present=workbench.firing_allowed))
    panel.show_in_timeline.connect(context.execution_wanted)
    panel.open_source.connect(context.open_source)

    def actions() -> list[MenuItem]:
        if panel.shown < 0:
            return []
        detail = panel.detail
        return [
            MenuItem(
                "Failures: Copy Traceback", lambda: copy_text(detail.as_text(), "traceback"), icon="copy", hint="action"
            ),
            MenuItem("Failures: Show in Timeline", panel.show_shown, icon="timeline", hint="action"),
        ]

    return Parts(panel, commands=_commands(panel, BEFORE, AFTER), finds=(actions,))


def _commands(panel: FailuresPanel, before: str, after: str) -> tuple[Command, ...]:
    steps = (("previous", "Previous Failure in Group", before, -1), ("next", "Next Failure in Group", after, 1))
    return tuple(
        Command(
            f"failures.{name}",
            title,
            partial(panel.step, by),
            shortcuts=(keys,),
            icon="chevron-left" if by < 0 else "chevron-right",
            scope=FEATURE.id,
        )
        for name, title, keys, by in steps
    )


FEATURE: Final = Feature("failures", "Failures", "failure", "bottom", make)
