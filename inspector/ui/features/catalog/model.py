"""The catalog as a tree for Qt: category → workflow → event, with the counters of the run that is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, Self

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QSortFilterProxyModel,
    Qt,
)

from inspector.app.text import one_line, plural
from inspector.catalog.search import CatalogIndex
from inspector.core.description import CatalogDescription
from inspector.ui.kit.rows import Index, TreeModel, TreeNode
from inspector.ui.parts.outcome import count_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.observed import FoundHandlers
    from inspector.core.description import EventDescription

CATEGORY: Final = "category"
WORKFLOW: Final = "workflow"
EVENT: Final = "event"
#: Where events stand that the catalog does not declare but that happened.
UNDECLARED: Final = "not declared"
#: Severities of findings that are marked, the worst first.
MARKED: Final = ("error", "warning")


class CatalogRole(IntEnum):
    """What the model answers beside the text.

    ``KIND`` is ``category``, ``workflow`` or ``event``; ``NAME`` the bare name; ``PATH`` tells a node from all
    others in every run (``authentication/user_login/UserLoginFailed``); ``PHASE`` an event's phase; ``PHASES`` the
    phases of a workflow's events, in order; ``HANDLERS`` how many subscriptions; ``PUBLISHED`` and ``RUNS``
    publications and executions, ``OUTCOMES`` executions that did not end well by status code, all summed below a
    node; ``EVENTS`` how many events are below; ``NODE`` the ``CatalogNode`` itself: painting asks once, not for
    each of these; ``MARK`` the worst severity of the findings below (``error``, ``warning``), empty for none;
    ``FOUND`` what was found while running and is not in the catalog, empty for nothing.
    """

    KIND = Qt.ItemDataRole.UserRole + 1
    NAME = Qt.ItemDataRole.UserRole + 2
    PATH = Qt.ItemDataRole.UserRole + 3
    PHASE = Qt.ItemDataRole.UserRole + 4
    PHASES = Qt.ItemDataRole.UserRole + 5
    HANDLERS = Qt.ItemDataRole.UserRole + 6
    RUNS = Qt.ItemDataRole.UserRole + 7
    OUTCOMES = Qt.ItemDataRole.UserRole + 8
    EVENTS = Qt.ItemDataRole.UserRole + 9
    NODE = Qt.ItemDataRole.UserRole + 10
    MARK = Qt.ItemDataRole.UserRole + 11
    PUBLISHED = Qt.ItemDataRole.UserRole + 12
    FOUND = Qt.ItemDataRole.UserRole + 13


_COUNTERS: Final = [int(CatalogRole.PUBLISHED), int(CatalogRole.RUNS), int(CatalogRole.OUTCOMES)]


@dataclass(eq=False)
class CatalogNode(TreeNode):
    """A row of the tree. ``number`` is the event's place in the journal, -1 for anything else.

    ``phases``, ``handlers`` and ``below`` (events) are sums that painting asks for again and again. ``found`` says what
    was seen while running and is not in the catalog.
    """

    kind: str
    name: str
    path: str
    number: int = -1
    event: EventDescription | None = None
    published: int = 0
    runs: int = 0
    outcomes: dict[int, int] = field(default_factory=dict)
    phases: list[str] = field(default_factory=list)
    handlers: int = 0
    below: int = 0
    mark: str = ""
    found: str = ""

    def add(self, kind: str, name: str) -> Self:
        """Put a category or a workflow below."""
        node = type(self)(kind, name, f"{self.path}/{name}".lstrip("/"), parent=self, row=len(self.children))
        self.children.append(node)
        return node

    def add_event(self, number: int, event: EventDescription) -> Self:
        """Put an event below, and count it in all that holds it."""
        path = f"{self.path}/{event.name}"
        node = type(self)(EVENT, event.name, path, number, event, parent=self, row=len(self.children))
        self.children.append(node)
        at: CatalogNode | None = node
        while at is not None:
            at.phases.append(event.phase)
            at.handlers += len(event.handlers)
            at.below += 1
            at = at.parent
        return node


class CatalogTreeModel(TreeModel[CatalogNode]):
    """The catalog of a journal; counters follow its folds.

    ``set_journal`` and a changed catalog reset the model. Events that happen undeclared are inserted, for there may be
    thousands; counters only ever say ``dataChanged``.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(CatalogNode("", "", ""), parent=parent)
        self._journal: Journal | None = None
        self._preview: CatalogDescription | None = None
        self._events: dict[str, CatalogNode] = {}
        #: Categories and workflows, by category and workflow; that of a category is empty.
        self._groups: dict[tuple[str, str], CatalogNode] = {}
        self._marks: dict[str, str] = {}
        self._found: FoundHandlers | None = None

    @property
    def catalog(self) -> CatalogDescription | None:
        """What the program declares; None while that is not known."""
        return self._journal.catalog if self._journal is not None else self._preview

    def everything(self) -> CatalogDescription:
        """Return all that the tree holds: the declared events and those that happened undeclared."""
        if self._journal is None:
            return self._preview or CatalogDescription("")
        return CatalogDescription("", tuple(self._journal.events), tuple(self._journal.handlers))

    def preview(self, catalog: CatalogDescription) -> None:
        """Show a catalog of which there is no run yet."""
        self.beginResetModel()
        self._preview = catalog
        self._build()
        self.endResetModel()

    def set_journal(self, journal: Journal | None) -> None:
        """Show the catalog of another run."""
        from inspector.analysis.observed import FoundHandlers

        self.beginResetModel()
        if journal is not self._journal or self._found is None:
            self._found = FoundHandlers(journal) if journal is not None else None
        self._journal = journal
        self._build()
        self.endResetModel()

    def folded(self, change: Change) -> None:
        """Take in what a fold brought."""
        journal = self._journal
        if journal is None:
            return
        if change.catalog:
            self.set_journal(journal)
            return
        grown = len(journal.events) > len(self._events)
        if grown:
            self._insert_undeclared(journal.events[len(self._events) :])
        if (
            grown
            or change.ended
            or change.first_execution < len(journal.executions)
            or change.first_publication < len(journal.publications)
        ):
            self._count(tell=True)
            self._find(tell=True)

    def _find(self, *, tell: bool) -> None:
        """Mark events that were found while running, and those for which a handler was."""
        journal = self._journal
        if journal is None or journal.catalog is None or self._found is None:
            return
        declared = {event.name for event in journal.catalog.events}
        texts = {name: "Found at runtime" for name in self._events if name not in declared}
        for handler in self._found.look():
            for name in handler.events:
                texts[name] = f"Found at runtime: {handler.label}, called by {handler.called_by}"
        for name, node in self._events.items():
            text = texts.get(name, "")
            if node.found != text:
                node.found = text
                above = node.parent
                while above is not None:
                    above.found = next((child.found for child in above.children if child.found), "")
                    above = above.parent
                if tell:
                    index = self.index_of_node(node)
                    self.dataChanged.emit(index, index, [int(CatalogRole.FOUND)])

    def set_marks(self, marks: Mapping[str, str]) -> None:
        """Mark events that findings name with their worst severity; what holds them gets the worst of theirs."""
        self._marks = dict(marks)
        self._mark(self.root)
        if self.root.children:
            first, last = self.root.children[0], self.root.children[-1]
            self._tell_marks(first, last)

    def _mark(self, node: CatalogNode) -> str:
        below = [self._mark(child) for child in node.children]
        own = self._marks.get(node.name, "") if node.kind == EVENT else ""
        severities = {own, *below}
        node.mark = next((severity for severity in MARKED if severity in severities), "")
        return node.mark

    def _tell_marks(self, first: CatalogNode, last: CatalogNode) -> None:
        role = [int(CatalogRole.MARK)]
        self.dataChanged.emit(self.index_of_node(first), self.index_of_node(last), role)
        for node in (first.parent or self.root).children:
            if node.children:
                self._tell_marks(node.children[0], node.children[-1])

    def index_of(self, event: str) -> QModelIndex:
        """Return the index of an event by its name; invalid when it is not in the catalog."""
        return self.index_of_node(self._events.get(event))

    def indexes(self, kind: str) -> list[QModelIndex]:
        """Return the indexes of all categories, or of all workflows."""
        rows = self.root.children
        if kind == WORKFLOW:
            rows = [workflow for category in rows for workflow in category.children]
        return [self.index_of_node(node) for node in rows]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Answer a role of a row; see ``CatalogRole``."""
        if not index.isValid():
            return None
        reader = _READERS.get(role)
        return None if reader is None else reader(self.node(index))

    def _build(self) -> None:
        self.root, self._events, self._groups = CatalogNode("", "", ""), {}, {}
        journal = self._journal
        catalog = self.catalog
        for name in catalog.categories if catalog is not None else ():
            self._group(name)
        for number, event in enumerate(self.everything().events):
            group = self._group(event.category or UNDECLARED, event.workflow)
            self._events[event.name] = group.add_event(number, event)
        self._mark(self.root)
        if journal is not None:
            self._count(tell=False)
            self._find(tell=False)

    def _group(self, category: str, workflow: str = "") -> CatalogNode:
        """Return the node of a category, or of a workflow in it, making those that are missing."""
        node = self._groups.get((category, workflow))
        if node is None:
            above, kind = (self._group(category), WORKFLOW) if workflow else (self.root, CATEGORY)
            node = self._groups[category, workflow] = above.add(kind, workflow or category)
        return node

    def _insert_undeclared(self, events: Sequence[EventDescription]) -> None:
        """Insert events that have just happened for the first time and that no catalog declares."""
        if (UNDECLARED, "") not in self._groups:
            self.beginInsertRows(QModelIndex(), len(self.root.children), len(self.root.children))
            self._group(UNDECLARED)
            self.endInsertRows()
        group = self._group(UNDECLARED)
        first = len(group.children)
        self.beginInsertRows(self.index_of_node(group), first, first + len(events) - 1)
        for event in events:
            self._events[event.name] = group.add_event(len(self._events), event)
        self.endInsertRows()
        if any(event.name in self._marks for event in events):
            self.set_marks(self._marks)

    def _count(self, *, tell: bool) -> None:
        """Take the counters from the journal; only rows whose counters changed are told."""
        journal = self._journal
        assert journal is not None  # noqa: S101 - callers looked
        touched: dict[int, tuple[CatalogNode, int, int]] = {}
        for node in self._events.values():
            number = node.number
            more = journal.event_published[number] - node.published
            more_runs, outcomes = journal.event_runs[number] - node.runs, journal.event_outcomes[number]
            if not (more or more_runs) and outcomes == node.outcomes:
                continue
            more_outcomes = {code: count - node.outcomes.get(code, 0) for code, count in outcomes.items()}
            at: CatalogNode | None = node
            while at is not None and at.parent is not None:
                at.published += more
                at.runs += more_runs
                for code, count in more_outcomes.items():
                    at.outcomes[code] = at.outcomes.get(code, 0) + count
                _, first, last = touched.get(id(at.parent), (at.parent, at.row, at.row))
                touched[id(at.parent)] = (at.parent, min(first, at.row), max(last, at.row))
                at = at.parent
        if tell:
            for parent, first, last in touched.values():
                top, bottom = (self.index_of_node(parent.children[row]) for row in (first, last))
                self.dataChanged.emit(top, bottom, _COUNTERS)


def _spoken(node: CatalogNode) -> str:
    """Return what a row shows with dots and badges."""
    parts = [node.name]
    if node.event is not None:
        parts += [node.event.phase, plural(len(node.event.handlers), "handler")]
    else:
        parts.append(plural(node.below, "event"))
    if node.published:
        parts.append(plural(node.published, "publication"))
    if node.runs:
        parts.append(plural(node.runs, "execution"))
    if node.outcomes:
        parts.append(count_words(node.outcomes))
    if node.found:
        parts.append(node.found)
    return one_line(", ".join(part for part in parts if part))


_READERS: Final[dict[int, Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda node: one_line(node.name),
    CatalogRole.KIND: lambda node: node.kind,
    CatalogRole.NAME: lambda node: node.name,
    CatalogRole.PATH: lambda node: node.path,
    CatalogRole.PHASE: lambda node: node.event.phase if node.event is not None else "",
    CatalogRole.PHASES: lambda node: tuple(node.phases),
    CatalogRole.HANDLERS: lambda node: node.handlers,
    CatalogRole.PUBLISHED: lambda node: node.published,
    CatalogRole.RUNS: lambda node: node.runs,
    CatalogRole.OUTCOMES: lambda node: node.outcomes,
    CatalogRole.EVENTS: lambda node: node.below,
    CatalogRole.NODE: lambda node: node,
    CatalogRole.MARK: lambda node: node.mark,
    CatalogRole.FOUND: lambda node: node.found,
    Qt.ItemDataRole.AccessibleTextRole: _spoken,
}


class CatalogFilter(QSortFilterProxyModel):
    """The tree without the events that a query does not find; a category stays for what is found in it."""

    def __init__(self, source: CatalogTreeModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tree = source
        self._query = ""
        self._index: CatalogIndex | None = None
        self._names: frozenset[str] = frozenset()
        self.setRecursiveFilteringEnabled(True)
        source.modelAboutToBeReset.connect(self._forget)
        source.rowsAboutToBeInserted.connect(self._forget)
        self.setSourceModel(source)

    @property
    def query(self) -> str:
        """What is looked for; empty when everything is shown."""
        return self._query

    def set_query(self, query: str) -> list[str]:
        """Show only what the query finds; return the names of the events found, the best first."""
        self.beginFilterChange()
        self._query = query.strip()
        hits = self._search()
        self.endFilterChange(QSortFilterProxyModel.Direction.Rows)
        return hits

    def index_of(self, event: str) -> QModelIndex:
        """Return the index of an event by its name; invalid when it is not shown."""
        return self.mapFromSource(self._tree.index_of(event))

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Return whether a row is shown by itself (what holds a shown row is shown for its sake)."""
        if not self._query:
            return True
        if self._index is None:
            self._search()
        index = self._tree.index(source_row, 0, source_parent)
        return index.data(CatalogRole.KIND) == EVENT and index.data(CatalogRole.NAME) in self._names

    def _search(self) -> list[str]:
        if self._index is None:
            self._index = CatalogIndex(self._tree.everything())
        hits = [event.name for event in self._index.search(self._query)]
        self._names = frozenset(hits)
        return hits

    def _forget(self) -> None:
        self._index = None
