"""Workflows of a run: which events begin and settle them, which attempts wait for their outcome, and which had one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from inspector.analysis.journal import Journal

#: A workflow, and the correlation id of one run of it.
Way = tuple[str, bytes]

#: How long after an attempt its outcome is taken to be missing, until it comes: ns.
OUTCOME_WAIT: Final = 10_000_000_000
#: Attempts, settled or not, that are remembered for a second outcome, and executions for a later success.
REMEMBERED: Final = 100_000
_ATTEMPT: Final = "attempted"
#: Phases that settle an attempt: the first pair of which a workflow has any.
_OUTCOMES: Final = (("succeeded", "failed"), ("allowed", "denied"))
_SUCCESSES: Final = frozenset({"succeeded", "allowed"})


@dataclass(eq=False)
class Attempt:
    """An attempt without an outcome.

    Attributes:
        at: When it was, ns.
        publication: Its index.
        event: Number of its event type.
        workflow: What was attempted.
        item: Index of the item that says that its outcome is missing, -1 while it may yet come.
    """

    at: int
    publication: int
    event: int
    workflow: str
    item: int = -1


class Settled(NamedTuple):
    """What an event did to its workflow.

    Attributes:
        earlier: Name of the outcome that it had already; empty for none.
        hopes: What waited for its success (``hope``).
    """

    earlier: str = ""
    hopes: frozenset[int] = frozenset()


class Workflows:
    """The attempts of a journal, from the event that begins each to the one that settles it.

    Args:
        journal: Whose events they are.
        missing: Called with an attempt whose outcome is overdue.
        came: Called with one that was settled, overdue or not.

    Attributes:
        unsure: They were not checked for a time, because not all events were recorded.
    """

    def __init__(self, journal: Journal, missing: Callable[[Attempt], None], came: Callable[[Attempt], None]) -> None:
        self.unsure = False
        self._journal = journal
        self._missing = missing
        self._came = came
        #: What each event is to its workflow, and of each workflow its phases and its events.
        self._roles: list[str] = []
        self._workflows: dict[str, tuple[set[str], list[int]]] = {}
        self._attempts: OrderedDict[Way, list[Attempt]] = OrderedDict()
        self._settled: OrderedDict[Way, str] = OrderedDict()
        #: Attempts whose outcome may yet come, by publication, in the order of their times.
        self._due: OrderedDict[int, Attempt] = OrderedDict()
        #: Attempts of fires that have not settled.
        self._fired: dict[int, list[int]] = {}
        self._hopes: OrderedDict[Way, set[int]] = OrderedDict()
        self._sampled: set[int] = set()

    def catalog_changed(self) -> None:
        """Find out anew which events begin and settle workflows."""
        self._roles.clear()
        self._workflows.clear()

    def role(self, event: int) -> str:
        """Return ``attempted`` or the phase by which an event settles its workflow; empty where it does neither."""
        events, roles = self._journal.events, self._roles
        for number in range(len(roles), len(events)):
            entry = events[number]
            roles.append("")
            if not entry.workflow:
                continue
            phases, members = self._workflows.setdefault(entry.workflow, (set(), []))
            members.append(number)
            news = members if entry.phase not in phases else (number,)
            phases.add(entry.phase)
            for member in news:
                roles[member] = _role_among(events[member].phase, phases)
        return roles[event]

    def published(self, index: int, at: int, event: int, key: bytes, fire: int, cause: int, process: int) -> Settled:
        """Take in a publication of an event that begins or settles a workflow; return what it did to that.

        What a person fires by itself has no outcome but what its handlers publish.
        """
        description = self._journal.events[event]
        if not any(key) or process in self._sampled:
            return Settled()
        way = description.workflow, key
        if self.role(event) == _ATTEMPT:
            self._begin(way, Attempt(at, index, event, description.workflow), waits=not fire or cause >= 0)
            if fire and cause >= 0:
                self._fired.setdefault(fire, []).append(index)
            return Settled()
        hopes: frozenset[int] = frozenset()
        if description.phase in _SUCCESSES:
            hopes = frozenset(self._hopes.pop(way, ()))
        waiting = self._attempts.get(way)
        if not waiting:
            return Settled(self._settled.get(way, ""), hopes)
        attempt = waiting.pop(0)
        self._due.pop(attempt.publication, None)
        self._came(attempt)
        if not waiting:
            del self._attempts[way]
        self._settled[way] = description.name
        if len(self._settled) > REMEMBERED:
            self._settled.popitem(last=False)
        return Settled("", hopes)

    def _begin(self, way: Way, attempt: Attempt, *, waits: bool) -> None:
        self._attempts.setdefault(way, []).append(attempt)
        if waits:
            self._due[attempt.publication] = attempt
        if len(self._attempts) > REMEMBERED:
            _, forgotten = self._attempts.popitem(last=False)
            for entry in forgotten:
                self.unsure |= self._due.pop(entry.publication, None) is not None

    def hope(self, number: int, event: int, key: bytes) -> None:
        """Wait for the workflow of an event to succeed: ``published`` then returns this number."""
        workflow = self._journal.events[event].workflow
        if workflow and any(key):
            self._hopes.setdefault((workflow, key), set()).add(number)
            if len(self._hopes) > REMEMBERED:
                self._hopes.popitem(last=False)

    def fire_settled(self, fire: int) -> None:
        """Take note that nothing more comes of a fire."""
        for publication in self._fired.pop(fire, ()):
            if attempt := self._due.pop(publication, None):
                self._missing(attempt)

    def look(self, now: int) -> None:
        """Take note of outcomes that are overdue at a time, ns."""
        while self._due:
            index, attempt = next(iter(self._due.items()))
            if now - attempt.at < OUTCOME_WAIT:
                break
            del self._due[index]
            self._missing(attempt)

    def finish(self) -> None:
        """Take note that the run is over: no outcome comes any more."""
        for attempt in self._due.values():
            self._missing(attempt)
        self._due.clear()
        self._fired.clear()

    def doubt(self, process: int, *, lasts: bool) -> None:
        """Forget attempts: their outcomes may be among what is not recorded, for now or as long as it ``lasts``."""
        self.unsure = True
        self._attempts.clear()
        self._settled.clear()
        self._due.clear()
        self._fired.clear()
        if lasts:
            self._sampled.add(process)
        else:
            self._sampled.discard(process)

    def trust(self, process: int) -> None:
        """Take note that all events of a process are recorded again."""
        self._sampled.discard(process)


def _role_among(phase: str, phases: set[str]) -> str:
    """Return a phase if it begins or settles a workflow with these phases, else an empty text."""
    if _ATTEMPT not in phases:
        return ""
    settling = next((pair for pair in _OUTCOMES if any(other in phases for other in pair)), ())
    return phase if settling and phase in (_ATTEMPT, *settling) else ""
