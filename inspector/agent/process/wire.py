"""The wire between a host and the process that runs the project: frames of JSON on a socket of their own.

A message is a JSON array that begins with its verb. It travels in frames: four bytes of length, big-endian, then that
many bytes; the top bit of the length says that the next frame belongs to the same message. The length is checked before
anything is allocated, and whoever reads believes nothing: what comes from the other process is data.

Down: ``hello``, ``load`` (once), ``fire``, ``withdraw`` (the rest of one), ``faults``, ``probes``, ``recording``,
``stored`` (how far rows are in the database), ``where``, ``read``, ``stop``.
Up: ``hello``, ``loading`` (what is imported or called), ``problem``, ``files``, ``ready`` or ``failed``, ``rows``,
``beat``, ``bye``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, Final

from ...core.errors import InspectorError
from ...core.records.capture import plain_failure
from ...core.records.host import FAILURE, JSON, PROSE
from ...core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    KIND,
    PUBLICATION_ENDED,
    PUBLISHED,
    RECORD_TYPES,
    Published,
    Row,
    SessionStarted,
    places,
    position,
)

#: Version of this protocol; both sides name theirs in ``hello``.
PROTOCOL: Final = 2
#: Most bytes of a frame, and of a message put together from frames.
MAX_FRAME: Final = 1 << 20
MAX_MESSAGE: Final = 32 << 20
#: Most characters of one text in a row; a longer one is cut, with a mark.
MAX_TEXT: Final = 200_000
#: Rows in a message: about a frame of them.
MAX_ROWS: Final = 500

_HEADER: Final = 4
_MORE: Final = 1 << 31
_ENCODER: Final = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":"))
_DECODER: Final = json.JSONDecoder()
#: How ``HandlerEnded`` without a failure is written: ``%`` takes time, number, status and nanoseconds on the loop.
ENDED: Final = b'[3,%d,%d,"%b",%d,""]'
_PAYLOAD: Final = position(Published, "payload")
_CONTEXT: Final = position(Published, "context")

#: Texts of a row that may be long, by kind: the place and what it is. The catalog is sent whole.
_LONG: Final = tuple(() if cls is SessionStarted else places(cls, JSON, FAILURE, PROSE) for cls in RECORD_TYPES)


class WireError(InspectorError):
    """What came over the wire is not the protocol; the connection is of no more use.

    Attributes:
        messages: Whole messages that came before it in the same bytes.
    """

    messages: list[list[Any]] = []  # noqa: RUF012 - set, never changed


def encode(message: list[Any]) -> bytes:
    """Return a message as frames.

    Raises:
        WireError: It is longer than ``MAX_MESSAGE``.
    """
    return _framed(_ENCODER.encode(message).encode("ascii"))


def _framed(body: bytes) -> bytes:
    if len(body) <= MAX_FRAME:
        return len(body).to_bytes(_HEADER, "big") + body
    if len(body) > MAX_MESSAGE:
        raise WireError(f"A message of {len(body)} bytes is too long.")
    frames = []
    for start in range(0, len(body), MAX_FRAME):
        part = body[start : start + MAX_FRAME]
        more = _MORE if start + MAX_FRAME < len(body) else 0
        frames.append((len(part) | more).to_bytes(_HEADER, "big") + part)
    return b"".join(frames)


def encode_rows(rows: Sequence[bytes]) -> bytes:
    """Return rows that are JSON already as frames of ``rows`` messages."""
    starts = range(0, len(rows), MAX_ROWS)
    return b"".join(_framed(b'["rows",[%b]]' % b",".join(rows[start : start + MAX_ROWS])) for start in starts)


def start_template(key: str) -> bytes:
    """Return how ``HandlerStarted`` of a handler without a fault is written: ``%`` takes time and both numbers."""
    return b'[2,%%d,%%d,%%d,%b,""]' % quoted(key).encode().replace(b"%", b"%%")


def encode_row(row: Row) -> bytes:
    """Return a row as JSON, with texts that are too long cut; those that come most often in as few steps as can be."""
    kind = row[KIND]
    if kind == HANDLER_STARTED:
        _, at, number, publication, key, fault = row
        return f"[2,{at},{number},{publication},{quoted(key)},{quoted(fault)}]".encode()
    if kind == HANDLER_ENDED:
        _, at, number, status, on_loop, failure = row
        if not failure:
            return ENDED % (at, number, status.encode(), on_loop)
    if kind == PUBLICATION_ENDED:
        _, at, number, outcome = row
        return b'[5,%d,%d,"%b"]' % (at, number, outcome.encode())
    if kind == PUBLISHED:
        if len(row[_PAYLOAD]) > MAX_TEXT or len(row[_CONTEXT]) > MAX_TEXT:
            row = cut_row(row)
        _, at, number, event, event_id, correlation, cause, fire, payload, context, handlers, process = row
        names = f"{quoted(event)},{quoted(event_id)},{quoted(correlation)}"
        texts = f"{quoted(payload)},{quoted(context)}"
        return f"[1,{at},{number},{names},{cause},{fire},{texts},{handlers},{process}]".encode()
    return _ENCODER.encode(cut_row(row)).encode("ascii")


def cut_row(row: Row) -> Row:
    """Return the row with every text within ``MAX_TEXT``; what is JSON stays JSON."""
    for place, form in _LONG[row[KIND]]:
        text = row[place]
        if type(text) is str and len(text) > MAX_TEXT:
            row = (*row[:place], _cut(text, form), *row[place + 1 :])
    return row


def _cut(text: str, form: str) -> str:
    if form == JSON:
        return json.dumps({"$cut": "size", "type": "?", "length": len(text)})
    if form == FAILURE:
        failure = json.loads(text)
        message = str(failure.get("message", ""))[:4_000]
        return plain_failure(str(failure.get("type", "")), f"{message} (traceback too long)")
    return f"{text[:MAX_TEXT]}… ({len(text)} characters)"


class Decoder:
    """Puts messages together from the bytes that come in."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._begun = bytearray()

    @property
    def pending(self) -> int:
        """Bytes of the message under way; 0 between two messages."""
        return len(self._buffer) + len(self._begun)

    def feed(self, data: bytes) -> list[list[Any]]:
        """Take in bytes; return the messages that they complete.

        Raises:
            WireError: A frame or message is too long, or no message at all; it has the messages before that.
        """
        self._buffer += data
        messages: list[list[Any]] = []
        try:
            self._read(messages)
        except WireError as error:
            error.messages = messages
            raise
        return messages

    def _read(self, messages: list[list[Any]]) -> None:
        """Add the messages that are complete."""
        position = 0
        while len(self._buffer) - position >= _HEADER:
            head = int.from_bytes(self._buffer[position : position + _HEADER], "big")
            more, length = bool(head & _MORE), head & ~_MORE
            self._check(length, more=more)
            if len(self._buffer) - position - _HEADER < length:
                break
            position += _HEADER
            part = bytes(self._buffer[position : position + length])
            position += length
            if more:
                self._begun += part
                continue
            messages.append(_message(bytes(self._begun + part) if self._begun else part))
            self._begun.clear()
        del self._buffer[:position]

    def _check(self, length: int, *, more: bool) -> None:
        if length > MAX_FRAME:
            raise WireError(f"A message part of {length} bytes exceeds the limit of {MAX_FRAME}.")
        if more and not length:
            raise WireError("A message part is empty.")
        if len(self._begun) + length > MAX_MESSAGE:
            raise WireError(f"A message exceeds the limit of {MAX_MESSAGE} bytes.")


def _message(body: bytes) -> list[Any]:
    try:
        message = _DECODER.decode(body.decode("ascii"))
    except (ValueError, RecursionError) as error:
        raise WireError(f"Not a message: {body[:60]!r}.") from error
    if type(message) is not list or not message or type(message[0]) is not str:
        raise WireError(f"Not a message: {body[:60]!r}.")
    return message
