"""Probes: what handlers do besides returning is noted with them, and what was put in place for it is gone after."""

from __future__ import annotations

import enum
import json
import logging
import smtplib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import ModuleType
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, event, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from inspector.agent.effects.calls import read_frame, wrap_method
from inspector.agent.effects.effects import Effects, install_effects, is_watched, watched
from inspector.agent.program import CoreProgram
from inspector.core.bus.bus import InMemoryEventBus
from inspector.core.bus.events import DomainEvent
from inspector.core.bus.sse import SSEEvent
from inspector.core.records.host import PartNotLoaded
from inspector.core.records.recorder import Recorder
from inspector.core.records.records import NOTED, to_record

SECRET = "canary-0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class TokenIssued(DomainEvent):
    email: str = "ada@example.com"
    reset_token: str = SECRET
    details: dict[str, Any] = field(default_factory=dict)


class Verb(enum.Enum):
    ISSUED = "token.issued"


class Base(DeclarativeBase):
    pass


class Trail(Base):
    __tablename__ = "trail"
    id: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    context: Mapped[str] = mapped_column(default="")


@dataclass
class Note:
    kind: str
    level: str
    text: str
    data: dict[str, Any]


class Watched:
    """A bus with its effects watched; ``run`` publishes to one handler and gives what was noted."""

    def __init__(self, probes: tuple[Any, ...] = ()) -> None:
        self.bus = InMemoryEventBus()
        self.recorder = Recorder()
        self.program = watched(CoreProgram("test", self.bus), probes)
        self.recorder.start(self.program.catalog())
        self.undo = self.program.attach(self.recorder, lambda error: None)

    async def run(self, handler: Callable[[Any], Any], event: Any = None, session: Any = None) -> list[Note]:
        event = TokenIssued() if event is None else event
        self.bus.subscribe(type(event), handler)
        await self.bus.publish(event, session=session)
        self.bus.unsubscribe(type(event), handler)
        return self.notes()

    def notes(self) -> list[Note]:
        rows = self.recorder.drain()
        return [Note(row[4], row[5], row[6], json.loads(row[7] or "{}")) for row in rows if row[0] == NOTED]


@pytest.fixture
def here():
    made = Watched()
    yield made
    made.undo()


@pytest.fixture
def logger():
    """A logger that lets INFO through, as the log probe of the engine sees to."""
    logger = logging.getLogger("tests.effects")
    logger.setLevel(logging.INFO)
    yield logger
    logger.setLevel(logging.NOTSET)


@pytest.fixture
def database():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def leaks(notes: list[Note]) -> list[tuple[str, str]]:
    return [(note.data["in"], note.data["leaked"]) for note in notes if note.kind == "leak"]


# --- rows -----------------------------------------------------------------------------------------


async def test_a_row_is_noted_with_the_handler_that_added_it_also_when_it_is_flushed_later(here, database):
    with Session(database) as session:

        async def handler(_):
            session.add(Trail(action="token_issued", context="{}"))

        assert await here.run(handler) == []
        session.flush()
        (note,) = here.notes()
    assert (note.kind, note.text) == ("row", "trail: action=token_issued")
    assert note.data["values"] == {"action": "token_issued", "context": "{}"}


async def test_an_inserted_row_and_the_name_of_an_enum_member_are_noted(here, database):
    with Session(database) as session:

        async def handler(_):
            session.execute(insert(Trail), [{"action": "bulk"}])
            session.execute(insert(Trail).values(action="single"))

        notes = await here.run(handler)
    assert [note.data["values"]["action"] for note in notes if note.kind == "row"] == ["bulk", "single"]


async def test_rows_added_outside_of_a_handler_or_never_flushed_are_not_noted(here, database):
    with Session(database) as session:
        session.add(Trail(action="outside"))
        session.flush()

        async def handler(_):
            session.add(Trail(action="given up"))

        await here.run(handler)
        session.rollback()
    assert here.notes() == []


async def test_ending_the_session_of_the_publication_is_noted_and_ending_an_own_one_is_not(here, database):
    with Session(database) as session, Session(database) as own:

        async def commits(_):
            own.commit()
            session.commit()

        (note,) = await here.run(commits, session=session)
    assert (note.kind, note.data) == ("tx", {"end": "commit"})


# --- mail -----------------------------------------------------------------------------------------


class Outbox:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    async def send(self, message: Any, *, urgent: bool = False) -> str:
        await self._deliver(message)
        return "sent"

    async def _deliver(self, message: Any) -> None:
        if message is None:
            raise ConnectionError("no message")
        self.sent.append(message)

    def send_template(self, recipient: str, subject: str, **values: Any) -> None:
        self.sent.append((recipient, subject, values))


