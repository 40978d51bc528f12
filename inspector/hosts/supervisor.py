"""One child process, from its start to its end, on a thread that lives exactly as long.

The thread starts the process itself: on Linux the child asks to die with the thread that made it, not with the process.
It reads everything (messages, output), so that the child never waits for us for long, and believes nothing.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from inspector.agent.process.wire import PROTOCOL, Decoder, WireError, encode
from inspector.hosts.output import Output
from inspector.hosts.process import ChildProcess
from inspector.hosts.stacks import Dump, read_stack
from inspector.hosts.turns import short_turns

if TYPE_CHECKING:
    from inspector.core.redact.redactor import Redactor
    from inspector.hosts.process import ChildLaunch

#: Seconds without a sign of life after which the interpreter itself counts as stuck.
STUCK: Final = 1.2
#: Seconds that the interpreter has to start and to greet us; the time to load begins after that.
_BOOT_TIME: Final = 20.0
#: Seconds a child has to say where it is once loading has taken too long; then its interpreter is asked from outside.
_WHERE_TIME: Final = 0.5
#: Seconds a child has to end by itself once its channel is closed, or once it was told to stop.
_EXIT_TIME: Final = 1.0
#: Seconds that it gets besides, at most, for those in which it had no processor.
_MOST_EXCUSED: Final = 8.0
_TURN: Final = 0.05
#: Seconds between two looks at the clock after which it was us who stood still: stopped, or without a processor.
_PAUSE: Final = 0.6
#: Seconds that a message may take to arrive, and the bytes of it that earn it another: whoever has written half a frame
#: is not alive because others write into it.
FRAME_TIME: Final = 2.0
_FRAME_RATE: Final = 1_000_000
#: Most seconds between two pieces of a message that count: in a longer gap the child, or we, stood still.
_FRAME_GAP: Final = 0.5
_READ: Final = 1 << 18


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Attributes:
        code: Exit code; negative: the number of the signal that killed it.
        dump: The stacks it left, or was asked for before it was killed.
        tail: The last lines of its error stream.
        why: ``exit``, ``stopped``, ``killed`` (by us, on demand), ``load_timeout``, ``protocol``, ``start``, or
            ``lingered``: it closed its connection or ended its loop, did not end, and was killed by us.
        text: What is known besides, for people.
    """

    code: int
    dump: Dump
    tail: tuple[str, ...]
    why: str
    text: str = ""


class Listener(Protocol):
    """Is notified of what happens, on the supervisor's thread."""

    def message(self, message: list[Any]) -> None:
        """Take a message of the child: anything may be in it."""

    def printed(self, stream: str, text: str) -> None:
        """Take a line that the child printed, secrets in it hidden."""

    def dropped(self, size: int) -> None:
        """Called when ``size`` bytes of output were not shown."""

    def stuck(self, dump: Dump, seconds: float, *, stopped: bool) -> None:
        """Called when the child gives no sign of life: it was stopped, or something holds its interpreter."""

    def unstuck(self, seconds: float) -> None:
        """Called when it gives signs of life again, after that many seconds."""

    def full(self) -> bool:
        """Return whether no more rows can be taken just now."""

    def last_rows(self, before: int, rows: list[Any]) -> None:
        """Take the rows that the child may not have sent, and how many it has recorded before them.

        It is stuck, or gone.
        """

    def ended(self, ended: Ended) -> None:
        """Called when it is gone; nothing follows."""


