"""A handler that gets another publication's session or metadata is told once; what it has by design is not."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from inspector.agent.effects.belonging import METADATA, SESSION, Belongings
from inspector.agent.effects.effects import Effects
from inspector.core.bus.context import CURRENT
from tests.agent.test_effects import Note, TokenIssued, Trail, Watched


class Other(TokenIssued):
    pass


class Asked(TokenIssued):
    pass


class Late(TokenIssued):
    pass


class Ledger:
    """Stands for a session."""


class Fixed:
    """One that cannot be held weakly."""

    __slots__ = ()


def mixed(notes: list[Note]) -> list[tuple[str, Any]]:
    return [(note.text, note.data.get("line")) for note in notes if note.kind == "mixed_up"]


def get(belongings: Belongings, subject: str, value: Any, bus: Any = None) -> None:
    """Get something, as a handler."""
    execution = CURRENT.get()
    assert execution is not None
    belongings.got(execution, subject, value, sys._getframe(), bus)


async def test_a_handler_that_keeps_its_session_on_its_object_is_told_where_it_adds_to_another(
    here: Watched, database: Engine
) -> None:
    with Session(database) as first, Session(database) as second:

        class Desk:
            session: Session | None = None

            async def nested(self, _event: Any) -> None:
                self.session = here.bus.get_session()  # type: ignore[assignment]
                assert self.session is not None
                self.session.add(Trail(action="right"))

            async def take(self, _event: Any) -> None:
                self.session = here.bus.get_session()  # type: ignore[assignment]
                await here.bus.publish(Other(), session=second)  # type: ignore[arg-type]
                assert self.session is not None
                self.session.add(Trail(action="wrong"))  # here
                self.session.add(Trail(action="wrong again"))

        desk = Desk()

        async def publishes(_event: Any) -> None:
            await here.bus.publish(TokenIssued(), session=first)  # type: ignore[arg-type]

        here.bus.subscribe(Other, desk.nested)
        here.bus.subscribe(TokenIssued, desk.take)
        with Session(database) as unrelated:

            async def by_itself(_event: Any) -> None:
                unrelated.add(Trail(action="nobody published with this one"))

            here.bus.subscribe(Other, by_itself)
            # ``take`` has published with the second itself: that is its own affair.
            assert mixed(await here.run(publishes, Asked())) == []

            async def leaks(_event: Any) -> None:
                second.add(Trail(action="wrong"))
                second.add(Trail(action="wrong again"))

            notes = await here.run(leaks, Late(), session=first)
        ((text, line),) = mixed(notes)
        assert text == "got another publication's session"
        assert line == leaks.__code__.co_firstlineno + 1


async def test_what_a_publication_without_a_session_has_of_its_cause_is_no_mistake(here: Watched) -> None:
    belongings, ledger, drained = Belongings(Effects(here.recorder)), Ledger(), []

    async def inner(_event: Any) -> None:
        get(belongings, SESSION, ledger)  # goes on with that of who published it
        drained.append(len(here.recorder.drain()))

    async def outer(_event: Any) -> None:
        get(belongings, SESSION, ledger)
        await here.bus.publish(Other())

    here.bus.subscribe(Other, inner)
    assert mixed(await here.run(outer, session=ledger)) == []
    assert drained

    async def stranger(_event: Any) -> None:
        get(belongings, SESSION, ledger)

    assert [text for text, _ in mixed(await here.run(stranger))] == ["got another publication's session"]


async def test_the_word_of_a_bus_counts_even_for_who_published_with_it(here: Watched) -> None:
    belongings, first, second = Belongings(Effects(here.recorder)), Ledger(), Ledger()

    async def inner(_event: Any) -> None:
        get(belongings, SESSION, second)

    def outer(bus: Any) -> Any:
        async def asks(_event: Any) -> None:
            await here.bus.publish(Other(), session=second)  # type: ignore[arg-type]
            get(belongings, SESSION, second, bus)

        return asks

    here.bus.subscribe(Other, inner)
    assert mixed(await here.run(outer(None), session=first)) == []
    assert mixed(await here.run(outer(object()), session=first)) == []
    assert len(mixed(await here.run(outer(here.bus), session=first))) == 1


async def test_metadata_is_told_by_identity_and_not_without_end(here: Watched) -> None:
    belongings = Belongings(Effects(here.recorder))
    several: list[Mapping[str, str]] = [{"ip": str(number)} for number in range(70)]

    def gets(value: Any) -> Any:
        async def handler(_event: Any) -> None:
            get(belongings, METADATA, value)
            get(belongings, METADATA, value)

        return handler

    async def publish(metadata: Mapping[str, str], value: Any) -> list[tuple[str, Any]]:
        handler = gets(value)
        here.bus.subscribe(TokenIssued, handler)
        await here.bus.publish(TokenIssued(), metadata=metadata)
        here.bus.unsubscribe(TokenIssued, handler)
        return mixed(here.notes())

    for metadata in several:
        assert await publish(metadata, metadata) == []
    assert await publish(several[0], several[0] | {"more": "keys"}) == []  # a copy is nobody's
    assert await publish(several[0], None) == []  # a bus that never gave it
    assert [text for text, _ in await publish(several[0], several[-1])] == ["got another publication's metadata"]
    assert await publish(several[-1], several[1]) == []  # forgotten since


async def test_what_cannot_be_held_and_what_comes_too_late_is_not_judged(here: Watched) -> None:
    belongings, fixed, ledger, late = Belongings(Effects(here.recorder)), Fixed(), Ledger(), []

    async def keeps(_event: Any) -> None:
        get(belongings, SESSION, fixed)
        late.append(CURRENT.get())

    async def takes(_event: Any) -> None:
        get(belongings, SESSION, fixed)

    assert mixed(await here.run(keeps, session=fixed)) == []
    assert mixed(await here.run(takes, session=ledger)) == []
    belongings.got(late[0], SESSION, ledger, None)
    assert mixed(here.notes()) == []
