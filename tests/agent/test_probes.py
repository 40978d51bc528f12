"""What handlers log, as notes of their executions."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from inspector.agent.effects.log import install_log_probe
from inspector.agent.observe.handover import HANDOVER
from inspector.core import DomainEvent, InMemoryEventBus
from inspector.core.description import CatalogDescription
from inspector.core.records.capture import failure_from_json
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import HandlerEnded, Noted, Record, to_record
from inspector.core.values.snapshot import plain

log = logging.getLogger("shop.handlers")
pytestmark = [
    pytest.mark.allow_log("inspector.core.bus", "event_handler_failed"),
    pytest.mark.allow_log("shop.handlers"),
]


class Happened(DomainEvent):
    pass


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger; it has to be as before in the end."""
    root = logging.getLogger()
    before = root.level, list(root.handlers), root.disabled
    yield root
    assert (root.level, list(root.handlers), root.disabled) == before


async def run(*handlers: Callable[[Any], Any]) -> list[Record]:
    recorder, bus = Recorder(), InMemoryEventBus()
    recorder.start(CatalogDescription("test"))
    bus.observe(recorder)
    for handler in handlers:
        bus.subscribe(Happened, handler)
    undo = install_log_probe(recorder)
    try:
        log.warning("nobody's")
        await bus.publish(Happened())
    finally:
        undo()
    log.warning("too late")
    return [to_record(row) for row in recorder.drain()]


def notes(found: list[Record]) -> list[Noted]:
    return [record for record in found if isinstance(record, Noted)]


def ends(found: list[Record]) -> list[HandlerEnded]:
    return [record for record in found if isinstance(record, HandlerEnded)]


async def test_a_log_record_belongs_to_the_execution_that_wrote_it(root: logging.Logger) -> None:
    async def one(event: Happened) -> None:
        await asyncio.sleep(0)
        log.info("sent %d of %d", 1, 2, extra={"to": "ada@example.org"})

    async def two(event: Happened) -> None:
        log.warning("not so good")

    found = notes(await run(one, two))
    assert [
        (note.execution, note.kind, note.level, note.text) for note in sorted(found, key=lambda n: n.execution)
    ] == [
        (1, "log", "info", "sent 1 of 2"),
        (2, "log", "warning", "not so good"),
    ]
    assert plain(next(note.data for note in found if note.execution == 1)) == {
        "logger": "shop.handlers",
        "to": "ada@example.org",
    }


@pytest.mark.parametrize(
    ("level", "name"),
    [(logging.INFO, "info"), (25, "info"), (logging.WARNING, "warning"), (logging.ERROR, "error"), (60, "error")],
)
async def test_levels_have_four_names(root: logging.Logger, level: int, name: str) -> None:
    def handler(event: Happened) -> None:
        log.log(level, "text")

    assert [note.level for note in notes(await run(handler))] == [name]


async def test_an_error_logged_with_its_exception_is_a_swallowed_one(root: logging.Logger) -> None:
    def handler(event: Happened) -> None:
        try:
            raise ValueError("no")
        except ValueError:
            log.exception("it broke")

    (ended,) = ends(await run(handler))
    failure = failure_from_json(ended.failure)
    assert (ended.status, failure.type, failure.message) == ("swallowed", "ValueError", "no")
    assert failure.origin is not None
    assert failure.origin.function.endswith("handler")


@pytest.mark.parametrize("write", ["error without exception", "warning with exception", "empty exception"])
async def test_other_records_swallow_nothing(root: logging.Logger, write: str) -> None:
    def handler(event: Happened) -> None:
        try:
            raise ValueError("no")
        except ValueError as error:
            if write == "error without exception":
                log.error("it broke")
            elif write == "warning with exception":
                log.warning("it broke", exc_info=error)
        if write == "empty exception":
            log.error("it broke", exc_info=True)  # noqa: LOG014 - that is the trap

    (ended,) = ends(await run(handler))
    assert (ended.status, ended.failure) == ("ok", "")


async def test_a_handler_that_logs_and_raises_has_failed(root: logging.Logger) -> None:
    def handler(event: Happened) -> None:
        try:
            raise ValueError("first")
        except ValueError:
            log.exception("it broke")
            raise KeyError("second") from None

    (ended,) = ends(await run(handler))
    assert (ended.status, failure_from_json(ended.failure).type) == ("failed", "KeyError")


async def test_secrets_in_log_records_are_hidden(root: logging.Logger) -> None:
    canary = "canary-7f3a91"

    def handler(event: Happened) -> None:
        log.info("login with password=%s", canary, extra={"token": canary})
        try:
            raise ValueError(f"secret={canary}")
        except ValueError:
            log.exception("no")

    found = await run(handler)
    text = "".join(f"{note.text}{note.data}" for note in notes(found))
    assert "canary" not in text
    assert text.count("<redacted:") == 2
    assert canary not in failure_from_json(ends(found)[0].failure).message


async def test_extras_of_any_kind_and_records_that_cannot_be_written_do_no_harm(
    root: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)  # as in production: no traceback on stderr

    class Trap:
        def __repr__(self) -> str:
            raise SystemExit("code of the user ran")

    def handler(event: Happened) -> None:
        log.info("with a trap", extra={"trap": Trap()})
        logging.getLogger("shop.quiet").info("only %d of", 1, 2)  # noqa: PLE1205 - that is the trap
        log.info("and on")

    found = await run(handler)
    assert [note.text for note in notes(found)] == ["with a trap", "and on"]
    assert [ended.status for ended in ends(found)] == ["ok"]


async def test_a_thread_without_the_handlers_context_is_nobodys(root: logging.Logger) -> None:
    async def handler(event: Happened) -> None:
        thread = threading.Thread(target=log.info, args=("raw thread",))
        thread.start()
        thread.join()
        await asyncio.to_thread(log.info, "with its context")

    troubles: list[BaseException] = []
    end = HANDOVER.begin(troubles.append)  # on our own bus it makes no difference
    found = await run(handler)
    end()
    assert [note.text for note in notes(found)] == ["with its context"]
    assert troubles == []


async def test_the_buss_own_word_about_a_failure_is_no_note(root: logging.Logger) -> None:
    def handler(event: Happened) -> None:
        raise ValueError("no")

    found = await run(handler)
    assert [ended.status for ended in ends(found)] == ["failed"]
    assert notes(found) == []


@pytest.mark.parametrize("level", [logging.NOTSET, logging.DEBUG, logging.INFO, logging.WARNING, logging.CRITICAL])
def test_the_level_of_the_root_is_lowered_and_put_back(level: int) -> None:
    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    try:
        undo = install_log_probe(Recorder())
        assert root.isEnabledFor(logging.INFO)
        undo()
        assert root.level == level
    finally:
        root.setLevel(before)


def test_a_level_that_the_program_has_set_meanwhile_stays() -> None:
    root = logging.getLogger()
    before = root.level
    try:
        undo = install_log_probe(Recorder())
        root.setLevel(logging.ERROR)
        undo()
        assert root.level == logging.ERROR
    finally:
        root.setLevel(before)


def test_two_probes_can_go_in_any_order(root: logging.Logger) -> None:
    root.setLevel(logging.WARNING)
    one, two = install_log_probe(Recorder()), install_log_probe(Recorder())
    one()
    two()
