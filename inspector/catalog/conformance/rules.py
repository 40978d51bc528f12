"""What can differ between a declaration and a run: a code, a severity, an explanation and a fix for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.model import Finding
from inspector.core.records.numbers import (
    NO_EXECUTION_NUMBER,
    NO_PUBLICATION_NUMBER,
    ExecutionNumber,
    PublicationNumber,
)

if TYPE_CHECKING:
    from inspector.catalog.findings.model import Severity


@dataclass(frozen=True)
class RunFinding(Finding):
    """A finding of a run, which leads to where it was seen.

    Attributes:
        contexts: The contexts in which it was seen.
        publication: Number of the publication where it was first seen, 0 for none.
        execution: Number of the execution, 0 for none.
    """

    contexts: tuple[str, ...] = ()
    publication: PublicationNumber = NO_PUBLICATION_NUMBER
    execution: ExecutionNumber = NO_EXECUTION_NUMBER


@dataclass(frozen=True)
class RunRule:
    """One way in which a run can differ.

    Attributes:
        code: Stable, never given to another rule.
        name: Stable, readable.
        severity: Of everything found by it.
        explanation: Why it matters.
        fix: What to do about it.
    """

    code: str
    name: str
    severity: Severity
    explanation: str
    fix: str


HANDLER_MISSING: Final = RunRule(
    "CF101",
    "required-handler-missing",
    "error",
    "The registry asks for a kind of handler, and no handler of that kind is subscribed to the event.",
    "Subscribe one, or take the requirement out of the registry.",
)
HANDLER_NOT_RUN: Final = RunRule(
    "CF102",
    "handler-not-run",
    "error",
    "A handler is subscribed to the event, and the bus did not call it.",
    "Look at what the bus filters, and whether the handler was unsubscribed on the way.",
)
HANDLER_PASSED_OVER: Final = RunRule(
    "CF103",
    "handler-passed-over",
    "information",
    "A handler is subscribed to the event and was not called, as its author seems to have meant it.",
    "Fire the event with values that the handler is for, to see it run.",
)
FAILED: Final = RunRule(
    "CF111",
    "handler-failed",
    "error",
    "The handler did not end normally. Other handlers and the publisher are not told, so nobody may notice.",
    "Open the execution and its traceback.",
)
SWALLOWED: Final = RunRule(
    "CF112",
    "exception-swallowed",
    "error",
    "The handler returned as if all were well, but an exception was handled inside and logged as an error.",
    "Let the exception out, or log it below ERROR when it is expected.",
)
ERROR_LOGGED: Final = RunRule(
    "CF113",
    "error-logged",
    "warning",
    "The handler returned normally, but logged an error.",
    "Raise when the work was not done; log below ERROR when it was.",
)
CANCELLED: Final = RunRule(
    "CF114",
    "handler-cancelled",
    "information",
    "The program itself cancelled the handler, as a bus does that takes the first answer.",
    "Nothing, if that is meant.",
)
ACTION_DIFFERS: Final = RunRule(
    "CF121",
    "audit-action-differs",
    "error",
    "The audit trail says something else than the registry declares for the event.",
    "Make the audit handler and the registry name the same action.",
)
ACTION_MISSING: Final = RunRule(
    "CF122",
    "audit-action-missing",
    "error",
    "The registry declares an audit action, and no row with one was added, though other events add theirs.",
    "Let the audit handler add a row for this event.",
)
ACTION_UNSEEN: Final = RunRule(
    "CF123",
    "audit-not-observed",
    "information",
    "Audit actions are declared, and how they are written could not be observed.",
    "Rows are seen when they are added through a SQLAlchemy session; a probe of your own can tell the rest.",
)
FIELDS_DIFFER: Final = RunRule(
    "CF131",
    "frame-fields-differ",
    "error",
    "Clients got another payload than the SSE registry declares.",
    "Make the payload extractor and the declared fields agree.",
)
TYPE_DIFFERS: Final = RunRule(
    "CF132",
    "frame-type-differs",
    "error",
    "Clients got an event of another type than the SSE registry declares.",
    "Make the handler take the type from the mapping.",
)
FRAME_MISSING: Final = RunRule(
    "CF133",
    "frame-missing",
    "warning",
    "The event is mapped to a server-sent event, and no frame was made, though other events make theirs.",
    "Subscribe the SSE handler to the event, or take the mapping out.",
)
FRAME_UNDECLARED: Final = RunRule(
    "CF134",
    "frame-undeclared",
    "warning",
    "Clients were told of an event that has no mapping.",
    "Add a mapping to the SSE registry.",
)
FRAMES_UNSEEN: Final = RunRule(
    "CF135",
    "frames-not-observed",
    "information",
    "Events are mapped to server-sent events, and no frame was seen at all.",
    "Frames are seen where a class like SSEEvent writes them; a probe of your own can tell the rest.",
)
SECRET_LOGGED: Final = RunRule(
    "CF141",
    "secret-in-log",
    "error",
    "The value of a secret field was in a log line, where many can read it, for long.",
    "Leave the field out of the message and of the extra attributes.",
)
SECRET_MAILED: Final = RunRule(
    "CF142",
    "secret-in-mail",
    "error",
    "The value of a secret field was sent by mail.",
    "Never mail passwords or keys.",
)
TOKEN_MAILED: Final = RunRule(
    "CF143",
    "token-in-mail",
    "information",
    "A one-time token was sent by mail, as links for verification and reset do.",
    "See to it that the token works once, and not for long.",
)
SECRET_SENT: Final = RunRule(
    "CF144",
    "secret-in-frame",
    "error",
    "The value of a secret field was sent to clients.",
    "Leave the field out of the payload.",
)
SECRET_STORED: Final = RunRule(
    "CF145",
    "secret-in-row",
    "warning",
    "The value of a secret field was written to the database as it is.",
    "Leave the field out, or store a hash of it.",
)
SECRET_PRINTED: Final = RunRule(
    "CF146",
    "secret-in-output",
    "error",
    "The value of a secret field was printed, or given to something that a probe watches.",
    "Leave the field out.",
)
UNHEARD: Final = RunRule(
    "CF151",
    "event-unheard",
    "warning",
    "The event was published and nobody is subscribed to it.",
    "Subscribe a handler, or stop publishing it.",
)
NOT_FIRED: Final = RunRule(
    "CF152",
    "event-not-fired",
    "warning",
    "The event could not be fired, so nothing is known of its handlers.",
    "Fire it by hand, with values that it takes.",
)
DATABASE_TROUBLE: Final = RunRule(
    "CF153",
    "session-failed",
    "error",
    "The database session of the publication could not be opened or ended.",
    "Look at what the handlers left in it.",
)
PUBLISH_RAISED: Final = RunRule(
    "CF154",
    "publish-raised",
    "error",
    "Publishing the event raised an exception, and not because a handler failed.",
    "Look at what the bus does with the event on the way: its registration, its serialisation.",
)
UNSETTLED: Final = RunRule(
    "CF155",
    "not-settled",
    "warning",
    "Something that the event set off went on after all of its handlers should have ended.",
    "Look for tasks that nobody waits for, and for events that publish each other.",
)
CONTEXT_DIFFERS: Final = RunRule(
    "CF161",
    "context-differs",
    "information",
    "The handler does something else depending on what the event is published with.",
    "Publish with what its handlers need.",
)
NEEDS_SESSION: Final = RunRule(
    "CF162",
    "needs-session",
    "information",
    "The handler failed because the event was published without a database session.",
    "Publish it with session=….",
)
ENDS_TRANSACTION: Final = RunRule(
    "CF163",
    "handler-ends-transaction",
    "warning",
    "The handler ended the database session of whoever published: what others wrote in it is committed or gone too.",
    "Flush, and leave the end to the publisher.",
)

#: Every rule, in the order of the codes.
RULES: Final = tuple(value for value in tuple(globals().values()) if isinstance(value, RunRule))
#: The rules by code.
BY_CODE: Final = {rule.code: rule for rule in RULES}
