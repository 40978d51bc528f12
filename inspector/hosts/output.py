"""What a child prints: always read, so that it never blocks; shown within a rate, the rest is counted.

Secrets are hidden before a line is cut, and in every line: also those that are not shown may begin a private key.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from inspector.core.redact.redactor import PrintedLines, Redactor

#: Bytes and lines a second that are shown of both streams together.
RATE: Final = 64 * 1024
LINES: Final = 200
#: Longest line that is shown, characters.
MAX_LINE: Final = 500
#: Lines kept for when the child ends.
TAIL: Final = 20
#: Bytes of a line that are looked at for secrets; what comes after them is never shown.
_LOOKED_AT: Final = 8_192


class Output:
    """Both output streams of a child.

    Args:
        show: Called with each line that is shown: (stream, text).
        dropped: Called with the number of bytes dropped, at most once a second.
        clock: Seconds, monotonic.
        redactor: Hides secrets.
    """

    def __init__(
        self,
        show: Callable[[str, str], None],
        dropped: Callable[[int], None],
        clock: Callable[[], float],
        redactor: Redactor,
    ) -> None:
        self._show = show
        self._dropped = dropped
        self._clock = clock
        self._since = clock()
        self._bytes = self._lines = self._over = 0
        self._printed = {stream: PrintedLines(redactor) for stream in ("stdout", "stderr")}
        self._rest = {"stdout": b"", "stderr": b""}
        self._tail: deque[str] = deque(maxlen=TAIL)

    @property
    def tail(self) -> list[str]:
        """The last lines of the error stream."""
        rest = self._rest["stderr"]
        return [*self._tail, *([self._printed["stderr"].peek(_text(rest))[:MAX_LINE]] if rest.strip() else [])]

    def feed(self, stream: str, data: bytes) -> None:
        """Take what was read."""
        self.tick()
        if self._bytes > RATE:
            self._over += len(data)
            self._pass_over(stream, data)
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
        self._rest[stream] = rest[:_LOOKED_AT]  # its beginning, which may be what tells of a secret
        for line in lines:
            self._line(stream, line, shown=shown)

    def _pass_over(self, stream: str, data: bytes) -> None:
        """Take what is not shown: of the error stream the last lines are kept."""
        lines = (self._rest[stream] + data).rsplit(b"\n", TAIL + 1)
        self._rest[stream] = b""
        if len(lines) > TAIL + 1:
            self._printed[stream].pass_over(lines.pop(0))
        self._keep(stream, b"\n".join(lines), shown=False)

    def _line(self, stream: str, line: bytes, *, shown: bool) -> None:
        text = self._printed[stream].redact(_text(line))[:MAX_LINE]
        if stream == "stderr":
            self._tail.append(text)
        self._lines += 1
        if shown and self._lines <= LINES:
            self._show(stream, text)
        elif shown:
            self._over += len(line) + 1


def _text(line: bytes) -> str:
    return line[:_LOOKED_AT].decode("utf-8", "replace").rstrip("\r")