def mail(body: str) -> EmailMessage:
    message = EmailMessage()
    message["To"] = "Ada <ada@example.com>"
    message["Subject"] = "Grüße"
    message.set_content(body, cte="base64")
    return message


async def test_mail_through_a_class_of_the_project_is_noted_and_its_secret_found_though_it_is_encoded(here):
    outbox = Outbox()

    async def handler(event):
        assert await outbox.send(mail(f"your token: {event.reset_token}")) == "sent"
        outbox.send_template("bea@example.com", subject="Hello", link="https://x.example/")

    notes = await here.run(handler)
    assert [note.text for note in notes if note.kind == "mail"] == [
        "mail to Ada <ada@example.com>: Grüße",
        "mail to bea@example.com: Hello",
    ]
    assert leaks(notes) == [("mail", "reset_token")]
    assert SECRET not in str(notes)


async def test_a_mail_that_could_not_be_sent_is_none(here):
    outbox = Outbox()

    async def handler(_):
        with pytest.raises(ConnectionError, match="no message"):
            await outbox.send(None)

    assert await here.run(handler) == []


async def test_smtplib_tells_each_mail_once(here, monkeypatch):
    # What the library does when it has talked to a server; send_message calls sendmail.
    monkeypatch.setattr(smtplib.SMTP, "ehlo_or_helo_if_needed", lambda self: None)
    monkeypatch.setattr(smtplib.SMTP, "mail", lambda self, *_: (250, b""))
    monkeypatch.setattr(smtplib.SMTP, "rcpt", lambda self, *_: (250, b""))
    monkeypatch.setattr(smtplib.SMTP, "data", lambda self, _: (250, b""))

    async def handler(_):
        server = smtplib.SMTP()
        message = mail("hello")
        message["From"] = "shop@example.com"
        server.send_message(message)

    (note,) = await here.run(handler)
    assert note.text.startswith("mail to Ada")


# --- frames ---------------------------------------------------------------------------------------


async def test_a_frame_is_noted_with_its_type_and_the_names_of_its_fields(here):
    async def handler(event):
        SSEEvent(event_type="token.issued", user_id=uuid4(), data={"email": event.email, "n": 1}).to_wire()

    (note,) = await here.run(handler)
    assert (note.kind, note.text) == ("sse", "token.issued")
    assert note.data == {"event": "token.issued", "fields": ["email", "n"]}


@pytest.mark.parametrize(
    ("frame", "read"),
    [
        ('event: a.b\ndata: {"x": 1,\ndata: "y": 2}\n\n', ("a.b", ["x", "y"])),
        (b'data: {"type": "a.b", "data": {"z": 0}}\r\n\r\n', ("a.b", ["z"])),
        ("event: a.b\ndata: just text\n\n", ("a.b", None)),
        ("hello", ("", None)),
        (None, ("", None)),
    ],
)
def test_frames_are_read_as_the_format_says(frame, read):
    assert read_frame(frame) == read


# --- secrets --------------------------------------------------------------------------------------


async def test_a_secret_in_a_log_line_its_extra_or_exception_is_found_once_and_never_noted(here, logger):
    async def handler(event):
        logger.info("token %s", event.reset_token)
        logger.info("again", extra={"link": f"https://x.example/?t={event.reset_token}"})

    notes = await here.run(handler)
    assert leaks(notes) == [("log", "reset_token")]
    assert notes[-1].text == "reset_token reached a log line"


async def test_a_secret_in_an_exception_that_is_logged_is_found(here, logger):
    async def handler(event):
        try:
            raise ValueError({"token": event.reset_token})
        except ValueError:
            logger.info("refused", exc_info=True)

    assert leaks(await here.run(handler)) == [("log", "reset_token")]


@pytest.mark.allow_log("inspector.core.bus")
async def test_a_secret_in_the_message_of_a_failure_is_in_the_log_that_the_bus_writes(here):
    async def handler(event):
        raise ValueError(f"no such token: {event.reset_token}")

    assert leaks(await here.run(handler)) == [("log", "reset_token")]


async def test_a_secret_that_is_printed_stored_or_sent_is_found(capsys, database):
    here = Watched()  # not by a fixture: pytest sets its own stdout anew for the test
    with Session(database) as session:

        async def handler(event):
            print("link", event.reset_token)
            session.add(Trail(action="x", context=json.dumps({"t": event.reset_token})))
            session.flush()
            SSEEvent(event_type="x", user_id=None, data={"t": event.reset_token}).to_wire()

        notes = await here.run(handler)
    here.undo()
    assert leaks(notes) == [("output", "reset_token"), ("row", "reset_token"), ("sse", "reset_token")]
    assert SECRET not in str(notes)
    assert "<redacted:reset_token>" in str(next(note.data for note in notes if note.kind == "row"))
    assert SECRET in capsys.readouterr().out  # the program's own output is what it was


