"""What was observed of a run, as plain data: fires, publications, executions, notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from inspector.core.records.host import FireUnsettled, PublishRaised, SessionFailed
from inspector.core.records.numbers import NO_EXECUTION_NUMBER, ExecutionNumber, PublicationNumber

if TYPE_CHECKING:
    from inspector.core.records.account import NotCalled

BARE: Final = "bare"
SESSION: Final = "session"
ROLLBACK: Final = "rollback"
#: The contexts in which events are fired: without database session and metadata, with both, with both and the
#: database session rolled back.
CONTEXTS: Final = (BARE, SESSION, ROLLBACK)
#: In words, as they follow "fired …".
CONTEXT_WORDS: Final = {
    BARE: "without session or metadata",
    SESSION: "with a database session",
    ROLLBACK: "with a database session that is rolled back",
}
#: The same of a program that has no database session to give: what is left is the metadata.
_WITHOUT: Final = {BARE: "without metadata", SESSION: "with metadata", ROLLBACK: "with metadata again"}


def context_words(context: str, *, sessions: bool) -> str:
    """Return in which context something was fired, as it follows “fired …”.

    Args:
        context: One of ``CONTEXTS``.
        sessions: The program has database sessions.
    """
    return (CONTEXT_WORDS if sessions else _WITHOUT)[context]


@dataclass(frozen=True)
class SeenNote:
    """What an execution did: a log line, a row, a mail, a frame, a leak.

    Attributes:
        kind: ``log``, ``row``, ``mail``, ``sse``, ``tx``, ``leak``, …
        level: ``debug``, ``info``, ``warning``, ``error``.
        text: One line.
        data: More, as plain JSON.
    """

    kind: str
    level: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


#: What goes wrong around a fire, besides its executions.
FireTrouble = SessionFailed | PublishRaised | FireUnsettled


@dataclass(frozen=True)
class SeenExecution:
    """One call of a handler.

    Attributes:
        number: The execution's number, 1 and up.
        handler: Key of the handler.
        status: How it ended.
        error: Type and message of what it raised or swallowed, empty when there was nothing.
        file: Where in the program that was, empty when unknown.
        line: The line there, 0 when unknown.
        injected: A fault had been put into it: how it ended says nothing about the handler.
        notes: What it did.
    """

    number: ExecutionNumber
    handler: str
    status: str
    error: str = ""
    file: str = ""
    line: int = 0
    injected: bool = False
    notes: tuple[SeenNote, ...] = ()

    def told(self, kind: str) -> Iterator[SeenNote]:
        """Return its notes of a kind."""
        return (note for note in self.notes if note.kind == kind)


@dataclass(frozen=True)
class SeenPublication:
    """One publication and what came of it.

    Attributes:
        number: The publication's number, 1 and up.
        event: Name of the event.
        handlers: How many handlers it went to; 0: nobody heard it.
        cause: Number of the execution that published it, 0 for the one that was fired.
        executions: The calls of its handlers.
    """

    number: PublicationNumber
    event: str
    handlers: int
    cause: ExecutionNumber = NO_EXECUTION_NUMBER
    executions: tuple[SeenExecution, ...] = ()


@dataclass(frozen=True)
class Fired:
    """An event that was fired in a context.

    Attributes:
        event: Name of the event.
        context: One of ``CONTEXTS``.
        refusal: Why it was not published, empty when it was.
        trouble: What else the host recorded as going wrong.
        publications: The event's own publication and all that it led to.
        session: Its handlers had a database session, as far as the context asks for one.
        uncalled: Handlers that were subscribed and were not called, with the reason.
    """

    event: str
    context: str
    refusal: str = ""
    trouble: tuple[FireTrouble, ...] = ()
    publications: tuple[SeenPublication, ...] = ()
    session: bool = True
    uncalled: tuple[NotCalled, ...] = ()
