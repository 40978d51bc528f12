"""What the command line says: text or JSON on stdout, diagnostics on stderr."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from inspector.app.text import one_line
from inspector.core.errors import InspectorError

_STYLES: Final = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_GAP: Final = "  "
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7e]")

#: A cell: its text, or its text and a style.
Cell = str | tuple[str, str]


class Console:
    """Writes for a person or, with ``--json``, for a program.

    Args:
        out: Where results go; ``sys.stdout`` when not given.
        err: Where diagnostics go; ``sys.stderr`` when not given.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or _standing(sys.stdout)
        self._err = err or _standing(sys.stderr)
        for stream in (self._out, self._err):
            # A terminal that does not know a sign is no reason to end with an error.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        self.colour = self._out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    def line(self, text: str = "") -> None:
        """Write a line for people.

        Raises:
            BrokenPipeError: Nobody reads any more.
            InspectorError: It cannot be written.
        """
        with _explained():
            self._out.write(text + "\n")

    def heading(self, text: str) -> None:
        """Write a heading, after an empty line."""
        self.line()
        self.line(self.styled(text, "bold"))

    def data(self, value: Any) -> None:
        """Write a value as JSON: letters as they are where the encoding has all of them, else escaped.

        What cannot be seen, or a terminal would obey, is escaped everywhere.
        """
        encoding = (getattr(self._out, "encoding", None) or "utf-8").lower().replace("-", "")
        text = json.dumps(value, indent=2, ensure_ascii=encoding != "utf8")
        self.line(_BEYOND_ASCII.sub(_escaped, text))

    def note(self, text: str) -> None:
        """Write a diagnostic; where it cannot be written it is lost.

        Raises:
            BrokenPipeError: Nobody reads any more.
        """
        self._tell(f"inspector: {text}\n")

    def trouble(self, error: InspectorError) -> None:
        """Report expected trouble: what happened, and on a line of its own what to do next."""
        self.note(one_line(error.text, 2000))
        hint = error.hint
        if hint and error.typed:
            hint = f"{hint.removesuffix('.')} ({error.typed})."
        if hint:
            self._tell(f"  {one_line(hint, 2000)}\n")

    def table(self, rows: Iterable[Sequence[Cell]], *, indent: int = 2, right: Iterable[int] = ()) -> None:
        """Write rows in aligned columns; the columns numbered in ``right`` are aligned to the right."""
        cells = [[(cell, "") if isinstance(cell, str) else cell for cell in row] for row in rows]
        numeric = frozenset(right)
        widths = [
            max(len(row[column][0]) for row in cells if column < len(row))
            for column in range(max((len(row) for row in cells), default=0))
        ]
        for row in cells:
            parts: list[str] = []
            for column, (text, style) in enumerate(row):
                pad = " " * (widths[column] - len(text))
                shown = self.styled(text, style)
                parts.append(pad + shown if column in numeric else shown + pad)
            self.line((" " * indent + _GAP.join(parts)).rstrip())

    def styled(self, text: str, style: str) -> str:
        """Return the text in a style, as it is when the terminal shows none."""
        if not (self.colour and style and text):
            return text
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"

    def flush(self) -> None:
        """Write out what waits.

        Raises:
            BrokenPipeError: Nobody reads any more.
            InspectorError: It cannot be written.
        """
        with _explained():
            self._out.flush()
            self._err.flush()

    def abandon(self) -> None:
        """Let the interpreter's own last flush go nowhere instead of into the same error again."""
        _lead_nowhere(self._out)

    def _tell(self, text: str) -> None:
        try:
            self._err.write(text)
        except BrokenPipeError:
            raise
        except OSError:  # a terminal that was closed: that must not keep the recording from being ended properly
            _lead_nowhere(self._err)


def _escaped(match: re.Match[str]) -> str:
    return match[0] if match[0].isprintable() else json.dumps(match[0])[1:-1]


def _lead_nowhere(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _standing(stream: TextIO | None) -> TextIO:
    """Return the stream, or one that goes nowhere when it was closed before we were started (``>&-``)."""
    # Made anew it takes the number of the closed one, so that no database and no child gets it as its output.
    return Path(os.devnull).open("w", encoding="utf-8") if stream is None else stream


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn a full disk into words; a reader that went away is dealt with elsewhere."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InspectorError(f"Cannot write the output: {error.strerror or error}.") from error