async def test_secrets_inside_of_values_and_of_the_event_that_caused_this_one_are_known(here, logger):
    @dataclass(frozen=True, kw_only=True)
    class Derived(DomainEvent):
        text: str

    async def tells(event):
        logger.info("heard %s", event.text)

    async def publishes(event):
        await here.bus.publish(Derived(text=f"{event.details['inner']['api_key']} {event.reset_token}"))

    here.bus.subscribe(Derived, tells)
    notes = await here.run(publishes, TokenIssued(details={"inner": {"api_key": "key-11112222"}}))
    assert sorted(leaks(notes)) == [("log", "api_key"), ("log", "reset_token")]


async def test_an_event_without_secrets_leaks_nothing_and_short_texts_are_no_secrets(here, logger):
    async def handler(event):
        logger.info("%s %s", event, "abc")

    assert leaks(await here.run(handler, TokenIssued(reset_token="abc"))) == []


# --- installing -----------------------------------------------------------------------------------


def state() -> tuple[Any, ...]:
    return (
        sys.stdout,
        tuple(logging.getLogger().handlers),
        Outbox.__dict__["send"],
        Outbox.__dict__["send_template"],
        SSEEvent.__dict__["to_wire"],
        smtplib.SMTP.__dict__["sendmail"],
        sum(1 for _ in event.registry._key_to_collection),
    )


def test_everything_is_put_back_exactly():
    before = state()
    recorder = Recorder()
    undo = install_effects(recorder)
    assert state() != before
    assert is_watched(recorder)
    undo()
    assert state() == before
    assert not is_watched(recorder)


def test_a_recorder_is_watched_once():
    recorder = Recorder()
    first = install_effects(recorder)
    between = state()
    second = install_effects(recorder)
    assert state() == between
    second()
    assert state() == between
    first()


async def test_a_probe_of_the_project_is_found_and_one_that_breaks_is_told(monkeypatch):
    told: list[str] = []

    def sms(effects: Effects) -> Callable[[], None]:
        told.append("installed")
        monkeypatch.setattr(
            sys.modules[__name__], "send_sms", lambda text: effects.tell("sms", "sms", content=text), False
        )
        return lambda: told.append("undone")

    def broken(effects: Effects) -> None:
        raise RuntimeError("no such library")

    module = ModuleType("tests_effects_project")
    module.__file__ = __file__
    module.__inspector_probes__ = [sms, broken]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    here = Watched()
    rows = here.recorder.drain()
    assert [to_record(row).text for row in rows if row[0] == PartNotLoaded.KIND] == [
        "Cannot set up the probe broken: RuntimeError: no such library"
    ]

    async def handler(event):
        sys.modules[__name__].send_sms(event.reset_token)

    notes = await here.run(handler)
    assert [note.kind for note in notes] == ["sms", "leak"]
    here.undo()
    assert told == ["installed", "undone"]


def test_what_a_wrapped_method_is_stays_and_other_things_are_left_alone():
    effects = Effects(Recorder())

    class Mailer:
        size: int = 3

        @staticmethod
        def send_static() -> None:
            """It is no plain function."""

        def send(self, to: str) -> str:
            """Send."""
            return to

    original = Mailer.send
    undo = wrap_method(Mailer, "send", lambda *_: None, effects)
    assert (Mailer.send.__doc__, Mailer.send.__name__, Mailer().send("x")) == ("Send.", "send", "x")
    assert undo is not None
    other = Mailer.send
    Mailer.send = lambda self, to: other(self, to)  # somebody else has put something over it
    undo()
    assert Mailer.send is not original
    assert wrap_method(Mailer, "send_static", lambda *_: None, effects) is None
    assert wrap_method(Mailer, "size", lambda *_: None, effects) is None
    assert wrap_method(str, "upper", lambda *_: None, effects) is None


async def test_arguments_that_cannot_be_read_do_not_hurt_the_handler(here):
    class Odd(EmailMessage):
        def get(self, name, failobj=None):
            raise RuntimeError("odd")

    outbox = Outbox()

    async def handler(_):
        await outbox.send(Odd())

    notes = await here.run(handler)
    assert [note.text for note in notes] == ["Outbox.send could not be read: RuntimeError"]
    assert len(outbox.sent) == 1
