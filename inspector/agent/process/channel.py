"""The child's end of the wire: rows go up in batches, and at once before a handler is called."""

from __future__ import annotations

import errno
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ...core.records.inside import HTTP, SQL
from ...core.records.recorder import Recorder
from ...core.records.records import KIND, PUBLISHED
from .posture import ANY_ERROR
from .wire import ENDED, Decoder, encode, encode_row, encode_rows, start_template

if TYPE_CHECKING:
    from ...core.bus.execution import Execution
    from ...core.redact.redactor import Redactor
    from .tail import Tail

#: Seconds that rows are gathered before they are sent, and between two signs of life.
GATHER: Final = 0.005
#: Seconds since something was sent after which the program sends by itself what the thread is about to send.
OVERDUE: Final = 3 * GATHER
BEAT: Final = 0.2
#: Bytes that wait for the parent above which rows stay with the recorder: the engine paces itself by those.
MAX_BACKLOG: Final = 4 << 20
_READ: Final = 1 << 16
#: Most handlers of which is remembered how their starts are written.
_MOST_TEMPLATES: Final = 1_000


class Channel:
    """Sends messages from any thread, in order, and never waits for the parent on the caller's time.

    Args:
        sock: Connected to the parent.
        lost: Called when there is no way to the parent any more, from whichever thread notices: with True when the
            program has closed our socket, False when the parent is gone.
        broken: Called with what was raised when the thread that sends cannot go on.
        tail: Keeps rows that are not sent yet beyond the end of this process; without one they are sent at once.
    """

    def __init__(
        self,
        sock: socket.socket,
        lost: Callable[[bool], None],
        broken: Callable[[BaseException], None],
        tail: Tail | None = None,
    ) -> None:
        self._sock = sock
        self._lost = lost
        self._broken = broken
        sock.setblocking(False)
        self._lock = threading.RLock()
        #: Held while something is sent, which takes its time: ``_lock``, which programs wait for, is not held then.
        self._sending = threading.RLock()
        self._pushing = False
        self._backlog = bytearray()
        self._tail = tail
        #: Rows that are not in the backlog yet, and those that are not in the tail; and how many there ever were.
        self._unframed: list[bytes] = []
        self._fresh: list[bytes] = []
        self._rows = 0
        #: When something was sent last, on the monotonic clock.
        self._pushed = 0.0
        #: The tail while it has no room.
        self._full: Tail | None = None
        self._recorder: SendingRecorder | None = None
        self._decoder = Decoder()
        self._received: list[list[Any]] = []
        self._wake = threading.Event()
        self._woken = False
        self._closed = False
        #: What is said as a sign of life when there is nothing else to say.
        self.beat: Callable[[], list[Any]] = lambda: ["beat", 0]
        self._writer = threading.Thread(target=self._write, name="inspector-writer", daemon=True)

    def start(self) -> None:
        """Begin to send by itself, and to give signs of life."""
        self._writer.start()

    def attach(self, recorder: SendingRecorder) -> None:
        """Send the recorder's rows from now on."""
        self._recorder = recorder
        recorder.on_rows(self._rouse)

    def send(self, message: list[Any]) -> None:
        """Send a message, at once if the parent takes it."""
        data = encode(message)
        with self._lock:
            self._gather()
            self._backlog += data
        self._push()

    def flush(self) -> None:
        """Send every row there is, as far as the parent takes them."""
        with self._lock:
            self._gather()
        self._push()

    def keep(self) -> None:
        """Put every row there is where the end of this process does not reach it.

        They are sent now, too, unless some were sent a moment ago: then the thread that sends will do so in another.
        """
        with self._lock:
            self._take_rows()
            since = time.monotonic() - self._pushed
            now = since > (OVERDUE if self._woken else GATHER) or not self._keep_fresh()
            if now:
                self._frame_rows()
        if now:
            self._push()
        elif not self._woken:
            self._rouse()

    def drain(self, seconds: float) -> None:
        """Send everything, waiting for the parent for at most that long."""
        end = time.monotonic() + seconds
        while not self._closed:
            self.flush()
            left = end - time.monotonic()
            if not self._backlog or left <= 0:
                return
            self._wait(select.POLLOUT, left)

    def receive(self) -> list[Any] | None:
        """Wait for the next message from the parent; None when the parent is gone."""
        while not self._received:
            self._wait(select.POLLIN, 1.0)
            try:
                data = self._sock.recv(_READ)
            except BlockingIOError:
                continue
            except OSError as error:
                self._lose(error)
                return None
            if not data:
                return None
            self._received += self._decoder.feed(data)
        return self._received.pop(0)

    def abandon(self) -> None:
        """Let go of the socket, in a fork of this process: it is not the one that the parent talks to."""
        self._closed = True
        self._recorder = self._tail = self._full = None
        self._lock, self._sending = threading.RLock(), threading.RLock()  # those who held the old ones are not here
        self._sock.close()

    def _rouse(self) -> None:
        if not self._woken:
            self._woken = True
            self._wake.set()

    def _write(self) -> None:
        try:
            self._send_rows()
        except ANY_ERROR as error:
            self._broken(error)

    def _send_rows(self) -> None:
        while not self._closed:
            if self._wake.wait(BEAT):
                time.sleep(GATHER)
                self._wake.clear()
                self._woken = False
                self.flush()
            else:
                self.send(self.beat())
            if self._backlog:
                self._wait(select.POLLOUT, BEAT)
                self._rouse()

    def _wait(self, events: int, seconds: float) -> None:
        if self._closed:
            return
        # poll, not select: that one cannot take a descriptor above 1023
        poll = select.poll()
        poll.register(self._sock, events)
        poll.poll(seconds * 1000)

    def _lose(self, error: OSError) -> None:
        if not self._closed:
            self._closed = True
            self._lost(error.errno in (errno.EBADF, errno.ENOTSOCK))

    def _gather(self) -> None:
        self._take_rows()
        self._frame_rows()

    def _take_rows(self) -> None:
        """Take what the recorder has."""
        if self._recorder is None or len(self._backlog) >= MAX_BACKLOG:
            return
        rows = self._recorder.drain_encoded()
        if not rows:
            return
        self._unframed += rows
        self._fresh += rows
        self._rows += len(rows)

    def _keep_fresh(self) -> bool:
        """Put into the tail what is not there; return whether it is. Without room there is none until all is sent."""
        if self._tail is not None and self._fresh:
            if not self._tail.put(self._fresh):
                self._full, self._tail = self._tail, None
            self._fresh.clear()
        return self._tail is not None

    def _frame_rows(self) -> None:
        if self._unframed:
            self._backlog += encode_rows(self._unframed)
            self._unframed.clear()

    def _push(self) -> None:
        """Send what waits; one thread after another, and without the lock."""
        with self._sending:
            if self._pushing:  # a signal handler has interrupted us: it is sent afterwards
                return
            self._pushing = True
            try:
                while self._send_backlog():
                    pass
            finally:
                self._pushing = False

    def _send_backlog(self) -> bool:
        """Send what is in the backlog; return whether more has come meanwhile."""
        with self._lock:
            data, self._backlog = self._backlog, bytearray()
        self._pushed = time.monotonic()
        while data and not self._closed:
            try:
                sent = self._sock.send(data)
            except BlockingIOError:
                with self._lock:
                    self._backlog[:0] = data
                    self._keep_fresh()
                self._rouse()
                return False
            except OSError as error:
                self._lose(error)
                return False
            del data[:sent]
        with self._lock:
            if not self._backlog:
                self._forget_sent()
            return bool(self._backlog) and not self._closed

    def _forget_sent(self) -> None:
        """Leave in the tail what is not sent: those rows that came meanwhile."""
        if self._full is not None:
            self._tail, self._full = self._full, None
        if self._tail is not None:
            self._fresh.clear()
            if not self._tail.restart(self._rows - len(self._unframed), self._unframed):
                self._fresh += self._unframed
        elif not self._unframed:
            self._fresh.clear()


