"""Time to x and back, as a value; and where the ruler has its ticks. No Qt: tested without a window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from inspector.analysis.timeline.gaps import Folds

#: Shortest stretch that can be looked at, ns.
SHORTEST: Final = 200

_UNITS: Final = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "µs"), (1, "ns"))
_SECOND: Final = 1_000_000_000


@dataclass(frozen=True)
class TimeView:
    """A stretch of time over a number of pixels.

    Attributes:
        start: Time at x = 0, ns since the session started.
        span: Length, ns.
        width: Pixels.
    """

    start: int
    span: int
    width: int

    @property
    def end(self) -> int:
        """Time at x = width."""
        return self.start + self.span

    @property
    def per_pixel(self) -> float:
        """Nanoseconds per pixel."""
        return self.span / max(1, self.width)

    def x_of(self, time: float) -> float:
        """Return the x of a time, in pixels from the left edge; it may lie outside."""
        return (time - self.start) / self.per_pixel

    def time_of(self, x: float) -> int:
        """Return the time at an x, in ns."""
        return self.start + round(x * self.per_pixel)

    def zoomed(self, factor: float, x: float) -> TimeView:
        """Show ``factor`` times as much, with the time at ``x`` staying where it is."""
        span = max(SHORTEST, round(self.span * factor))
        anchor = self.time_of(x)
        return TimeView(anchor - round(x * span / max(1, self.width)), span, self.width)

    def moved(self, time: int) -> TimeView:
        """Show as much, ``time`` ns later."""
        return TimeView(self.start + time, self.span, self.width)


@dataclass(frozen=True)
class Tick:
    """A line of the ruler: x, and a label on the main ones (empty on the others)."""

    x: float
    label: str


@dataclass(frozen=True)
class Ruler:
    """Ticks of a view; labels count from ``base`` (ns), which is told once at the left."""

    base: int
    ticks: tuple[Tick, ...]


def nice_step(least: float) -> int:
    """Return the smallest step of at least ``least`` ns: 1, 2, 3 or 5 and zeros; then 10, 15, 30 s, minutes, hours."""
    if least > _SECOND:
        for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200):
            if seconds * _SECOND >= least:
                return seconds * _SECOND
        return -int(-least // (86_400 * _SECOND)) * 86_400 * _SECOND
    step = 1
    while True:
        for factor in (1, 2, 3, 5):
            if step * factor >= least:
                return step * factor
        step *= 10


def folded_ruler(view: TimeView, folds: Folds, room: int = 88) -> Ruler:
    """Return the ruler of a view in which idle gaps are folded: ticks between them, each part counting for itself."""
    ticks: list[Tick] = []
    base, place = 0, view.start
    edges = [folds.place(start) for start in folds.gaps[:, 0].tolist()]
    gaps = [
        (round(edge), round(edge) + folds.remainder)
        for edge in edges
        if view.start <= edge + folds.remainder <= view.end
    ]
    step = nice_step(view.per_pixel * room)
    for number, (until, after) in enumerate([*gaps, (view.end, view.end)]):
        if until > place:
            x = view.x_of(place)
            part = TimeView(folds.time(place), until - place, max(1, round(view.x_of(until) - x)))
            if number == 0:
                part_ruler = ruler(part, room, step)
                base = part_ruler.base
                ticks += part_ruler.ticks
            else:  # behind a break nobody knows what a label counts from
                times = range(-(-part.start // step) * step, part.end + 1, step)
                ticks += [Tick(part.x_of(time) + x, clock_label(time, step)) for time in times]
        place = max(place, after)
    return Ruler(base, tuple(ticks))


@lru_cache(maxsize=8)
def ruler(view: TimeView, room: int = 88, step: int = 0) -> Ruler:
    """Return the ruler of a view: a label about every ``room`` pixels or a little more, or every ``step`` ns."""
    step = step or nice_step(view.per_pixel * room)
    # Labels stay short: they count from the second (or the ms, or the µs) in which the view begins.
    base_unit = next((unit for unit in (1_000, 1_000_000, _SECOND) if step * 10 <= unit), 0)
    base = view.start // base_unit * base_unit if base_unit and view.start > base_unit else 0
    if base_unit == 0 and step < _SECOND and view.start > 10 * _SECOND:
        base = view.start // _SECOND * _SECOND
    unit, name = next(
        (u, n) for u, n in _UNITS if step >= u or (step * 10 >= u and step % (u // 10 or 1) == 0 and u > 10**8)
    )
    ticks = []
    time = view.start // step * step
    while time <= view.end:
        x = view.x_of(time)
        if x >= 0:
            ticks.append(Tick(x, tick_label(time - base, unit, name, signed=base > 0)))
        time += step
    return Ruler(base, tuple(ticks))


def tick_label(time: int, unit: int, name: str, *, signed: bool) -> str:
    """Write a tick: ``300 ms``, ``+40 µs``, ``1:05 min``."""
    sign = "+" if signed and time >= 0 else ""
    if unit == _SECOND and abs(time) >= 60 * _SECOND:
        seconds = time // _SECOND
        if seconds >= 3600:
            return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        return f"{sign}{seconds // 60}:{seconds % 60:02} min"
    value = time / unit
    return f"{sign}{value:g} {name}" if abs(value) < 1e6 else f"{sign}{value:.0f} {name}"


def clock_label(time: int, step: int) -> str:
    """Write a time since the session started in full, as finely as ticks ``step`` ns apart need: ``1:35.25``."""
    seconds, rest = divmod(time, _SECOND)
    digits = next((digits for digits in range(10) if step % 10 ** (9 - digits) == 0), 9)
    fraction = f".{rest:09}"[: digits + 1] if digits else ""
    if seconds >= 3600:
        return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
    return f"{seconds // 60}:{seconds % 60:02}{fraction}"


def exact_time(time: int) -> str:
    """Write a time since the session started to the nanosecond, in groups that can be read: ``2.345 678 901 s``."""
    sign, time = ("-", -time) if time < 0 else ("", time)
    seconds, rest = divmod(time, _SECOND)
    digits = f"{rest:09}"
    fraction = f"{digits[:3]} {digits[3:6]} {digits[6:]}"
    if seconds >= 60:
        return f"{sign}{seconds // 60}:{seconds % 60:02}.{fraction}"
    return f"{sign}{seconds}.{fraction} s"
