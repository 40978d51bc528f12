"""A run written by hand: rows as a recorder would give them, folded into a journal."""

import json
from typing import Any

from inspector.analysis.entries import Change
from inspector.analysis.journal import Journal
from inspector.core.description import CatalogDescription
from inspector.core.records.host import HostRecord
from inspector.core.records.records import (
    HANDLER_ENDED,
    HANDLER_STARTED,
    NOTED,
    PUBLICATION_ENDED,
    PUBLISHED,
    SESSION_STARTED,
    Batch,
    Row,
    to_row,
)
from inspector.core.values.build import to_plain

MS = 1_000_000
#: 2026-11-20T21:44:07.310Z
WALL = 1_795_211_047_310_000_000


_TEXTS: dict[int, tuple[CatalogDescription, str]] = {}


def _text_of(catalog: CatalogDescription) -> str:
    """The catalog as JSON, written once: most tests use the same one."""
    if id(catalog) not in _TEXTS:
        _TEXTS[id(catalog)] = (catalog, json.dumps(to_plain(catalog)))
    return _TEXTS[id(catalog)][1]


class Run:
    """Writes rows; ``fold`` gives what was written since the last fold to the journal.

    ``at`` is the time now, in ns; every row takes it as it is.
    """

    def __init__(self, catalog: CatalogDescription | None = None) -> None:
        self.journal = Journal()
        self.at = 0
        self._rows: list[Row] = []
        self._publications = 0
        self._executions = 0
        self.catalog = catalog
        if catalog is not None:
            text = _text_of(catalog)
            self._rows.append((SESSION_STARTED, 0, WALL, catalog.program, "3.11.7", text, None))
            self.fold()

    def fold(self) -> Change:
        batch = Batch(self.journal.seq + 1, self._rows)
        self._rows = []
        return self.journal.fold(batch)

    def publish(
        self,
        event: str,
        *,
        cause: int = 0,
        fire: int = 0,
        payload: str = "{}",
        correlation: str = "",
        handlers: int = 1,
        session: bool = True,
        metadata: dict[str, Any] | None = None,
    ) -> int:
        """Publish; gives the number of the publication (1 and up)."""
        self._publications += 1
        number = self._publications
        event_id = f"0199a1b2-7c1d-7000-8000-{number:012x}"
        correlation = correlation or f"0199c0de-7c1e-7000-8000-{number:012x}"
        context = json.dumps({"session": session, "metadata": metadata or {}})
        row = (
            PUBLISHED,
            self.at,
            number,
            event,
            event_id,
            correlation,
            cause,
            fire,
            payload,
            context,
            handlers,
            0,
        )
        self._rows.append(row)
        return number

    def start(self, publication: int, handler: str, fault: str = "") -> int:
        """Start an execution; gives its number."""
        self._executions += 1
        self._rows.append((HANDLER_STARTED, self.at, self._executions, publication, handler, fault))
        return self._executions

    def end(self, execution: int, status: str = "ok", on_loop: int = 0, failure: str = "") -> None:
        self._rows.append((HANDLER_ENDED, self.at, execution, status, on_loop, failure))

    def done(self, publication: int) -> None:
        self._rows.append((PUBLICATION_ENDED, self.at, publication, "done"))

    def note(self, execution: int, publication: int, kind: str, text: str, **more: str) -> None:
        self._rows.append(
            (
                NOTED,
                self.at,
                execution,
                publication,
                kind,
                more.get("level", "info"),
                text,
                more.get("data", ""),
            )
        )

    def host(self, cls: type[HostRecord], **fields: Any) -> None:
        self._rows.append(to_row(cls(self.at, **fields)))

    def once(self, event: str, status: str = "ok", took: int = MS, **values: Any) -> int:
        """Publish an event and run all its handlers at once; the last one ends with ``status``."""
        assert self.catalog is not None
        keys = next(one.handlers for one in self.catalog.events if one.name == event)
        number = self.publish(event, handlers=len(keys), **values)
        started = [self.start(number, key) for key in keys]
        self.at += took
        for execution in started:
            last = execution == started[-1]
            self.end(execution, status if last else "ok", took // 2)
        self.done(number)
        return number
