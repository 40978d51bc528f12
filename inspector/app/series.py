"""Firing an event many times: batch after batch, until all are published or somebody stops it."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.app.text import format_count, format_duration
from inspector.core.errors import InspectorError

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.app.recording import Recording
    from inspector.catalog.form import FireForm
    from inspector.core.records.numbers import FireNumber

#: Publications asked for at once: what waits is bounded however many are wanted.
BATCH: Final = 100


class Series:
    """One series. Call everything on the loop of the recording.

    Args:
        recording: The live one.
        form: What is fired, and how many times.
        fired: Called with the number of each fire that the series consists of.
        clock: Seconds, monotonic.

    Attributes:
        form: What is fired, and how many times.
        running: More will be fired.
        reason: Why it ended before its time, empty when it did not.
    """

    def __init__(
        self,
        recording: Recording,
        form: FireForm,
        fired: Callable[[FireNumber], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._recording = recording
        self.form = form
        self._fired = fired
        self._clock = clock
        self._began = self._ended = clock()
        self._fire: FireNumber | None = None
        self._settled = self._first = 0
        self._stopped = False
        self.running = True
        self.reason = ""

    @property
    def published(self) -> int:
        """How many publications there are by now."""
        if self._fire is None:
            return self._settled
        fires = self._recording.journal.publications["fire"][self._first :]
        return self._settled + int(np.count_nonzero(fires == self._fire))

    @property
    def age(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._began

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        return min(1.0, self.published / self.form.count)

    @property
    def rate(self) -> float:
        """Publications a second since it began."""
        took = (self._clock() if self.running else self._ended) - self._began
        return self.published / took if took > 0 else 0.0

    @property
    def progress(self) -> str:
        """How far it is: ``1 237 / 3 000 · 12 s left``."""
        published, rate = self.published, self.rate
        text = f"{format_count(published)} / {format_count(self.form.count)}"
        seconds = round((self.form.count - published) / rate) if rate else 0
        if not published or seconds < 1:
            return text
        left = f"{seconds} s" if seconds < 60 else format_duration(seconds * 1e9)
        return f"{text} · {left} left"

    @property
    def summary(self) -> str:
        """How it ended: ``Stopped after 1 237``."""
        if self.published < self.form.count:
            return f"Stopped after {format_count(self.published)}{f': {self.reason}' if self.reason else ''}"
        return f"Fired {format_count(self.published)} times"

    async def run(self) -> None:
        """Fire all of it; return when everything has settled, or when nothing more is fired.

        Raises:
            InspectorError: The first batch could not be fired.
        """
        try:
            await self._run()
        finally:
            self.running = False
            self._ended = min(self._ended, self._clock()) if self._stopped else self._clock()

    async def _run(self) -> None:
        recording = self._recording
        for request in self.form.requests(BATCH):
            if self._stopped or not recording.host.recording:
                break
            self._first = len(recording.journal.publications)
            try:
                self._fire = recording.host.fire(request)
            except InspectorError as error:
                if not self._settled:
                    raise
                self.reason = error.text.rstrip(".")
                break
            self._fired(self._fire)
            outcome = await recording.outcome(self._fire)
            self._settled, self._fire = self._settled + outcome.published, None
            if outcome.refusal:
                self.reason = outcome.refusal.rstrip(".")
                break

    def stop(self) -> None:
        """Publish nothing more; what is under way goes on to its end."""
        self._stopped, self.running, self._ended = True, False, self._clock()
        if self._fire is not None:
            self._recording.host.withdraw(self._fire)
