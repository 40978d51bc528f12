"""Retry: the handler of a recorded execution is called again, without its siblings, and it is told what came of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.app.text import plural
from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from inspector.app.retry import Retry, Verdict
    from inspector.catalog.replay import FieldMapping, Replay
    from inspector.core.records.numbers import ExecutionIndex
    from inspector.ui.context import Context

#: The panels in which a letter does something with the execution that is selected.
_PLACES: Final = "timeline log failures losses latency execution causality compare"


def make(context: Context) -> Parts:
    """Make what tries executions of a window again."""
    workbench, retries = context.workbench, context.workbench.retries

    async def ask(replay: Replay) -> FieldMapping | None:
        from inspector.ui.parts.mapping import ask_mapping

        return await ask_mapping(context.theme, context.shell, replay, "Retry")

    def retry(executions: Sequence[ExecutionIndex]) -> None:
        from inspector.app.retry import Retry
        from inspector.app.settings import TIMEOUT
        from inspector.core.errors import InspectorError
        from inspector.core.request import TIMEOUT as USUAL

        if retries.current is not None or not executions:
            return
        reason = workbench.retry_blocked()
        try:
            if reason:
                raise InspectorError(f"{reason}.")
            seconds = context.settings.number(TIMEOUT, USUAL)
            trying = Retry(workbench, executions, ask, retries.tell, timeout=seconds or None)
        except InspectorError as error:
            context.notices.report(error)
            return
        retries.current = trying  # at once: a second press must find it
        retries.tell()
        context.tasks.start(f"Retrying {plural(len(executions), 'execution')}", run(trying))

    async def run(trying: Retry) -> None:
        from inspector.app.retry import NOT_RUN

        await retries.run(trying)
        refused = [verdict for verdict in trying.verdicts.values() if verdict.name == NOT_RUN]
        if refused:
            count = len(trying.verdicts)
            some = "Not retried" if count == 1 else f"{len(refused)} of {count} not retried"
            context.notices.warning(f"{some}: {refused[0].detail}.")

    def selected() -> None:
        if context.selection.execution >= 0:
            retry([context.selection.execution])
        else:
            context.repeat_wanted.emit(context.selection.publication, False)

    def stop() -> None:
        if retries.current is not None:
            retries.current.stop()

    def blocked() -> str:
        if context.selection.execution < 0:
            return workbench.fire_blocked() if context.selection.publication >= 0 else "No execution selected"
        return "A retry is running" if retries.current is not None else workbench.retry_blocked()

    def stop_blocked() -> str:
        current = retries.current
        return "No retry is running" if current is None or current.stopped else ""

    def show(verdict: Verdict) -> None:
        if verdict.journal() is not workbench.recording.journal:
            context.notices.warning("The retry is in an earlier session.", "Open it in Sessions.")
            return
        if not workbench.live:
            workbench.show_live()
        context.execution_wanted.emit(verdict.execution)

    context.retry_wanted.connect(retry)
    context.retried_wanted.connect(show)
    commands = (
        Command(
            *("retry.execution", "Retry Handler", selected, "Fire", "execution", ("R",), "refresh"),
            "Call this one handler again with the recorded event and context; of an event, fire it again",
            scope=_PLACES,
            blocked=blocked,
            present=lambda: workbench.firing_allowed,
        ),
        Command(
            *("retry.stop", "Stop Retry", stop, "Fire", "execution", (), "stop"),
            "Stop after the handler that is running",
            blocked=stop_blocked,
            present=lambda: workbench.firing_allowed,
        ),
    )
    changed = partial(context.commands.changed, *(command.id for command in commands))
    for signal in (context.selection.execution_selected, context.selection.publication_selected):
        signal.connect(lambda _: changed())
    retries.listen(changed)

    async def end() -> None:
        stop()

    return Parts(commands=commands, stop=end)


FEATURE: Final = Feature("retry", "Retry", "refresh", "", make)
