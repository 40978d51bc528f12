"""Whether a handler asks for the database session, and can do anything where there is none: by its source."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from inspector.agent.facts.sessions import fails_without_session, needs_session
from inspector.agent.handlers import Handler

log = logging.getLogger(__name__)
bus: Any = None


def asks_nothing(event: Any) -> None:
    event.handle()


def takes_it(event: Any, session: Any) -> None:
    session.add(event)


def takes_it_and_checks(event: Any, db_session: Any) -> None:
    if db_session is None:
        raise RuntimeError("no session")
    db_session.add(event)


def takes_it_or_goes_another_way(event: Any, session: Any) -> None:
    (session or event).add(event)


def uses_it_at_once(event: Any) -> None:
    bus.get_session().add(event)


def keeps_and_uses_it(event: Any) -> None:
    session = bus.get_db_session()
    session.add(event)


def has_it_as_attribute(event: Any) -> None:
    session: Any = bus.current_session
    session.add(event)


def logs_and_leaves(event: Any) -> None:
    session = bus.get_session()
    if not session:
        reason = "none"
        log.warning("nothing stored: %s", reason)
        return
    session.add(event)


def does_something_else_without(event: Any) -> None:
    session = bus.get_session()
    if session is None:
        event.store_elsewhere()
        return
    session.add(event)


def only_with_it(event: Any) -> None:
    session = bus.get_session()
    if session is not None:
        session.add(event)


def names_it_while_checking(event: Any) -> None:
    if (session := bus.get_session()) is None:
        raise RuntimeError("no session")
    session.add(event)


def checks_twice(event: Any) -> None:
    session = bus.get_session()
    if session is None:
        log.info("later")
    if session is not None:
        session.add(event)


def asks_twice(event: Any) -> None:
    bus.get_session()
    bus.current_session.add(event)


def keeps_it_in_two(event: Any) -> None:
    first = second = bus.get_session()
    first.add(second, event)


def asks_another(event: Any) -> None:
    event.shop.session.add(event)


class Audit:
    def handle(self, event: Any) -> None:
        self._store(event)

    def _store(self, event: Any) -> None:
        bus.get_session().add(event)


@pytest.mark.parametrize(
    ("target", "needs", "fails"),
    [
        (asks_nothing, False, False),
        (takes_it, True, True),
        (takes_it_and_checks, True, True),
        (takes_it_or_goes_another_way, True, False),
        (uses_it_at_once, True, True),
        (keeps_and_uses_it, True, True),
        (has_it_as_attribute, True, True),
        (logs_and_leaves, True, True),
        (does_something_else_without, True, False),
        (only_with_it, True, True),
        (names_it_while_checking, True, True),
        (checks_twice, True, False),
        (asks_twice, True, False),
        (keeps_it_in_two, True, False),
        (asks_another, False, False),
        (Audit().handle, True, True),
        (print, False, False),
        (eval("lambda event: bus.get_session().add(event)"), True, False),  # has no source
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_a_handler_does_with_the_session_is_read_from_its_source(
    target: Callable[..., Any], needs: bool, fails: bool
) -> None:
    handler = Handler(target)
    assert (needs_session(handler), fails_without_session(handler)) == (needs, fails)
