"""Losses in words: who, where, how many, as JSON, as Markdown, and as the filter that shows them."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from inspector.analysis.losses import loss_place
from inspector.analysis.losskinds import LOSS_KINDS
from inspector.analysis.query.complete import quoted
from inspector.app.loss_marks import loss_subject
from inspector.app.text import format_count, format_time
from inspector.core.records.statuses import CANCELLED, SWALLOWED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.analysis.journal import Journal
    from inspector.analysis.losses import Loss
    from inspector.analysis.tally import LossTally

#: The first version of Python that tells of these, and what is said on older ones.
_TELLS: Final = (3, 12)
_NEEDS: Final = "Swallowed exceptions, mixed-up sessions, late work, and code that never ran need Python 3.12."


def loss_words(loss: Loss) -> str:
    """Return what happened, in one line: how, and the exception."""
    plain = not loss.error or loss.error in loss.what or LOSS_KINDS[loss.kind].name == CANCELLED
    return loss.what if plain else f"{loss.what} · {loss.error}"


def loss_filter(journal: Journal, loss: Loss) -> str:
    """Return the filter that shows what was lost; empty where no execution and no event is."""
    if loss.handler < 0 and loss.event < 0:
        return ""
    place = loss_place(loss)
    kind = f"{LOSS_KINDS[loss.kind].name}{f'@{place}' if place else ''}"
    who = "handler" if loss.handler >= 0 else "event"
    return f"loss:{quoted(kind)} {who}:{quoted(loss_subject(journal, loss))}"


def loss_json(journal: Journal, loss: Loss, tally: LossTally) -> dict[str, Any]:
    """Return a loss as JSON; times in nanoseconds since the session started."""
    return {
        "kind": LOSS_KINDS[loss.kind].name,
        "handler": journal.handlers[loss.handler].label if loss.handler >= 0 else None,
        "event": journal.events[loss.event].name if loss.event >= 0 else None,
        "file": loss.file or None,
        "line": loss.line or None,
        "what": loss.what,
        "error": {"type": loss.error, "message": loss.message} if loss.error else None,
        "count": tally.count(loss),
        "first_ns": int(tally.first[loss.number]),
        "last_ns": int(tally.last[loss.number]),
        "by_design": loss.guessed,
    }


def loss_lines(journal: Journal, loss: Loss) -> tuple[str, str]:
    """Return what is known of a loss in two lines: what was said, in which events and when; and how it went on."""
    kind = LOSS_KINDS[loss.kind]
    facts = [": ".join(filter(None, (loss.error, loss.message)))]
    if facts[0] and loss.count > 1:
        facts.append(f"the same in all {format_count(loss.count)}" if loss.alike else "of the latest")
    if loss.handler >= 0 and loss.events:
        several = sorted(loss.events.items(), key=lambda item: -item[1])
        counts = [f"{format_count(n)} " if len(several) > 1 else "" for _, n in several]
        names = (f"{n}{journal.events[event].name}" for n, (event, _) in zip(counts, several, strict=True))
        facts.append(f"for {', '.join(names)}")
    facts.append(f"last at {format_time(journal.wall, loss.last)}")
    raised = f"raised in {PurePath(loss.raised.file).name}:{loss.raised.line}" if loss.raised.file else ""
    caught = f"caught by {loss.clause}" if loss.clause else ""
    log = "" if kind.name != SWALLOWED else "logged" if loss.logged else "not logged, not raised again"
    way = ", ".join(filter(None, (raised, caught, log)))
    return " · ".join(filter(None, facts)), f"{way[:1].upper()}{way[1:]}. {kind.about}." if way else f"{kind.about}."


def loss_report(journal: Journal, loss: Loss) -> str:
    """Return a loss as Markdown."""
    kind = LOSS_KINDS[loss.kind]
    place = f" · `{loss.file}:{loss.line}`" if loss.file else ""
    head = f"### {kind.label}: {loss_subject(journal, loss)} ({format_count(loss.count)})"
    return "\n".join((head, "", f"{loss_words(loss)}{place}", "", *(f"- {line}" for line in loss_lines(journal, loss))))


def ranked_losses(journal: Journal, tally: LossTally) -> list[Loss]:
    """Return the losses that a tally counts, the most frequent first."""
    return sorted(filter(tally.count, journal.losses.groups), key=lambda loss: (-tally.count(loss), loss.kind))


def loss_counts(counts: Iterable[int]) -> str:
    """Return how many there are of each kind: ``swallowed 3 · cancelled 0 · …``."""
    return " · ".join(
        f"{kind.label.lower()} {format_count(count)}" for kind, count in zip(LOSS_KINDS, counts, strict=True)
    )


def loss_limits(journal: Journal) -> list[str]:
    """Return what cannot be seen in this run, a sentence each."""
    limits = []
    if journal.session is not None and _version(journal.session.python) < _TELLS:
        limits.append(_NEEDS)
    if journal.losses.by_fault:
        limits.append(f"{format_count(journal.losses.by_fault)} by fault, not counted.")
    if journal.losses.unsure:
        limits.append("Workflows were not checked while events were not recorded.")
    return limits


def _version(text: str) -> tuple[int, ...]:
    numbers = text.split(".")[:2]
    return tuple(int(number) for number in numbers) if all(number.isdecimal() for number in numbers) else _TELLS
