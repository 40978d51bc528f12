"""Failure groups as a tree: below each what a person noted of it, and the handlers in which it happened.

They stand by file and line, as they are counted, or below headings: of exceptions, or of handlers and events.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt

from inspector.analysis.failures import FailureGroup, FailureGroups, FailurePart
from inspector.analysis.journal import Journal
from inspector.app.failure_marks import FailureMark, FailureMarks, FailureState
from inspector.app.retry import Retry, Verdict, summary, worst_of
from inspector.app.text import format_count, format_time, format_wall, one_line
from inspector.ui.kit.rows import NUMBERS, WORDS, Column, Index, Role, TreeModel, TreeNode, head_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from inspector.analysis.entries import Change
    from inspector.analysis.query.query import Filter
    from inspector.core.records.numbers import ExecutionIndex

TYPE, MESSAGE, PLACE, HANDLER, COUNT, TREND, FIRST, LAST, VERDICT = range(9)

_COLUMNS: Final = (
    Column("Failure", about="Exception type, or how the execution ended; below it the handlers"),
    Column("Message", about="Message of the latest failure"),
    Column("Place", about="Frame of your code closest to the exception"),
    Column("Handler"),
    Column("Count", number=True, about="Number of failures; those by fault stand apart, behind ⚡"),
    Column("Trend", about="Number of failures in this session", falls=True),
    Column("First", about="Time of the first failure", falls=True),
    Column("Last", about="Time of the latest failure", falls=True),
    Column("Retry", about="Result of retrying these failures"),
)
_ROOT: Final = QModelIndex()
#: Stands before every number of a note when its rows are sorted.
_ABOVE: Final = 1 << 60


class FailureGrouping(Enum):
    """By what failures stand together."""

    PLACE = "By file and line"
    EXCEPTION = "By exception"
    HANDLER = "By handler"
    EVENT = "By event"


#: What shows the handlers of groups, each below its heading.
_BY_PART: Final = (FailureGrouping.HANDLER, FailureGrouping.EVENT)


@dataclass(eq=False)
class FailureNode(TreeNode):
    """A row: a group, one of its handlers, what was noted of it, or a heading above some of these.

    Attributes:
        group: The group; None of a heading.
        part: The handler of the group, None of a group and a note.
        note: What was noted, empty of a group and a handler.
        heading: What a heading says; empty of all others.
    """

    group: FailureGroup | None = None
    part: FailurePart | None = None
    note: str = ""
    heading: str = ""
    #: What it is sorted by, column by column. It changes only when the row is told to have changed: a view that sorts
    #: puts it among the others by bisection, and they must be in order for that.
    keys: tuple[Any, ...] = ()


class FailuresModel(TreeModel[FailureNode]):
    """The groups of a journal in the order in which they first appeared; sort by ``Role.SORT``.

    Args:
        parent: The owner.
        marks: What a person has said of groups; None: nothing.

    Attributes:
        shown: Which groups are shown.
        grouping: By what they stand together.
    """

    def __init__(self, parent: QObject | None = None, marks: FailureMarks | None = None) -> None:
        super().__init__(FailureNode(), len(_COLUMNS), parent)
        self.columns = _COLUMNS
        self.shown = FailureState.OPEN
        self.grouping = FailureGrouping.PLACE
        self._marks = marks
        self._journal = Journal()
        self._filter: Filter | None = None
        self._groups = FailureGroups(self._journal)
        self._marked: dict[int, FailureMark] = {}
        self._states: list[FailureState] = []
        #: The rows of each group that is shown: its own, or those of its handlers, and the headings above them.
        self._rows: dict[int, list[FailureNode]] = {}
        self._headings: dict[Any, FailureNode] = {}
        #: Groups whose rows do not show yet what was counted.
        self._behind: set[int] = set()
        self._filling = False
        self._tried: Mapping[ExecutionIndex, Verdict] = {}
        self._trying: Retry | None = None
        self._verdicts: dict[int, dict[tuple[int, int], list[Verdict]]] = {}

    @property
    def total(self) -> int:
        """Executions in all groups that are open."""
        return self.count_of(FailureState.OPEN)

    @property
    def outcomes(self) -> dict[int, int]:
        """Executions in the open groups, by status code, those under a fault as ``BY_FAULT``; only what occurs."""
        if all(state is FailureState.OPEN for state in self._states):
            return self._groups.outcomes
        counts: dict[int, int] = {}
        for group in self._groups.groups:
            if self._states[group.number] is FailureState.OPEN:
                for code, count in group.outcomes.items():
                    counts[code] = counts.get(code, 0) + count
        return counts

    def count_of(self, state: FailureState) -> int:
        """Return how many executions the groups of a state have."""
        return sum(group.count for group in self._groups.groups if self._states[group.number] is state)

    def groups_of(self, state: FailureState) -> int:
        """Return how many groups are in a state."""
        return self._states.count(state)

    def mark(self, group: FailureGroup) -> FailureMark:
        """Return what a person has said of a group."""
        return self._marked.get(group.number, FailureMark())

    def set_journal(self, journal: Journal) -> None:
        """Show another run."""
        self._journal = journal
        self._tried, self._trying, self._verdicts = {}, None, {}
        self._start_over()

    def set_filter(self, chosen: Filter | None) -> None:
        """Group only executions that fit; None groups all."""
        self._filter = chosen or None
        self._start_over()

    def show_only(self, state: FailureState) -> None:
        """Show the groups of a state."""
        self.shown = state
        self._fill()

    def set_grouping(self, grouping: FailureGrouping) -> None:
        """Put failures together by something else."""
        self.grouping = grouping
        self._fill()

    def marks_changed(self) -> None:
        """Read anew what a person has said of the groups."""
        self._read_marks(range(len(self._groups.groups)))
        self._fill()

    def set_verdicts(self, tried: Mapping[ExecutionIndex, Verdict], trying: Retry | None) -> None:
        """Show what came of retrying executions, and what is being retried."""
        self._tried, self._trying = tried, trying
        self._verdicts = {}
        for execution, verdict in tried.items():
            group = self._groups.group_of(execution)
            if group is not None:
                columns = self._journal.executions
                part = int(columns["handler"][execution]), int(columns["event"][execution])
                self._verdicts.setdefault(group.number, {}).setdefault(part, []).append(verdict)
        for node in self.root.children:
            self._tell(node)

    def folded(self, change: Change) -> set[int]:
        """Follow the journal after a fold; return the numbers of the groups that changed."""
        self.count(change)
        return self.follow()

    def count(self, change: Change) -> None:
        """Count what a fold brought, and leave the rows as they are until ``follow``."""
        changed = self._groups.folded(change)
        if self._read_marks(sorted(changed)):  # a group came back that had been resolved
            self._fill()
        self._behind |= changed

    def follow(self) -> set[int]:
        """Bring the rows up to date; return the numbers of the groups that changed since they were."""
        behind, self._behind = self._behind, set()
        for number in sorted(behind):
            group = self._groups.groups[number]
            if number in self._rows:
                self._follow(group)
            elif self._states[number] is self.shown:
                self._add(group)
        return behind

    def group(self, row: int) -> FailureGroup:
        """Return the group of a row of the first level."""
        group = self.root.children[row].group
        assert group is not None  # noqa: S101 - only headings have none
        return group

    def index_of(self, execution: int) -> QModelIndex:
        """Return where the group stands that an execution belongs to; nowhere when it is not shown."""
        group = self._groups.group_of(execution)
        nodes = [] if group is None else self._rows.get(group.number, [])
        columns = self._journal.executions
        for node in nodes:
            part = node.part
            if part is None or (part.handler, part.event) == (
                columns["handler"][execution],
                columns["event"][execution],
            ):
                return self.index_of_node(node)
        return QModelIndex()

    def index_of_group(self, group: FailureGroup | None) -> QModelIndex:
        """Return where a group stands; nowhere when it is not shown."""
        nodes = [] if group is None else self._rows.get(group.number, [])
        return self.index_of_node(nodes[0]) if nodes and nodes[0].group is group else QModelIndex()

    def notes(self) -> list[QModelIndex]:
        """Return the indexes of the notes."""
        nodes = (node for number in self._marked for node in self._rows.get(number, ()))
        return [self.index_of_node(child) for node in nodes for child in node.children if child.note]

    def rows(self) -> int:
        """Return the number of groups that are shown."""
        return len(self.root.children)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the title of a column, and how it stands."""
        return head_of(_COLUMNS, section, orientation, role)

    def data(self, index: Index, role: int = 0) -> Any:
        """Return what a cell shows, or a fact behind it (``Role``)."""
        if not index.isValid():
            return None
        node, column = self.node(index), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(node, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return NUMBERS if _COLUMNS[column].number else WORDS
        return self._fact(node, column, role) if role > Qt.ItemDataRole.UserRole else None

    def _text(self, node: FailureNode, column: int) -> str:
        group, part = node.group, node.part
        if group is None:
            return self._heading_text(node, column)
        if node.note:
            return one_line(f"✎ {node.note}", 400) if column == TYPE else ""
        counted = group if part is None else part
        if column == COUNT:
            return _count_words(counted.count, counted.by_fault)
        if column in (FIRST, LAST):
            return format_time(self._journal.wall, counted.first if column == FIRST else counted.last)
        if column == VERDICT:
            return self.verdict(group, part)[0]
        if column == MESSAGE:
            return one_line(counted.message)
        if part is not None and self.grouping not in _BY_PART:
            handler, event = self._journal.handlers[part.handler].label, self._journal.events[part.event].name
            return one_line({TYPE: handler, PLACE: f"for {event}"}.get(column, ""))
        if part is not None:
            event = f"for {self._journal.events[part.event].name}"
            handler = self._journal.handlers[part.handler].label if self.grouping is FailureGrouping.EVENT else event
        else:
            handler = self._handler(group)
        texts = {PLACE: place(group), HANDLER: handler}
        if column == TYPE:
            return one_line(f"{title(group)} · again" if self.mark(group).again >= 0 else title(group))
        return one_line(texts.get(column, ""))

    def _heading_text(self, node: FailureNode, column: int) -> str:
        """Return what a heading says: what it is, and the counts of all below it."""
        if column == TYPE:
            return one_line(node.heading)
        counted = _counted_below(node)
        if column == COUNT and counted:
            return _count_words(sum(below.count for below in counted), sum(below.by_fault for below in counted))
        if column in (FIRST, LAST) and counted:
            first, last = min(below.first for below in counted), max(below.last for below in counted)
            return format_time(self._journal.wall, first if column == FIRST else last)
        return ""

    def _fact(self, node: FailureNode, column: int, role: int) -> Any:
        """Return the group's number, its status, its trend, or what to sort by."""
        group, part = node.group, node.part
        if role == Role.SORT and node.keys:
            return node.keys[column]
        if group is None:
            return "dim" if role == Role.TONE and column >= TREND else None
        if role == Role.NUMBER:
            return node.row
        if node.note:
            return "dim" if role == Role.TONE else None
        counted = group if part is None else part
        if role == Role.TONE:
            if column == VERDICT:
                return self.verdict(group, part)[1]
            if column == COUNT and counted.by_fault == counted.count:
                return "warn"
            if part is not None and self.grouping not in _BY_PART:
                return "" if column == TYPE else "dim"
            return group.status if column in (TYPE, COUNT) else "dim" if column >= TREND else ""
        if role == Role.GLYPH:
            return group.status if column == TYPE and (part is None or self.grouping in _BY_PART) else None
        if role == Role.TREND:
            return counted.trend.counts(self._journal.now) if column == TREND else None
        return None

    def verdict(self, group: FailureGroup, part: FailurePart | None = None) -> tuple[str, str]:
        """Return what came of retrying a group or one of its handlers, and the tone of that."""
        members = group.members if part is None else part.members
        trying = self._trying
        if trying is not None and any(index in trying.of for index in members):
            return trying.text, "accent_text"
        by_part = self._verdicts.get(group.number, {})
        verdicts = (
            [verdict for several in by_part.values() for verdict in several]
            if part is None
            else by_part.get((part.handler, part.event), [])
        )
        worst = worst_of(verdicts)
        if worst is None:
            return "", ""
        return f"{'✓' if worst.good else '✕'} {summary(verdicts, len(verdicts))}", "ok" if worst.good else "failed"

    # -- rows

    def _start_over(self) -> None:
        chosen, journal = self._filter, self._journal
        rows = None if chosen is None else lambda indexes: chosen.rows(journal, indexes)
        self._groups = FailureGroups(journal, rows)
        self._states, self._marked = [], {}
        self._read_marks(range(len(self._groups.groups)))
        self._fill()

    def _read_marks(self, numbers: Any) -> bool:
        """Read what a person has said of some groups; return whether one that was there is in another state now."""
        moved = False
        groups, states = self._groups.groups, self._states
        before = len(states)
        states += [FailureState.OPEN] * (len(groups) - before)
        for number in numbers if self._marks is not None else ():
            mark = self._marks.of(self._journal, groups[number]) if self._marks is not None else FailureMark()
            moved |= number < before and (states[number], self.mark(groups[number]).again) != (mark.state, mark.again)
            states[number] = mark.state
            if mark == FailureMark():
                self._marked.pop(number, None)
            else:
                self._marked[number] = mark
        return moved

    def _fill(self) -> None:
        self.beginResetModel()
        self.root = FailureNode()
        self._rows, self._headings, self._behind = {}, {}, set()
        self._filling = True
        for group in self._groups.groups:
            if self._states[group.number] is self.shown:
                self._add(group)
        self._filling = False
        self.endResetModel()
        self.set_verdicts(self._tried, self._trying)

    def _add(self, group: FailureGroup) -> None:
        """Put the rows of a group at the end."""
        self._rows[group.number] = []
        if self.grouping in _BY_PART:
            for part in group.parts.values():
                self._add_part(group, part)
            return
        node = FailureNode(group=group)
        mark = self.mark(group)
        notes = [mark.note] if mark.note else []
        if mark.resolved:
            came = f"; came back at {format_time(self._journal.wall, mark.again)}" if mark.again >= 0 else ""
            notes.append(f"Resolved {format_wall(mark.resolved)}{came}")
        node.children = [
            *(FailureNode(group=group, note=note) for note in notes),
            *(FailureNode(group=group, part=part) for part in group.parts.values()),
        ]
        for row, child in enumerate(node.children):
            child.parent, child.row = node, row
            child.keys = self._keys_of(child)
        self._rows[group.number].append(node)
        if self.grouping is FailureGrouping.PLACE:
            self._put(self.root, node)
        else:
            self._put_below((group.status, group.type), kind(group), node)

    def _add_part(self, group: FailureGroup, part: FailurePart) -> None:
        """Put the row of a handler of a group below its heading."""
        node = FailureNode(group=group, part=part)
        self._rows[group.number].append(node)
        if self.grouping is FailureGrouping.HANDLER:
            self._put_below(part.handler, self._journal.handlers[part.handler].label, node)
        else:
            self._put_below(part.event, self._journal.events[part.event].name, node)

    def _put_below(self, key: Any, words: str, node: FailureNode) -> None:
        """Put a row below a heading, which comes with its first."""
        heading = self._headings.get(key)
        if heading is None:
            heading = self._headings[key] = FailureNode(heading=words, children=[node])
            node.parent, node.row = heading, 0
            node.keys = self._keys_of(node)
            self._put(self.root, heading)
        else:
            self._put(heading, node)
            self._tell(heading, ())

    def _put(self, parent: FailureNode, node: FailureNode) -> None:
        node.parent, node.row = parent, len(parent.children)
        node.keys = self._keys_of(node)
        if not self._filling:
            self.beginInsertRows(self.index_of_node(parent), node.row, node.row)
        parent.children.append(node)
        if not self._filling:
            self.endInsertRows()

    def _follow(self, group: FailureGroup) -> None:
        """Take in what has come to a group."""
        nodes = self._rows[group.number]
        if self.grouping in _BY_PART:
            there = {id(node.part) for node in nodes}
            for part in group.parts.values():
                if id(part) not in there:
                    self._add_part(group, part)
            for node in _grown(nodes):
                self._tell(node, ())
        else:
            (node,) = nodes
            shown = sum(child.part is not None for child in node.children)
            for part in islice(group.parts.values(), shown, None):  # the rows stand in the order of the parts
                self._put(node, FailureNode(group=group, part=part))
            self._tell(node, _grown(node.children))
        for heading in {id(node.parent): node.parent for node in nodes}.values():
            if isinstance(heading, FailureNode) and heading.heading:
                self._tell(heading, ())

    def _tell(self, node: FailureNode, children: Sequence[FailureNode] | None = None) -> None:
        """Sort and write a row anew, and of what is below it these rows; None for all, however deep."""
        if children is None:
            for child in node.children:
                self._tell(child)
        self._tell_range((node,))
        self._tell_range(children or ())

    def _tell_range(self, nodes: Sequence[FailureNode]) -> None:
        """Sort and write rows below one parent anew."""
        for node in nodes:
            node.keys = self._keys_of(node)
        if nodes and not self._filling:
            ends = zip((nodes[0], nodes[-1]), (0, len(_COLUMNS) - 1), strict=True)
            self.dataChanged.emit(*(self.createIndex(node.row, column, node) for node, column in ends))

    def _keys_of(self, node: FailureNode) -> tuple[Any, ...]:
        """Return what a row is sorted by, for each column; notes stand above the handlers of their group."""
        if node.note:
            return ("", "", "", "", *(_ABOVE - node.row for _ in range(4)), "")
        if node.heading:
            counted_below = _counted_below(node)
            count = sum(below.count for below in counted_below)
            first, last = min(below.first for below in counted_below), max(below.last for below in counted_below)
            return (node.heading.lower(), "", "", "", count, count, first, last, "")
        counted = node.group if node.part is None else node.part
        assert counted is not None  # noqa: S101 - as above
        texts = [self._text(node, column).lower() for column in (TYPE, MESSAGE, PLACE, HANDLER)]
        return (*texts, counted.count, counted.count, counted.first, counted.last, self._text(node, VERDICT))

    def _handler(self, group: FailureGroup) -> str:
        label = self._journal.handlers[min(group.handlers)].label
        return label if len(group.handlers) == 1 else f"{label} and {len(group.handlers) - 1} more"


def _grown(nodes: Sequence[FailureNode]) -> list[FailureNode]:
    """Return the rows of handlers to which something has come since they were told."""
    return [node for node in nodes if node.part is not None and node.part.count != node.keys[COUNT]]


def _counted_below(node: FailureNode) -> list[FailureGroup | FailurePart]:
    """Return what is counted below a heading."""
    counted = (child.part or child.group for child in node.children)
    return [below for below in counted if below is not None]


def _count_words(count: int, by_fault: int) -> str:
    """Return how many there are; those by fault stand apart."""
    own = [format_count(count - by_fault)] if count > by_fault else []
    return " · ".join([*own, f"⚡ {format_count(by_fault)}"] if by_fault else own)


def kind(group: FailureGroup) -> str:
    """Return what the failures of a group are, wherever they happened: ``KeyError``, ``timed out``."""
    status = group.status.replace("_", " ")
    if not group.type:
        return status
    return group.type if group.status == "failed" else f"{group.type} ({status})"


def title(group: FailureGroup) -> str:
    """Return what a group is called: the type of its exception, else how it ended and where."""
    return kind(group) if group.type else f"{kind(group)} in {group.place.function}"


def place(group: FailureGroup) -> str:
    """Return where a group went wrong, short: ``audit.py:41 in handle``, or ``in handle and 2 more``."""
    where, more = group.place, len(group.functions) - 1
    if not where.file:
        return where.function
    return f"{PurePath(where.file).name}:{where.line} in {where.function}{f' and {more} more' if more > 0 else ''}"


def short_title(text: str) -> str:
    """Return a title without what its glyph says, too: ``ConnectionError`` of ``ConnectionError (swallowed)``."""
    return text.partition(" (")[0]


def short_place(text: str) -> str:
    """Return a place without the class: ``audit.py:41 in handle`` of ``audit.py:41 in AuditHandler.handle``."""
    file, within, function = text.partition(" in ")
    return f"{file}{within}{function.rpartition('.')[2]}"


def shortest_place(text: str) -> str:
    """Return the file and line of a place alone, where it has them: ``audit.py:41``."""
    return text.partition(" in ")[0] or text
