"""Commands that look at the tasks of the live program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.app.dumping import dump_blocked
from inspector.core.records.statuses import RUNNING_CODE
from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context

#: The panels in which the await chain of the execution that is selected can be asked for.
_PLACES: Final = "timeline log execution causality"


def make(context: Context) -> Parts:
    """Make the commands."""
    from inspector.ui.features.tasks.window import TaskDumps

    dumps = TaskDumps(context)
    selection = context.selection

    def chain_blocked() -> str:
        journal, execution = context.journal, selection.execution
        if journal is None or not 0 <= execution < len(journal.executions):
            return "No execution selected"
        if journal.executions["status"][execution] != RUNNING_CODE:
            return "The execution has ended"
        return dump_blocked(context.workbench)

    def show_chain() -> None:
        journal = context.journal
        if journal is not None:
            dumps.show(int(journal.execution_number(selection.execution)))

    commands = (
        Command(
            *("tasks.dump", "Dump All Tasks", dumps.show, "View", "tasks", (), "list"),
            "Show what every task of the program awaits, and for which handler",
            blocked=partial(dump_blocked, context.workbench),
        ),
        Command(
            *("tasks.chain", "Show Await Chain", show_chain, "View", "tasks", (), "tree"),
            "Show what the selected execution awaits now, down to the future",
            scope=_PLACES,
            blocked=chain_blocked,
        ),
    )
    selection.execution_selected.connect(lambda _: context.commands.changed("tasks.chain"))
    return Parts(commands=commands)


FEATURE: Final = Feature("tasks", "Tasks", "list", "", make)
