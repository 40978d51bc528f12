"""What packets say: how the publications of one kind are written whole, in as few steps as can be.

A server pays for each step whenever it publishes, and more than a loop would: what is needed for it was not used since
the last request. So all that is the same for every publication to the same handlers is made once.
"""

from __future__ import annotations

from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from ...core.records.recorder import NO_CONTEXT, SESSION_ONLY, id_text
from ...core.records.records import PUBLISHED
from ...core.values.snapshot import EXACT_INT, ZONES, uuid_text
from .ring import draft_of
from .start import encoded, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...core.values.snapshot import Codec

#: Most characters of ids, of the payload and of all, and most handlers, of a publication that fits into a draft.
LONGEST_IDS: Final = 500
LONGEST_PAYLOAD: Final = 8_000
_LONGEST: Final = 50_000
_MOST_HANDLERS: Final = 256
#: How the row of a publication begins in a packet; where time and number are not in it yet.
_BEGINS: Final = f"[[{PUBLISHED},0,0,"
#: Texts of payloads that are remembered, of each kind.
_MOST_TEXTS: Final = 256
_WORDS: Final = {None: "null", False: "false", True: "true"}


def of_main(text: bytes) -> bytes:
    """Return a description in which the program's own module is called as in the first process; this was spawned."""
    return text.replace(b"__mp_main__", b"__main__")


class PacketForm:
    """What packets say of publications of one kind, besides their payload.

    Args:
        publication: One of them.
        handlers: Keys of the handlers that have been declared.
        codec: Writes payloads.

    Attributes:
        cls: The class of their events.
        handlers: As above.
        known: How many these were.
        count: How many handlers are called.
        fits: All of them are declared, and it is short enough.
        draft: Packs the words of a draft.
    """

    __slots__ = (
        *("_codec", "_end", "_head", "_plain", "_read", "_reads", "_shown", "_with_session", "_without"),
        *("cls", "count", "draft", "fits", "handlers", "known"),
    )

    def __init__(self, publication: Any, handlers: set[str], codec: Codec) -> None:
        keys = [subscription.key for subscription in publication.subscriptions]
        self._codec, self.cls = codec, type(publication.event)
        name = publication.named or self.cls.__name__
        self.handlers, self.known, self.count = handlers, len(handlers), len(keys)
        self._end = f",{of_main(encoded(keys) + b',' + encoded(publication.outcome)).decode()}]"
        self._head = f"{_BEGINS}{quoted(name)},"
        self._plain = f'{self._head}"","",0,0,"'
        self._without, self._with_session = (
            f'",{quoted(context)},{len(keys)},0]{self._end}' for context in (NO_CONTEXT, SESSION_ONLY)
        )
        short = len(keys) <= _MOST_HANDLERS and len(self._end) + len(name) < LONGEST_PAYLOAD
        self.fits = short and handlers.issuperset(keys)
        self.draft: Callable[..., bytes] = draft_of(len(keys))
        self._read: Callable[[Any], tuple[Any, ...]] | None
        self._read, reads = codec.direct_way(self.cls) or (None, ())
        separators = ("{", *[","] * len(reads))
        #: How each field begins in a text in JSON that is itself a text in JSON.
        self._reads = tuple(
            [(_inside(before + head), name) for before, (head, name) in zip(separators, reads, strict=False)]
        )
        #: By beginning and value what is written for a field that is a text.
        self._shown: dict[tuple[str, str], str] = {}

    def text(self, event: Any, *, session: bool) -> str:
        """Return what is said of a publication: the text of its draft; empty where it does not fit into one."""
        event_id, correlation = getattr(event, "event_id", ""), getattr(event, "correlation_id", "")
        if event_id or correlation:
            ids = f"{quoted(id_text(event_id))},{quoted(id_text(correlation))}"
            if len(ids) > LONGEST_IDS:
                return ""
            parts = [f'{self._head}{ids},0,0,"']
        else:
            parts = [self._plain]
        if self._read is None:
            return self._at_length(event, parts[0], session=session)
        add, shown = parts.append, self._shown
        try:
            for (head, name), value in zip(self._reads, self._read(event)):  # noqa: B905 - as many
                of = type(value)
                if of is str:
                    text = shown.get((head, value)) or self._shown_anew(head, name, value)
                    if not text:
                        return self._at_length(event, parts[0], session=session)
                    add(text)
                elif of is int:
                    if not -EXACT_INT <= value <= EXACT_INT:
                        return self._at_length(event, parts[0], session=session)
                    add(f"{head}{value}")
                elif value is None or of is bool:
                    add(head + _WORDS[value])
                elif of is float and isfinite(value):
                    add(f"{head}{value!r}")
                elif of is UUID and type(getattr(value, "int", None)) is int:
                    add(f'{head}{{\\"$uuid\\":\\"{uuid_text(value.int)}\\"}}')
                elif of is datetime and not value.fold and type(value.tzinfo) in ZONES:
                    add(f'{head}{{\\"$datetime\\":\\"{value.isoformat()}\\"}}')
                else:
                    return self._at_length(event, parts[0], session=session)
        except AttributeError:  # a field was deleted
            return self._at_length(event, parts[0], session=session)
        add("}")
        add(self._with_session if session else self._without)
        text = "".join(parts)
        return text if len(text) < _LONGEST else ""

    def _at_length(self, event: Any, before: str, *, session: bool) -> str:
        payload = self._codec.text_of_fields(event)
        if len(payload) > LONGEST_PAYLOAD:
            return ""
        return f"{before}{_inside(payload)}{self._with_session if session else self._without}"

    def _shown_anew(self, head: str, name: str, text: str) -> str:
        """Return what is written for a field that is a text; empty where it is too long to be written by itself."""
        written, hides = self._codec.short_text(name, text)
        written = written and head + _inside(written)
        if written and not hides:  # most come again and again
            if len(self._shown) >= _MOST_TEXTS:
                self._shown.clear()
            self._shown[head, text] = written
        return written

    def row_of(self, text: str, at: int, number: int) -> bytes:
        """Return the row of a publication whose draft has this text, with its time and number."""
        return f"[{PUBLISHED},{at},{number},{text[len(_BEGINS) : -len(self._end)]}".encode()


def _inside(text: str) -> str:
    """Return how a text is written inside of one in JSON."""
    return quoted(text)[1:-1]
