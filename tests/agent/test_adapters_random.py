"""Any handlers in any container on any bus: with the tap as without it, and afterwards as before."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.core.records.records import HANDLER_ENDED, HANDLER_STARTED, PUBLICATION_ENDED, PUBLISHED
from tests.agent.samples import watch
from tests.agent.shapes import Base, Happened, Record

#: What a handler does: waits so often, then gives something back, raises, publishes again, or takes itself out.
ACTS = st.tuples(
    st.sampled_from(["sync", "async", "lambda"]),
    st.integers(0, 2),
    st.sampled_from(["give", "raise", "publish", "leave", "subscribe"]),
)
CONTAINERS = st.sampled_from(["list", "tuple", "deque", "record"])
DISPATCH = st.sampled_from(["one after another", "together", "first error ends it"])


class Bus:
    """Publishes in one of three ways."""

    def __init__(self, dispatch: str) -> None:
        self._dispatch = dispatch
        self._handlers: dict[type, Any] = {}

    async def publish(self, event: Any) -> list[Any]:
        found = [getattr(each, "handler", each) for each in self._handlers.get(type(event), ())]
        if self._dispatch == "together":
            return list(
                await asyncio.gather(*(self._call(handler, event) for handler in found), return_exceptions=True)
            )
        results: list[Any] = []
        for handler in found:
            try:
                results.append(await self._call(handler, event))
            except LookupError as error:
                results.append(error)
                if self._dispatch == "first error ends it":
                    raise
        return results

    async def _call(self, handler: Any, event: Any) -> Any:
        result = handler(event)
        return await result if inspect.isawaitable(result) else result


def _handler(bus: Bus, log: list[Any], index: int, act: tuple[str, int, str]) -> Any:
    kind, waits, end = act

    async def run(event: Any) -> Any:
        log.append((index, "begins", event.number))
        for _ in range(waits):
            await asyncio.sleep(0)
        return await finish(event)

    async def finish(event: Any) -> Any:
        if end == "publish" and event.number < 2:
            return await bus.publish(Happened(event.number + 1))
        return end_now(event)

    def end_now(event: Any) -> Any:
        log.append((index, end, event.number))
        handlers = bus._handlers[Happened]
        if end == "raise":
            raise LookupError(index)
        if end == "leave" and isinstance(handlers, (list, deque)) and handlers and callable(handlers[0]):
            handlers.remove(handlers[0])
        if end == "subscribe" and isinstance(handlers, list) and len(handlers) < 8:
            handlers.append(late)
        return index

    def late(event: Any) -> str:
        log.append((index, "late", event.number))
        return "late"

    return {"sync": end_now, "async": run, "lambda": lambda event: run(event)}[kind]


def _plain(value: Any) -> Any:
    """Results as values that can be compared."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return (type(value).__name__, value.args) if isinstance(value, BaseException) else value


async def _run(dispatch: str, container: str, acts: list[Any], tapped: bool) -> tuple[Any, ...]:
    log: list[Any] = []
    bus = Bus(dispatch)
    handlers = [_handler(bus, log, index, act) for index, act in enumerate(acts)]
    make = {"list": list, "tuple": tuple, "deque": deque, "record": lambda given: [Record(each) for each in given]}
    bus._handlers[Happened] = make[container](handlers)
    before = bus._handlers[Happened]
    watched = watch(bus) if tapped else None
    results = []
    for event in (Happened(0), Base(0), Happened(1)):
        try:
            results.append(_plain(await bus.publish(event)))
        except LookupError as error:
            results.append(_plain(error))
    if watched is not None:
        for _ in range(10):
            await asyncio.sleep(0)
        watched.stop()
        assert bus._handlers[Happened] is before
        assert vars(bus).keys() == {"_dispatch", "_handlers"}
        assert len(watched.rows(PUBLISHED)) == len(watched.rows(PUBLICATION_ENDED))
        assert len(watched.rows(HANDLER_STARTED)) == len(watched.rows(HANDLER_ENDED))
        failed = sum(row[3] == "failed" for row in watched.rows(HANDLER_ENDED))
        assert failed >= sum(entry[1] == "raise" for entry in log)
    left = [getattr(each, "handler", each) for each in before]
    # By place in the list made at the beginning; what was subscribed later has a name of its own.
    known = {id(handler): index for index, handler in enumerate(handlers)}
    return results, log, [known.get(id(each), each.__name__) for each in left]


@settings(max_examples=60)
@given(DISPATCH, CONTAINERS, st.lists(ACTS, max_size=4))
def test_a_tapped_bus_does_what_an_untapped_one_does(dispatch: str, container: str, acts: list[Any]) -> None:
    untapped = asyncio.run(_run(dispatch, container, acts, False))
    tapped = asyncio.run(_run(dispatch, container, acts, True))
    assert tapped == untapped
