"""Marks of published events, compared with a plain look at every publication."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.analysis.journal import Journal
from inspector.analysis.timeline.source import TimelineSource
from inspector.core.description import EventDescription

PHASES = ("attempted", "succeeded", "failed")
EVENTS = [EventDescription(f"E{n}", f"b.E{n}", f"E{n}", "c", "w", PHASES[n % 3]) for n in range(5)]


def publish(journal: Journal, at: np.ndarray, event: np.ndarray, process: np.ndarray) -> None:
    ids, zero = np.zeros((len(at), 16)), np.zeros(len(at))
    others = dict.fromkeys(("cause", "fire", "handlers", "first", "last"), zero)
    columns = {"at": at, "end": at, "event": event, "process": process, "event_id": ids, "correlation": ids}
    journal.publications.extend(columns | others)


@given(
    parts=st.lists(st.tuples(st.integers(1, 400), st.integers(1, 90), st.sampled_from([1, 2, 60])), max_size=5),
    seed=st.integers(0, 99),
    stretches=st.integers(1, 70),
)
@settings(max_examples=60)
def test_marks_are_where_something_was_published(parts: list[tuple[int, int, int]], seed: int, stretches: int) -> None:
    rng, journal = np.random.default_rng(seed), Journal()
    journal.events += EVENTS
    source, now = TimelineSource(journal), 0
    for count, pause, processes in parts:
        at = now + np.cumsum(rng.integers(0, pause, count))
        now = int(at[-1])
        publish(journal, at, rng.integers(0, len(EVENTS), count), rng.integers(0, processes, count) * 7)
        while not source.advance():
            pass
    columns = journal.publications
    assert source.publishing == set(columns["process"].tolist())
    times = np.arange(stretches + 1) * (now // stretches + 1)
    for process in (None, *sorted(source.publishing)[:3]):
        own = columns["at"] >= 0 if process is None else columns["process"] == process
        there = np.searchsorted(times, columns["at"][own], side="right") - 1
        phases = [EVENTS[event].phase for event in columns["event"][own].tolist()]
        wanted = set(zip(there.tolist(), phases, strict=True))
        places, numbers = source.marks_in(times, float(times[1]), process)
        found = {
            (place, source.phases[number]) for place, number in zip(places.tolist(), numbers.tolist(), strict=True)
        }
        # What happened within less than a stretch may stand a stretch beside.
        assert all(wanted & {(place + by, phase) for by in (-1, 0, 1)} for place, phase in found)
        assert all(found & {(place + by, phase) for by in (-1, 0, 1)} for place, phase in wanted)
