"""The account of a run, as data: what is counted, and what was not called. The same for all who tell of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..errors import InspectorError
from .host import FireUnsettled, HandlersNotCalled, PendingWork

if TYPE_CHECKING:
    from .host import HostRecord, PublishRaised
    from .numbers import FireNumber, PublicationNumber


#: What is raised at the publisher for what handlers did: a publish that is too late, several failures at once.
_PASSED_ON: Final = frozenset((InspectorError.__name__, "ExceptionGroup", "BaseExceptionGroup"))


@dataclass(frozen=True)
class RunCounts:
    """The counts of a run, or of a part of it.

    Attributes:
        published: Publications, derived ones included.
        derived: Those that a handler made.
        unheard: Those that nobody handled.
        executions: Calls of handlers, coroutines that were never awaited included.
        never_awaited: Coroutines that were made of handlers and never started.
        attempts: How often the body of a handler began: one that is tried again counts each time.
        by_status: How many executions ended how; only what occurred.
    """

    published: int
    derived: int
    unheard: int
    executions: int
    never_awaited: int
    attempts: int
    by_status: dict[str, int]


@dataclass(frozen=True)
class NotCalled:
    """A handler that was subscribed and was not called.

    Attributes:
        event: Name of the event.
        handler: What people call the handler.
        key: Its key.
        code: Why, as one of ``records.host.REASONS``.
        reason: Why, in words.
        publication: Number of the first publication that did not call it.
        times: How many did not.
    """

    event: str
    handler: str
    key: str
    code: str
    reason: str
    publication: PublicationNumber
    times: int

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "event": self.event,
            "handler": self.handler,
            "reason": self.reason,
            "code": self.code,
            "publication": self.publication,
            "times": self.times,
        }


def not_called(records: Iterable[HostRecord], fire: FireNumber | None = None) -> list[NotCalled]:
    """Return the handlers that were not called, each once for each event and reason, in the order of the run."""
    gathered: dict[tuple[str, str, str], NotCalled] = {}
    for record in records:
        if not isinstance(record, HandlersNotCalled) or (fire is not None and record.fire != fire):
            continue
        for handler in record.handlers:
            at = record.event, handler.handler, handler.reason
            earlier = gathered.get(at)
            first = record.publication if earlier is None else earlier.publication
            times = record.times + (0 if earlier is None else earlier.times)
            words = handler.detail or handler.reason
            gathered[at] = NotCalled(record.event, handler.label, handler.handler, handler.reason, words, first, times)
    return list(gathered.values())


def is_of_bus(record: PublishRaised, failed: Iterable[str]) -> bool:
    """Return whether a bus raised something of its own, and not what a handler raised or was ended for.

    Args:
        record: What it raised.
        failed: Class names of the exceptions of the executions that ended badly; empty of those without one.
    """
    errors = set(failed)
    return not errors or record.error not in errors | _PASSED_ON


def pending(records: Iterable[HostRecord]) -> Iterator[PendingWork]:
    """Yield what went on when fires had settled."""
    for record in records:
        if isinstance(record, FireUnsettled):
            yield from record.pending
