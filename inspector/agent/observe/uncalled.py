"""Handlers that were subscribed and were not called, and why, as far as that was seen.

Who was expected is known when an event is published, and who was called when its fire has settled. What lies between
is read off what was observed: conditions that said no, wrappers that did not call, lists that changed, queues that
still hold the event, a handler that raised or stopped it.
"""

from __future__ import annotations

import asyncio
import inspect
import queue
import sys
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType
from typing import TYPE_CHECKING, Any, Final

from ...core.bus.identity import plain_function
from ...core.records.host import (
    ARGUMENTS,
    CALLED_ONCE,
    DEAD_REFERENCE,
    EARLIER_RAISED,
    ELSEWHERE,
    GATHERED,
    GENERATOR,
    LIST_CHANGED,
    NESTED,
    ONLY_QUEUED,
    PREDICATE,
    PUBLISH_BROKE,
    PUT_OFF,
    REASONS,
    STILL_DUE,
    STOPPED,
    UNKNOWN,
    UNSUBSCRIBED,
    USED_UP,
    WRAPPER,
    UncalledHandler,
)
from ...core.values.looking import attributes
from ..facts.calls import refusal_of
from ..handlers import Handler
from ..reading.targets import dead_references, kind_of, record_field
from .handover import HANDOVER
from .routes import identity_of

if TYPE_CHECKING:
    from ...core.description import CatalogDescription, HandlerDescription
    from ..tap.moments import TapPublication

_DEPTH: Final = 4
#: Pools of processes of the standard library: module and class.
_POOLS: Final = (("concurrent.futures.process", "ProcessPoolExecutor"), ("multiprocessing.pool", "Pool"))
#: Code of generators and asynchronous generators.
_GENERATES: Final = 0x20 | 0x200


class Promises:
    """What handlers were promised for events, and which of them a publication did not call.

    Args:
        catalog: What the program declares at first.
    """

    def __init__(self, catalog: CatalogDescription) -> None:
        handlers = {handler.key: handler for handler in catalog.handlers}
        #: With several buses nothing says which handlers of an event are on which.
        self._declared = (
            {event.name: [handlers[key] for key in event.handlers if key in handlers] for event in catalog.events}
            if len(catalog.sources) < 2
            else {}
        )
        self._promised: dict[tuple[int, str], dict[str, HandlerDescription]] = {}
        self._called: set[str] = set()

    def uncalled(self, publication: TapPublication, fire: int) -> tuple[UncalledHandler, ...]:
        """Return the handlers that a publication did not call, in the order of their subscriptions."""
        expected = [subscription.description for subscription in publication.subscriptions]
        at = id(publication.source), publication.named
        promised = self._promised.get(at)
        if promised is None:
            declared = self._declared.get(publication.named, ())
            promised = self._promised[at] = {handler.key: handler for handler in declared}
        promised.update((handler.key, handler) for handler in expected)
        called = Counter((*publication.began, *publication.handed_with))
        missing = Counter(handler.key for handler in expected) - called
        stays = {*called, *(publication.expected_after or ())}
        for key in called.keys() - {handler.key for handler in expected}:  # a module was loaded anew, and its handlers
            for earlier in [other for other in promised if other not in stays and _same_place(other, key)][:1]:
                missing.pop(earlier, None)
                del promised[earlier]
        uncalled = []
        if missing:
            why = _Why(publication, fire, expected, self._called)
            uncalled = [_told(promised[key], *why.of(key)) for key in missing]
        still = {handler.key for handler in expected} | {*called}
        uncalled += [
            _told(handler, *self._gone(publication, key)) for key, handler in promised.items() if key not in still
        ]
        self._called.update(called)
        return tuple(uncalled)

    def _gone(self, publication: TapPublication, key: str) -> tuple[str, str]:
        """Return why a handler that was promised is not subscribed any more."""
        said = _said_by_bus(publication, key)
        if said is not None:
            return said
        maps = getattr(publication.source, "maps", ())
        weakly = any(True for handler_map in maps for _ in dead_references(handler_map.get()))
        lost = publication.tap.lost_handlers() if weakly else ()
        if lost is None:
            return DEAD_REFERENCE, "no longer subscribed, and a weak reference to a handler is dead"
        if key in lost:
            return DEAD_REFERENCE, ""
        return (USED_UP if key in self._called else UNSUBSCRIBED), ""


def _same_place(key: str, other: str) -> bool:
    """Return whether two handlers are called alike, but for the number that tells them apart."""
    return key.partition(" #")[0] == other.partition(" #")[0]


def _said_by_bus(publication: TapPublication, key: str) -> tuple[str, str] | None:
    """Return the reason that the adapter of a bus knows, with better words than the usual ones, if any."""
    ask: Any = getattr(publication.source, "why_uncalled", None)
    reason: tuple[str, str] | None = ask(publication.event, key) if ask is not None else None
    return reason


