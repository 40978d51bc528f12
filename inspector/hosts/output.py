"""What a child prints: always read, so that it never blocks; shown within a rate, the rest is counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

#: Bytes and lines a second that are shown of both streams together.
RATE: Final = 64 * 1024
LINES: Final = 200
#: Longest line that is shown, characters.
MAX_LINE: Final = 500
#: Lines kept for when the child ends.
TAIL: Final = 20


class Output:
    """Both output streams of a child.

    Args:
        show: Called with each line that is shown: (stream, text).
        dropped: Called with the number of bytes dropped, at most once a second.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, show: Callable[[str, str], None], dropped: Callable[[int], None], clock: Callable[[], float]
    ) -> None:
        self._show = show
        self._dropped = dropped
        self._clock = clock
        self._since = clock()
        self._bytes = self._lines = self._over = 0
        self._rest = {"stdout": b"", "stderr": b""}
        self._tail: deque[str] = deque(maxlen=TAIL)

    @property
    def tail(self) -> list[str]:
        """The last lines of the error stream."""
        rest = self._rest["stderr"].decode("utf-8", "replace").rstrip()[:MAX_LINE]
        return [*self._tail, *([rest] if rest else [])]

    def feed(self, stream: str, data: bytes) -> None:
        """Take what was read."""
        self.tick()
        if self._bytes > RATE:
            self._over += len(data)
            data = data[-4096:] if stream == "stderr" else b""
            self._keep(stream, data, shown=False)
            return
        self._bytes += len(data)
        self._keep(stream, data, shown=True)

    def tick(self) -> None:
        """Let time pass: a new second has a new allowance."""
        if self._clock() - self._since >= 1.0:
            self._since = self._clock()
            self._bytes = self._lines = 0
            over, self._over = self._over, 0
            if over:
                self._dropped(over)

    def end(self) -> None:
        """Show lines that never ended, and report what was dropped last: nothing more comes."""
        for stream, rest in self._rest.items():
            if rest:
                self._line(stream, rest, shown=True)
        self._rest = {"stdout": b"", "stderr": b""}
        if self._over:
            self._dropped(self._over)
            self._over = 0

    def _keep(self, stream: str, data: bytes, *, shown: bool) -> None:
        *lines, rest = (self._rest[stream] + data).split(b"\n")
        self._rest[stream] = rest[-4096:]
        for line in lines:
            self._line(stream, line, shown=shown)

    def _line(self, stream: str, line: bytes, *, shown: bool) -> None:
        text = line[: 4 * MAX_LINE].decode("utf-8", "replace").rstrip("\r")[:MAX_LINE]
        if stream == "stderr":
            self._tail.append(text)
        self._lines += 1
        if shown and self._lines <= LINES:
            self._show(stream, text)
        elif shown:
            self._over += len(line) + 1
