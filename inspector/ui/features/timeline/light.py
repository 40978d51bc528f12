"""What is pointed at elsewhere in the window, found in the timeline: which lanes, which bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from inspector.ui.selection import NOTHING, Hover

if TYPE_CHECKING:
    from inspector.analysis.timeline.pyramid import Ints
    from inspector.ui.features.timeline.scene import Scene

#: More bars than this are not lit one by one.
BARS: Final = 400
#: Nor are they looked for among more executions than this.
_SEARCHED: Final = 60_000


def lit_lanes(scene: Scene) -> frozenset[str]:
    """Return the keys of the lanes that hold what is pointed at, and of the lane that was looked for."""
    lit, journal = scene.lit, scene.source.journal
    keys = {scene.found} if scene.found else set()
    if lit is NOTHING:
        return frozenset(keys)
    for number in lit.handlers:
        handler = journal.handlers[number]
        keys |= {f"handler:{handler.owner}", f"method:{handler.key}"}
    for number in lit.events:
        event = journal.events[number]
        keys |= {f"event:{event.name}", f"workflow:{event.workflow}"}
    if lit.publication >= 0:
        strip = scene.layout.marks(int(journal.publications["process"][lit.publication]))
        keys |= {strip.key} if strip is not None else set()
    for execution in lit_bars(scene)[:BARS].tolist() if lit.execution >= 0 or lit.publication >= 0 else ():
        bar = scene.bar(execution)
        if bar is not None:
            keys.add(bar.strip.key)
    return frozenset(keys)


def lit_bars(scene: Scene) -> Ints:
    """Return the indexes of the executions in sight that are pointed at; none when they are too many to try."""
    lit = scene.lit
    none = np.zeros(0, np.int64)
    if lit.execution >= 0:
        return np.array([lit.execution])
    if lit.publication >= 0:
        return np.array(scene.source.journal.executions_of(lit.publication), np.int64)
    if lit.lengths is None:  # a whole lane is lit as a lane: frames around all of its bars would hide what they show
        return none
    start, end = scene.seen
    columns = scene.source.executions
    first, last = columns["start"].searchsorted(np.array([start, end], np.int64))
    if last - first > _SEARCHED:
        return none
    near = scene.source.touching(start, end)
    return near[_fits(scene, lit, near)]


def _fits(scene: Scene, lit: Hover, near: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    columns = scene.source.executions
    fits = np.ones(len(near), np.bool_)
    for name, numbers in (("handler", lit.handlers), ("event", lit.events)):
        if numbers:
            fits &= np.isin(columns[name][near], list(numbers))
    if lit.lengths is not None:
        length = columns["end"][near] - columns["start"][near]
        fits &= (length >= lit.lengths[0]) & (length < lit.lengths[1])
    return fits