class Supervisor:
    """Starts a child and looks after it.

    Args:
        launch: How it is started.
        listener: Notified of everything.
        redactor: Hides secrets in what the child prints.

    Attributes:
        pid: Number of the process, None before there is one.
    """

    def __init__(self, launch: ChildLaunch, listener: Listener, redactor: Redactor) -> None:
        self._launch = launch
        self._listener = listener
        self._outbox = bytearray()
        self._lock = threading.Lock()
        self._waker, self._wakened = socket.socketpair()
        self._wakened.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="inspector-child", daemon=True)
        self._output = Output(listener.printed, listener.dropped, time.monotonic, redactor)
        self._decoder = Decoder()
        self.pid: int | None = None
        self._heard = self._began = self._looked = time.monotonic()
        self._ready = self._is_stuck = False
        self._reading = True
        self._events = selectors.EVENT_READ
        self._kill_at: float | None = None
        #: Seconds that do not count for the child's end: it, or we, had no processor in them.
        self._excused = self._unserved = 0.0
        self._why = "exit"
        self._text = ""
        self._farewell = ""
        self._forced = False
        self._frame_time = 0.0

    @property
    def alive(self) -> bool:
        """The thread runs, and so the child may."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Start thread and child."""
        self._thread.start()

    def send(self, message: list[Any]) -> None:
        """Send a message down, from any thread."""
        data = encode(message)
        with self._lock:
            self._outbox += data
        self._wake()

    def stop(self, seconds: float) -> None:
        """Ask the child to end, and kill it if it has not after that long."""
        self._why = "stopped"
        self.send(["stop"])
        self._kill_at = time.monotonic() + seconds

    def kill(self) -> None:
        """End the child and all that it has started, now."""
        self._why = "killed"
        self._kill_at = 0.0
        self._wake()

    def join(self, seconds: float) -> None:
        """Wait for the thread, and so for the end of the child."""
        self._thread.join(seconds)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # already ended, or already woken a thousand times
            self._waker.send(b".")

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        ours, theirs = socket.socketpair()
        with self._waker, self._wakened, ours, theirs, short_turns():
            try:
                process = ChildProcess(self._launch, theirs)
            except OSError as error:
                text = f"Cannot start {self._launch.python}: {error.strerror or error}."
                self._listener.ended(Ended(127, Dump("", ()), (), "start", text))
                return
            with process:
                ended = self._look_after(process, ours)
            self._listener.ended(ended)

    def _look_after(self, process: ChildProcess, ours: socket.socket) -> Ended:
        self._process, self._socket, self.pid = process, ours, process.pid
        ours.setblocking(False)
        self.send(["load", dict(self._launch.order)])
        self._began = self._heard = self._looked = time.monotonic()
        pipes = process.pipes
        with selectors.DefaultSelector() as selector:
            self._selector = selector
            selector.register(ours, selectors.EVENT_READ, "channel")
            selector.register(self._wakened, selectors.EVENT_READ, "wake")
            for name, pipe in pipes.items():
                selector.register(pipe, selectors.EVENT_READ, name)
            while not process.gone():
                self._turn()
            process.kill()  # what it has started
            end = time.monotonic() + _EXIT_TIME
            while self._reading and time.monotonic() < end:
                self._turn()  # what came last
        if self._why not in ("protocol", "load_timeout"):
            self._listener.last_rows(*process.last_rows())
        for name, pipe in pipes.items():
            self._read_pipe(name, pipe, registered=False)
        self._output.end()
        code = process.wait()
        if self._farewell and self._forced and self._why == "exit" and code == -signal.SIGKILL:
            self._why, self._text = "lingered", self._farewell
        return Ended(code, process.last_stacks(), tuple(self._output.tail), self._why, self._text)

    def _turn(self) -> None:
        """Wait for a moment at most, and do what there is to do."""
        selector = self._selector
        for key, events in selector.select(_TURN):
            if key.data == "channel":
                if events & selectors.EVENT_READ:
                    self._read_channel()
                if events & selectors.EVENT_WRITE:
                    self._write_channel()
            elif key.data == "wake":
                with contextlib.suppress(BlockingIOError):
                    self._wakened.recv(4096)
            else:
                self._read_pipe(key.data, key.fd, registered=True)
        self._output.tick()
        self._interest()
        self._look_at_clock()

    def _interest(self) -> None:
        """Ask for what we need of the channel: to write, or (unless the window lags behind) to read."""
        if not self._reading:
            return
        with self._lock:
            events = selectors.EVENT_WRITE if self._outbox else 0
        if self._listener.full():
            self._heard = time.monotonic()
        else:
            events |= selectors.EVENT_READ
        if events == self._events:
            return
        if not self._events:
            self._selector.register(self._socket, events, "channel")
        elif events:
            self._selector.modify(self._socket, events, "channel")
        else:
            self._selector.unregister(self._socket)
        self._events = events

    def _read_channel(self) -> None:
        try:
            data = self._socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError:  # reset: the same as its end
            data = b""
        if not data:
            self._lose_channel()
            return
        before, self._heard = self._heard, time.monotonic()
        try:
            messages, spoiled = self._decode(data)
            for message in messages:
                self._message(message)
            if spoiled is not None:
                raise spoiled
            self._look_at_frame(self._heard - before, fresh=bool(messages))
        except WireError as error:
            self._why, self._text = "protocol", error.text
            self._lose_channel()
            self._kill_within(0.0)  # what it says from now on cannot be understood

    def _decode(self, data: bytes) -> tuple[list[list[Any]], WireError | None]:
        """Return the messages that bytes complete, and what is wrong with those that follow."""
        try:
            return self._decoder.feed(data), None
        except WireError as error:
            return error.messages, error

    def _look_at_frame(self, gap: float, *, fresh: bool) -> None:
        """Raise ``WireError`` when a message has been on its way for too long."""
        pending = self._decoder.pending
        self._frame_time = self._frame_time + min(gap, _FRAME_GAP) if pending and not fresh else 0.0
        if self._frame_time > FRAME_TIME + pending / _FRAME_RATE:
            raise WireError(f"A message was incomplete after {self._frame_time:.1f} s.")

    def _lose_channel(self) -> None:
        """Stop reading from a child that has closed its end: it ends, or it must."""
        if self._reading:
            self._reading = False
            self._selector.unregister(self._socket)
            self._farewell = self._farewell or "closed the inspector's connection"
            self._kill_within(_EXIT_TIME)

    def _kill_within(self, seconds: float) -> None:
        at = time.monotonic() - self._excused + seconds
        self._kill_at = at if self._kill_at is None else min(self._kill_at, at)

    def _write_channel(self) -> None:
        with self._lock:
            try:
                sent = self._socket.send(self._outbox)
            except (BlockingIOError, BrokenPipeError, ConnectionResetError):  # its end is told by reading
                sent = 0
            del self._outbox[:sent]

    def _read_pipe(self, name: str, descriptor: int, *, registered: bool) -> None:
        for _ in range(16):
            try:
                data = os.read(descriptor, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                if registered:
                    self._selector.unregister(descriptor)
                return
            self._output.feed(name, data)

    def _message(self, message: list[Any]) -> None:
        verb = message[0]
        if self._why == "load_timeout" and verb != "failed":
            # It is as good as killed: what it had sent before must not make it one that runs.
            if verb == "at" and not self._forced:
                self._take_place(message)
            return
        if verb == "hello" and len(message) == 2 and type(message[1]) is dict:
            theirs = message[1].get("protocol")
            if theirs != PROTOCOL:
                shown = theirs if type(theirs) is int and 0 <= theirs < 1_000 else "?"
                raise WireError(f"The program's agent speaks protocol {shown}, this inspector {PROTOCOL}.")
            thread = message[1].get("thread")
            self._process.main_thread = thread if type(thread) is int else 1
            self._began = time.monotonic()
        elif verb == "ready":
            self._ready = True
        elif verb in ("failed", "bye", "ended"):
            self._farewell = "ended its event loop"
            self._kill_within(_EXIT_TIME)
        self._listener.message(message)

    def _excuse_pause(self, now: float) -> None:
        """Take the time in which we stood still for none: whatever the child has said in it was not heard.

        On a busy machine the child stands still, too: how long its main thread waited is none in which it could end.
        """
        pause, self._looked = now - self._looked, now
        before, self._unserved = self._unserved, self._process.unserved()
        if self._farewell and self._kill_at and self._excused < _MOST_EXCUSED:
            self._excused += max(self._unserved - before, 0.0)
        if pause > _PAUSE:
            self._heard = min(now, self._heard + pause)
            self._began = min(now, self._began + pause)
            if self._kill_at:
                self._excused += pause

    def _take_place(self, message: list[Any]) -> None:
        """Take where it was when its time was over, and end it; what is no stack is asked for from outside."""
        with contextlib.suppress(TypeError, ValueError, LookupError, OverflowError):
            self._process.asked = read_stack(message[1])
        self._kill_at = 0.0

    def _look_at_clock(self) -> None:
        now = time.monotonic()
        self._excuse_pause(now)
        allowed = self._launch.load_timeout if self._process.main_thread else _BOOT_TIME
        if self._kill_at is None and not self._ready and now - self._began > allowed:
            self._why = "load_timeout"
            self.send(["where"])
            self._kill_at = now - self._excused + _WHERE_TIME
        if self._kill_at is not None and (self._forced or now - self._excused >= self._kill_at):
            if self._why == "load_timeout" and not self._forced and not self._process.asked.stack:
                self._process.ask_for_stacks()  # code that is not Python holds its interpreter
            self._forced = True
            self._process.kill()
        silent = now - self._heard
        if self._ready and self._reading and silent > STUCK and not self._is_stuck and self._kill_at is None:
            self._is_stuck = True
            self._stuck_since = self._heard
            stopped = self._process.stopped()
            dump = Dump("", ()) if stopped else self._process.ask_for_stacks()
            self._listener.last_rows(*self._process.last_rows())
            self._listener.stuck(dump, silent, stopped=stopped)
        elif self._is_stuck and silent < STUCK:
            self._is_stuck = False
            self._listener.unstuck(now - self._stuck_since)
