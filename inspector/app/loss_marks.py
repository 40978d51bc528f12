"""What a person has said of losses: muted places, and which are by design."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.analysis.losskinds import LOSS_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from inspector.analysis.journal import Journal
    from inspector.analysis.losses import Loss
    from inspector.app.settings import Settings

_MUTED: Final = "losses.muted"
_MEANT: Final = "losses.by_design"
#: Places that are remembered for one program.
_MOST: Final = 1_000


class LossMarks:
    """What a person has said of losses: muted places, and whether one is by design. Kept by program.

    Args:
        settings: Where it is kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def divide(self, journal: Journal, losses: Iterable[Loss]) -> tuple[list[Loss], list[Loss], list[Loss]]:
        """Return the losses that count, those that are by design (said so, or guessed), and those that are muted."""
        muted, meant = self._of(_MUTED, journal), self._of(_MEANT, journal)
        parts: tuple[list[Loss], list[Loss], list[Loss]] = ([], [], [])
        for loss in losses:
            key = loss_key(journal, loss) if muted or meant else ""
            parts[2 if key in muted else int(meant.get(key, loss.guessed))].append(loss)
        return parts

    def set_muted(self, journal: Journal, loss: Loss, *, muted: bool) -> None:
        """Mute the place of a loss, or no longer."""
        places = self._of(_MUTED, journal)
        places.pop(loss_key(journal, loss), None)
        if muted:
            places[loss_key(journal, loss)] = True
        self._keep(_MUTED, journal, places)

    def set_by_design(self, journal: Journal, loss: Loss, *, meant: bool) -> None:
        """Record that a loss is meant, or that it is not."""
        self._keep(_MEANT, journal, {**self._of(_MEANT, journal), loss_key(journal, loss): meant})

    def total(self, journal: Journal) -> int:
        """Return how many losses of a run count: the number of the tab and of the status bar."""
        return sum(loss.count for loss in self.divide(journal, journal.losses.groups)[0])

    def _of(self, key: str, journal: Journal) -> dict[str, bool]:
        places = self._settings.mapping(key).get(_program(journal))
        return {k: v for k, v in places.items() if isinstance(v, bool)} if isinstance(places, dict) else {}

    def _keep(self, key: str, journal: Journal, places: dict[str, bool]) -> None:
        newest = dict(list(places.items())[-_MOST:])
        programs = {**self._settings.mapping(key), _program(journal): newest}
        self._settings.set(key, {program: marks for program, marks in programs.items() if marks})
        self._settings.save()


def loss_key(journal: Journal, loss: Loss) -> str:
    """Return what a loss is known by from one session to the next: kind, whose it is, place and reason."""
    return "\t".join((LOSS_KINDS[loss.kind].name, loss_subject(journal, loss), loss.file, str(loss.line), loss.reason))


def _program(journal: Journal) -> str:
    return journal.session.program if journal.session is not None else ""


def loss_subject(journal: Journal, loss: Loss) -> str:
    """Return whose loss it is: the label of a handler, the name of an event, or what has lost records."""
    if loss.handler >= 0:
        return journal.handlers[loss.handler].label
    return journal.events[loss.event].name if loss.event >= 0 else loss.subject