def _told(handler: HandlerDescription, reason: str, detail: str = "") -> UncalledHandler:
    return UncalledHandler(handler.key, handler.label, reason, detail or REASONS[reason])


class _Why:
    """Finds the reason for which a publication did not call a handler."""

    def __init__(
        self, publication: TapPublication, fire: int, expected: Sequence[HandlerDescription], called: set[str]
    ) -> None:
        self._publication = publication
        self._fire = fire
        self._keys = [handler.key for handler in expected]
        self._labels = {handler.key: handler.label for handler in expected}
        self._called = called

    def of(self, key: str) -> tuple[str, str]:
        """Return the reason, and words for it that are better than the usual ones."""
        publication = self._publication
        said = _said_by_bus(publication, key)
        if said is not None:
            return said
        timed = HANDOVER.timer_of(publication, self._fire)
        if key in publication.passed_over and not timed:
            return (USED_UP, "one-time handler, already called") if key in self._called else (WRAPPER, "")
        condition = self._condition(key)
        if condition:
            return PREDICATE, f"its predicate returned false ({condition})"
        if not publication.began and _is_queued(publication):
            return (GATHERED if _gathers(publication) else ONLY_QUEUED), ""
        if timed:
            return (PUT_OFF if timed == "cancelled" else STILL_DUE), ""
        changed = self._changed(key)
        if changed:
            return changed, "it was unsubscribed during publishing" if changed == UNSUBSCRIBED else ""
        if key in publication.began and self._is_repeated(key):
            return CALLED_ONCE, ""
        stopped = self._stopped(key) or self._any_condition() or self._unseen_condition(key)
        if stopped is None and not publication.began and key in publication.inside:
            return NESTED, ""
        return stopped or self._unable(key)

    def _is_repeated(self, key: str) -> bool:
        """Return whether the handlers of this key are one and the same, and not alike."""
        source: Any = self._publication.source
        targets = [target for _, target in source.subscribed_targets() if source.describe(target).key == key]
        return len(targets) > 1 and len({identity_of(target) for target in targets}) == 1

    def _unable(self, key: str) -> tuple[str, str]:
        """Return why a call of the handler would run none of its code, as far as its function says."""
        source: Any = self._publication.source
        target = next((target for target in _handlers_in(source) if source.describe(target).key == key), None)
        if target is None:
            return UNKNOWN, ""
        handler = Handler(target)
        outermost = getattr(handler.outermost, "__code__", None)
        if outermost is not None and outermost.co_flags & _GENERATES:
            return GENERATOR, ""
        if outermost is None and getattr(handler.function, "__code__", None) is not None:
            return WRAPPER, ""  # in C: what it remembers it answers without a call
        # With a name and a payload nothing here says how many arguments a handler is given.
        refusal = "" if self._publication.loose or key in self._called else refusal_of(target)
        if refusal:
            return ARGUMENTS, f"{REASONS[ARGUMENTS]}: {refusal}"
        return (ELSEWHERE if _has_processes(source) else UNKNOWN), ""

    def _condition(self, key: str) -> str:
        """Return the name of what was asked beside this handler and said no."""
        source: Any = self._publication.source
        said_no = self._publication.said_no
        for holder, parts in _kept_together(source) if said_no else ():
            codes = [getattr(part, "__code__", None) for part in parts]
            name = next((name for name, code, first in said_no if code in codes or first is holder), "")
            if name and any(source.describe(part).key == key for part in parts):
                return name
        return ""

    def _unseen_condition(self, key: str) -> tuple[str, str] | None:
        """Return what may have left this handler out and was not seen: what is kept beside it, or the bus's own code.

        A predicate may be asked about something else than the event.
        """
        source: Any = self._publication.source
        for _, parts in _kept_together(source):
            labels = {described.key: described.label for described in map(source.describe, parts)}
            if labels.pop(key, None) is not None and labels:
                return PREDICATE, f"its predicate ({', '.join(labels.values())}) may have returned false"
        for handler_map in getattr(source, "maps", ()):
            if handler_map.chooses and any(
                pattern is None and source.describe(target).key == key for pattern, target in handler_map.entries()
            ):
                return PREDICATE, "a condition of the bus may have left it out"
        return None

    def _any_condition(self) -> tuple[str, str] | None:
        names = dict.fromkeys(name for name, _, _ in self._publication.said_no)
        return (PREDICATE, f"a predicate returned false ({', '.join(names)})") if names else None

    def _changed(self, key: str) -> str:
        """Return how the list of handlers changed on the way, if that is why."""
        after = self._publication.expected_after
        if after is None:
            return ""
        if key not in after:
            return UNSUBSCRIBED
        before = self._keys[: self._keys.index(key)]
        return LIST_CHANGED if any(other not in after for other in before) else ""

    def _stopped(self, key: str) -> tuple[str, str] | None:
        """Return which handler before this one ended it."""
        publication = self._publication
        broke = (PUBLISH_BROKE, f"publishing raised {publication.broke} first") if publication.broke else None
        last = next((other for other in reversed(publication.began) if other in self._labels), "")
        if not last or self._keys.index(last) > self._keys.index(key):
            return broke
        label = self._labels[last]
        if publication.stopped:
            return STOPPED, f"stopped by handler: {label} ({publication.stopped})"
        if publication.failed is not None and publication.failed.subscription.key == last:
            return EARLIER_RAISED, f"{label} raised first, and the bus stopped there"
        if publication.answer:
            return (
                STOPPED,
                f"stopped by handler: {label} returned {publication.answer}",
            )
        return broke


