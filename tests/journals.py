"""What makes two journals the same."""

from __future__ import annotations

import numpy as np

from inspector.analysis.fold import EXECUTIONS, PUBLICATIONS
from inspector.analysis.journal import Journal


def assert_same_journal(one: Journal, other: Journal) -> None:
    """Every column, description, failure, note, payload and loss."""
    assert_same_run(one, other)
    for name in ("at", "group", "execution", "publication", "times"):
        np.testing.assert_array_equal(one.losses.items[name], other.losses.items[name], err_msg=name)
    for name in ("groups", "counts", "by_fault", "unsure"):
        assert getattr(one.losses, name) == getattr(other.losses, name), name


def assert_same_run(one: Journal, other: Journal) -> None:
    """The same but for losses: how many outcomes were missing for a time depends on where batches end."""
    assert (one.session, one.catalog) == (other.session, other.catalog)
    assert (one.handlers, one.events) == (other.handlers, other.events)
    for columns, others, names in (
        (one.executions, other.executions, EXECUTIONS),
        (one.publications, other.publications, PUBLICATIONS),
    ):
        assert len(columns) == len(others)
        for name in names:
            np.testing.assert_array_equal(columns[name], others[name], err_msg=name)
    for recent in ("payloads", "notes", "publication_notes", "failures"):
        assert getattr(one, recent).items() == getattr(other, recent).items(), recent
    assert one.host_records == other.host_records
    numbers = ("seq", "now", "bad", "running", "unheard", "orphans", "unplaced", "uncaused", "dropped", "retries")
    for number in (*numbers, "tried_again", "probes_off", "busy"):
        assert getattr(one, number) == getattr(other, number), number
    for name in ("status_counts", "event_published", "event_runs", "event_outcomes", "handler_levels"):
        assert list(getattr(one, name)) == list(getattr(other, name)), name
    for numbering in ("publication_numbers", "execution_numbers"):
        assert getattr(one, numbering).runs == getattr(other, numbering).runs
    assert one.processes.by_number == other.processes.by_number
    errors, others_errors = one.errors, other.errors
    assert (errors.kinds, errors.cut, len(errors)) == (others_errors.kinds, others_errors.cut, len(others_errors))
    for place in range(len(errors)):
        assert errors.message(place) == others_errors.message(place)
