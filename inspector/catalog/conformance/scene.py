"""One publication of a run beside what the catalog declares of it; makes the findings about it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from inspector.catalog.conformance.rules import RunFinding
from inspector.core.records.numbers import NO_EXECUTION_NUMBER, ExecutionNumber

if TYPE_CHECKING:
    from inspector.catalog.conformance.observed import Fired, SeenExecution, SeenPublication
    from inspector.catalog.conformance.rules import RunRule
    from inspector.catalog.findings.subject import Subject
    from inspector.core.description import EventDescription, HandlerDescription


class DeclaredPublication:
    """A publication and its declaration.

    Args:
        subject: What the program declares.
        fired: The fire that it came of.
        publication: What was seen.
        event: What is declared of its event; None when it is not in the catalog.
    """

    def __init__(
        self, subject: Subject, fired: Fired, publication: SeenPublication, event: EventDescription | None
    ) -> None:
        self.subject = subject
        self.fired = fired
        self.publication = publication
        self.event = event
        self.name = publication.event

    @cached_property
    def subscribed(self) -> list[HandlerDescription]:
        """The handlers that are subscribed to the event, each once."""
        return self.subject.handlers_of(self.event) if self.event is not None else []

    @cached_property
    def handlers(self) -> list[HandlerDescription]:
        """The handlers that are subscribed or ran."""
        handlers = {handler.key: handler for handler in self.subscribed}
        for execution in self.publication.executions:
            handlers.setdefault(execution.handler, self.subject.handler(execution.handler))
        return list(handlers.values())

    @property
    def publisher(self) -> str:
        """Label of the handler that published, empty when none did."""
        cause = self.publication.cause
        for publication in self.fired.publications:
            for execution in publication.executions:
                if execution.number == cause:
                    return self.label(execution.handler)
        return "a handler" if cause else ""

    def label(self, key: str) -> str:
        """Return what people call a handler."""
        return self.subject.handler(key).label

    def finding(self, rule: RunRule, message: str, handler: HandlerDescription | None = None) -> RunFinding:
        """Make a finding about the publication as a whole, or about a handler of it."""
        place = handler if handler is not None and handler.file else self.event
        where = (place.file, place.line) if place is not None else ("", 0)
        return self._finding(rule, message, handler.label if handler is not None else "", where)

    def of(self, execution: SeenExecution, rule: RunRule, message: str) -> RunFinding:
        """Make a finding about an execution."""
        handler = self.subject.handler(execution.handler)
        place = execution if execution.file else handler
        return self._finding(rule, message, handler.label, (place.file, place.line), execution.number)

    def _finding(
        self,
        rule: RunRule,
        message: str,
        handler: str,
        where: tuple[str, int],
        execution: ExecutionNumber = NO_EXECUTION_NUMBER,
    ) -> RunFinding:
        about = (rule.code, rule.severity, message, rule.fix, self.name, handler, *where)
        return RunFinding(*about, (self.fired.context,), self.publication.number, execution)