def _handlers_in(source: Any) -> Iterator[Any]:
    """Yield what can be called in the containers of a bus."""
    for _, parts in _contents(source):
        yield from parts


def _kept_together(source: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Yield each record and tuple in the containers of a bus, with what can be called in it."""
    return ((value, parts) for value, parts in _contents(source) if value is not None)


def _contents(source: Any) -> Iterator[tuple[Any, list[Any]]]:
    """Yield records and tuples in the containers of a bus with what can be called in them, None with one by itself."""
    waiting = [(handler_map.get(), _DEPTH) for handler_map in getattr(source, "maps", ())]
    while waiting:
        value, depth = waiting.pop()
        kind = kind_of(value)
        if kind in ("record", "tuple"):
            parts = attributes(value).values() if kind == "record" else map(_handler_of, value)
            yield value, [part for part in parts if kind_of(part) == "handler"]
        elif kind == "handler":
            yield None, [value]
        elif depth and kind in ("dict", "proxy"):
            waiting += [(item, depth - 1) for item in tuple(value.values())]
        elif depth and kind in ("list", "set", "frozenset"):
            waiting += [(item, depth - 1) for item in tuple(value)]


def _handler_of(value: Any) -> Any:
    """Return what a record keeps as its handler, anything else as it is."""
    return attributes(value)[record_field(value)] if kind_of(value) == "record" else value


def _owners(source: Any) -> list[Any]:
    """Return whose methods publish on a bus."""
    points: Sequence[Any] = getattr(source, "publish_points", tuple)()
    return [*{id(point.owner): point.owner for point in points}.values()]


def _has_processes(source: Any) -> bool:
    """Return whether a bus holds a pool of processes, or its code makes one."""
    pools = tuple([getattr(sys.modules[module], name) for module, name in _POOLS if module in sys.modules])
    codes = [getattr(point.function, "__code__", None) for point in getattr(source, "publish_points", tuple)()]
    if pools and any(name in code.co_names for code in codes if code is not None for _, name in _POOLS):
        return True
    kinds = [type(value) for owner in _owners(source) for value in attributes(owner).values()]
    return any(issubclass(kind, pools) and kind.__name__ != "ThreadPool" for kind in kinds)


def _is_queued(publication: TapPublication) -> bool:
    """Return whether the bus still holds the event somewhere where it waits."""
    for owner in _owners(publication.source):
        for value in attributes(owner).values():
            if isinstance(value, (asyncio.Queue, queue.Queue, queue.SimpleQueue)):
                if not value.empty():
                    return True
            elif any(_holds(item, publication) for item in _waiting(value)):
                return True
    return False


def _gathers(publication: TapPublication) -> bool:
    """Return whether the publish methods of a bus go to its handlers themselves, once they have gathered enough."""
    source: Any = publication.source
    containers = {handler_map.attribute for handler_map in getattr(source, "maps", ())}
    points: Sequence[Any] = getattr(source, "publish_points", tuple)()
    for point in points:
        codes, waiting = set[CodeType](), [plain_function(point.function)]
        while waiting:
            code = getattr(waiting.pop(), "__code__", None)
            if isinstance(code, CodeType) and code not in codes:
                codes.add(code)
                waiting += [plain_function(inspect.getattr_static(point.owner, name, None)) for name in code.co_names]
        if any(containers & {*code.co_names} for code in codes):
            return True
    return False


def _waiting(value: Any) -> tuple[Any, ...]:
    """Return what lies in an attribute of a bus: in a list, or in the lists of a dict."""
    if isinstance(value, (deque, list)):
        return tuple(value)
    lists = tuple(value.values()) if isinstance(value, dict) else ()
    return tuple(item for inner in lists if isinstance(inner, (deque, list)) for item in tuple(inner))


def _holds(item: Any, publication: TapPublication) -> bool:
    parts = item if isinstance(item, (tuple, list)) else [*item.values()] if isinstance(item, Mapping) else ()
    return publication.is_about(item) or any(publication.is_about(part) for part in parts)
