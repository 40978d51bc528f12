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
        name: Stable, what the ignore table names.
        title: For people, a few words.
        severity: Of everything found by it.
        explanation: Why it matters.
        fix: What to do about it.
    """

    code: str
    name: str
    title: str
    severity: Severity
    explanation: str
    fix: str


HANDLER_MISSING: Final = RunRule(
    "CF101",
    "required-handler-missing",
    "Required handler missing",
    "error",
    "The registry requires a handler of this kind, but none is subscribed.",
    "Subscribe one, or drop the requirement from the registry.",
)
HANDLER_NOT_RUN: Final = RunRule(
    "CF102",
    "handler-not-run",
    "Handler not called",
    "error",
    "A handler is subscribed to the event, but the bus did not call it.",
    "Check the bus's filters and whether the handler was unsubscribed.",
)
HANDLER_PASSED_OVER: Final = RunRule(
    "CF103",
    "handler-passed-over",
    "Handler skipped",
    "information",
    "The handler was skipped on purpose, for example by its predicate.",
    "Fire the event with values that the handler accepts.",
)
FAILED: Final = RunRule(
    "CF111",
    "handler-failed",
    "Handler failed",
    "error",
    "The handler did not finish normally. Neither the publisher nor other handlers notice.",
    "Open the execution and read its traceback.",
)
SWALLOWED: Final = RunRule(
    "CF112",
    "exception-swallowed",
    "Exception swallowed",
    "error",
    "The handler returned normally, but it caught an exception and logged it as an error.",
    "Re-raise the exception, or log it below ERROR if it is expected.",
)
ERROR_LOGGED: Final = RunRule(
    "CF113",
    "error-logged",
    "Error logged",
    "warning",
    "The handler returned normally but logged an error.",
    "Raise if the work was not done; log below ERROR if it was.",
)
CANCELLED: Final = RunRule(
    "CF114",
    "handler-cancelled",
    "Handler cancelled",
    "information",
    "The program cancelled the handler, for example because another one answered first.",
    "Nothing, if this is intended.",
)
ACTION_DIFFERS: Final = RunRule(
    "CF121",
    "audit-action-differs",
    "Audit action mismatch",
    "error",
    "The audit trail contains a different action than the registry declares.",
    "Use the same action in the audit handler and the registry.",
)
ACTION_MISSING: Final = RunRule(
    "CF122",
    "audit-action-missing",
    "Audit row missing",
    "error",
    "The registry declares an audit action, but no row with one was added, although other events add theirs.",
    "Make the audit handler add a row for this event.",
)
ACTION_UNSEEN: Final = RunRule(
    "CF123",
    "audit-not-observed",
    "Audit not observed",
    "information",
    "Audit actions are declared, but no audit rows could be observed.",
    "Rows are seen when added through a SQLAlchemy session; add a probe for anything else.",
)
FIELDS_DIFFER: Final = RunRule(
    "CF131",
    "frame-fields-differ",
    "Frame fields mismatch",
    "error",
    "Clients received a different payload than the SSE registry declares.",
    "Make the payload extractor match the declared fields.",
)
TYPE_DIFFERS: Final = RunRule(
    "CF132",
    "frame-type-differs",
    "Frame type mismatch",
    "error",
    "Clients received a different event type than the SSE registry declares.",
    "Use the type of the mapping in the handler.",
)
FRAME_MISSING: Final = RunRule(
    "CF133",
    "frame-missing",
    "Frame missing",
    "warning",
    "The event is mapped to a server-sent event, but no frame was sent, although other events send theirs.",
    "Subscribe the SSE handler to the event, or remove the mapping.",
)
FRAME_UNDECLARED: Final = RunRule(
    "CF134",
    "frame-undeclared",
    "Frame not declared",
    "warning",
    "Clients received an event that has no mapping.",
    "Add a mapping to the SSE registry.",
)
FRAMES_UNSEEN: Final = RunRule(
    "CF135",
    "frames-not-observed",
    "Frames not observed",
    "information",
    "Events are mapped to server-sent events, but no frame was observed.",
    "Frames are seen when a class like SSEEvent writes them; add a probe for anything else.",
)
SECRET_LOGGED: Final = RunRule(
    "CF141",
    "secret-in-log",
    "Secret in log",
    "error",
    "The value of a secret field was logged, where many can read it for a long time.",
    "Remove the field from the message and its extra attributes.",
)
SECRET_MAILED: Final = RunRule(
    "CF142",
    "secret-in-mail",
    "Secret in email",
    "error",
    "The value of a secret field was sent by email.",
    "Never send passwords or keys by email.",
)
TOKEN_MAILED: Final = RunRule(
    "CF143",
    "token-in-mail",
    "Token in email",
    "information",
    "A one-time token was sent by email, as verification and reset links do.",
    "Make sure that the token works only once and expires soon.",
)
SECRET_SENT: Final = RunRule(
    "CF144",
    "secret-in-frame",
    "Secret in frame",
    "error",
    "The value of a secret field was sent to clients.",
    "Remove the field from the payload.",
)
SECRET_STORED: Final = RunRule(
    "CF145",
    "secret-in-row",
    "Secret in database row",
    "warning",
    "The value of a secret field was stored in the database in clear.",
    "Remove the field, or store a hash of it.",
)
SECRET_PRINTED: Final = RunRule(
    "CF146",
    "secret-in-output",
    "Secret in output",
    "error",
    "The value of a secret field was printed, or passed to something that a probe watches.",
    "Remove the field.",
)
UNHEARD: Final = RunRule(
    "CF151",
    "event-unheard",
    "No subscribers",
    "warning",
    "The event was published, but nothing subscribes to it.",
    "Subscribe a handler, or stop publishing it.",
)
NOT_FIRED: Final = RunRule(
    "CF152",
    "event-not-fired",
    "Event not fired",
    "warning",
    "The event could not be fired, so its handlers were not tested.",
    "Fire it manually, with values that it accepts.",
)
DATABASE_TROUBLE: Final = RunRule(
    "CF153",
    "session-failed",
    "Database session failed",
    "error",
    "The publication's database session could not be opened or closed.",
    "Check what the handlers left in it.",
)
PUBLISH_RAISED: Final = RunRule(
    "CF154",
    "publish-raised",
    "Publishing raised",
    "error",
    "Publishing the event raised an exception that no handler raised.",
    "Check what the bus does before it calls handlers: registration, serialization.",
)
UNSETTLED: Final = RunRule(
    "CF155",
    "not-settled",
    "Not settled",
    "warning",
    "Work started by the event went on after its handlers should have finished.",
    "Look for tasks that are never awaited, and for events that publish each other.",
)
CONTEXT_DIFFERS: Final = RunRule(
    "CF161",
    "context-differs",
    "Depends on context",
    "information",
    "The handler behaves differently depending on session and metadata.",
    "Publish with what its handlers need.",
)
NEEDS_SESSION: Final = RunRule(
    "CF162",
    "needs-session",
    "Needs a session",
    "information",
    "The handler failed because the event was published without a database session.",
    "Publish it with session=….",
)
ENDS_TRANSACTION: Final = RunRule(
    "CF163",
    "handler-ends-transaction",
    "Ends publisher's transaction",
    "warning",
    "The handler committed or rolled back the publisher's database session, including what others wrote in it.",
    "Flush instead, and let the publisher end the session.",
)

#: Every rule, in the order of the codes.
RULES: Final = tuple(value for value in tuple(globals().values()) if isinstance(value, RunRule))
#: The rules by code.
BY_CODE: Final = {rule.code: rule for rule in RULES}
