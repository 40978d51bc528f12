"""The faults that a person has set up: a list of rules that stays, each of them on or off, with what it has hit."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from inspector.analysis.journal import Journal
    from inspector.core.faults import FaultRule
    from inspector.core.records.host import ActiveFault


#: The faults that are seen at once, the most telling first.
_TELLING: Final = ("fail", "swallow", "cancel", "drop", "slow", "hang")


@dataclass
class ListedFault:
    """A rule of the list.

    Attributes:
        rule: What goes wrong, where and how often.
        on: It is injected.
        since: Index of the first execution that it may have struck, -1 before it was ever on.
    """

    rule: FaultRule
    on: bool = True
    since: int = -1


class FaultList:
    """The rules, in the order in which they are tried: the first that is on and fits holds."""

    def __init__(self) -> None:
        self._faults: list[ListedFault] = []
        self._listeners: list[Callable[[], None]] = []

    def __iter__(self) -> Iterator[ListedFault]:
        return iter(self._faults)

    def __len__(self) -> int:
        return len(self._faults)

    @property
    def rules(self) -> tuple[FaultRule, ...]:
        """The rules that are on."""
        return tuple(fault.rule for fault in self._faults if fault.on)

    def listen(self, listener: Callable[[], None]) -> None:
        """Call the listener when the list has changed."""
        self._listeners.append(listener)

    def add(self, rule: FaultRule) -> None:
        """Put a rule before all others: what was asked for last holds."""
        self._faults.insert(0, ListedFault(rule))
        self._changed()

    def take(self, rules: Iterable[FaultRule]) -> None:
        """Add the rules that are not in the list yet, behind the others."""
        present = {fault.rule for fault in self._faults}
        self._faults += [ListedFault(rule) for rule in rules if rule not in present]
        self._changed()

    def replace(self, fault: ListedFault, rule: FaultRule) -> None:
        """Put another rule in the place of one; it has hit nothing yet."""
        fault.rule, fault.since = rule, -1
        self._changed()

    def remove(self, fault: ListedFault) -> None:
        """Take a rule out of the list."""
        self._faults = [other for other in self._faults if other is not fault]
        self._changed()

    def switch(self, fault: ListedFault, on: bool) -> None:
        """Switch a rule."""
        fault.on = on
        self._changed()

    def switch_all(self, on: bool) -> None:
        """Switch all rules."""
        for fault in self._faults:
            fault.on = on
        self._changed()

    def clear(self) -> None:
        """Forget all rules: another program runs."""
        self._faults.clear()
        self._changed()

    def begin(self, journal: Journal) -> None:
        """Count from now on what the rules hit that have just been switched on for the first time."""
        for fault in self._faults:
            if fault.on and fault.since < 0:
                fault.since = len(journal.executions)

    def strikes(self, event: str, labels: Iterable[str]) -> bool:
        """Return whether a rule that is on may strike one of these handlers on an event."""
        return any(rule.fits(label, event) for label in labels for rule in self.rules)

    def hits(self, journal: Journal) -> dict[int, tuple[int, int]]:
        """Return for each place in the list how many executions were struck, of how many that the rule is about."""
        import numpy as np

        executions = journal.executions
        labels = [handler.label for handler in journal.handlers]
        names = [event.name for event in journal.events]
        if not len(executions):
            return {}
        pairs, codes = np.unique(
            np.stack([executions["handler"], executions["event"]], axis=1), axis=0, return_inverse=True
        )
        codes = codes.reshape(-1)
        counts: dict[int, tuple[int, int]] = {}
        unclaimed = np.ones(len(pairs), bool)
        for place, fault in enumerate(self._faults):
            if not fault.on and fault.since < 0:
                continue
            fits = np.array([fault.rule.fits(labels[handler], names[event]) for handler, event in pairs.tolist()], bool)
            affected = (fits & unclaimed)[codes]
            affected[: max(fault.since, 0)] = False
            if fault.on:
                unclaimed &= ~fits
            counts[place] = int((affected & (executions["fault"] > 0)).sum()), int(affected.sum())
        return counts

    def _changed(self) -> None:
        for listener in tuple(self._listeners):
            listener()


def affected_events(journal: Journal, rules: Sequence[ActiveFault | FaultRule]) -> list[str]:
    """Name the events that a handler goes wrong for, those first whose trouble is seen at once.

    Args:
        journal: Whose catalog it is.
        rules: The faults that are on.
    """
    labels = {handler.key: handler.label for handler in journal.handlers}
    ranks: dict[str, int] = {}
    for event in journal.events:
        for key in event.handlers:
            for rule in rules:
                fits = fnmatchcase(labels.get(key, key), rule.handler) and fnmatchcase(event.name, rule.event)
                if fits:
                    rank = _TELLING.index(rule.kind) if rule.kind in _TELLING else len(_TELLING)
                    ranks[event.name] = min(rank, ranks.get(event.name, rank))
                    break
    return sorted(ranks, key=lambda name: ranks[name])


def affected_lanes(journal: Journal, rules: Sequence[FaultRule]) -> frozenset[str]:
    """Return the keys of the timeline's lanes (of handler classes, methods and events) that a rule is about."""
    handlers = {handler.key: handler for handler in journal.handlers}
    lanes: set[str] = set()
    for event in journal.events if rules else ():
        for handler in filter(None, map(handlers.get, event.handlers)):
            if any(rule.fits(handler.label, event.name) for rule in rules):
                lanes |= {f"handler:{handler.owner}", f"method:{handler.key}", f"event:{event.name}"}
    return frozenset(lanes)