class SendingRecorder(Recorder):
    """A recorder whose rows are with the parent before a handler is called: the handler may be the end of us.

    Args:
        channel: Where rows go once it has been attached.
        redactor: Hides secrets before anything leaves the process.
        seed: Seed of the synthetic values, told in the session's record.
    """

    SINKS = False
    #: Not output: the parent reads all of that.
    outside = frozenset({SQL, HTTP})

    def __init__(self, channel: Channel, redactor: Redactor, *, seed: int | None = None) -> None:
        super().__init__(redactor, seed=seed)
        self._channel = channel
        #: By key of a handler, how its starts are written; it is in the catalog, or has been added to it.
        self._templates: dict[str, bytes] = {}

    def execution_started(self, execution: Execution) -> None:
        """Record ``HandlerStarted``, and keep it."""
        super().execution_started(execution)
        if execution.tag:
            self._channel.keep()

    def drain_encoded(self) -> list[bytes]:
        """Take the rows gathered so far, each as ``encode_row`` writes it."""
        if self._unwritten or self._noted or self._dropped:
            return [encode_row(row) for row in self.drain()]
        for look in tuple(self.before_drain):
            look()
        # This happens before each call of a handler: what ``drain`` does, in as few steps as can be.
        with self._lock:
            self._sink.asleep, self._quiet = True, 0
            taken = self._rows[:]
            del self._rows[: len(taken)]
            encoded: list[bytes] = []
            begun, anchor, templates = self._begun, self._anchor, self._templates
            for row in taken:
                if type(row) is tuple:
                    if row[KIND] == PUBLISHED:
                        encoded.append(encode_row(self._finish(row)))
                    else:
                        encoded += map(encode_row, self._finished([row]))
                elif (number := row.tag) in begun:
                    begun.remove(number)
                    if self._key_lines:
                        self._key_lines.pop(number, None)
                    encoded.append(ENDED % (row.ended - anchor, number, b"ok", row.on_loop))
                elif not row.fault and (template := templates.get(row.subscription.key)) is not None:
                    begun.add(number)
                    encoded.append(template % (row.started - anchor, number, row.publication.tag))
                else:
                    encoded += map(encode_row, self._finished([row]))
                    if len(templates) < _MOST_TEMPLATES:
                        templates[row.subscription.key] = start_template(row.subscription.key)
            self._drained += len(encoded)
        return encoded
