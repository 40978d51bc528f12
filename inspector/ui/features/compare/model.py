"""A comparison as a tree: groups, and in each a row for every value in which A and B differ."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt

from inspector.analysis.comparison import FieldDifference, field_name, filter_text
from inspector.analysis.paths import MOST_STEPS, compare_paths
from inspector.app.comparing import TIMINGS, path_words, share_words, step_words, timings, value_words
from inspector.app.text import format_count, format_duration, format_offset, one_line, plural
from inspector.core.records.numbers import NO_EXECUTION, ExecutionIndex
from inspector.ui.kit.rows import Role, TreeModel, TreeNode

if TYPE_CHECKING:
    from PySide6.QtCore import QPersistentModelIndex

    from inspector.analysis.comparison import Comparison
    from inspector.analysis.journal import Journal
    from inspector.app.comparing import ComparedExecutions

    Index = QModelIndex | QPersistentModelIndex

NAME, A, B = range(3)
SEPARATING, OTHERS, CHANGING, SAME = "separating", "others", "changing", "same"
PATH, TIMING = "path", "timing"
_ROOT: Final = QModelIndex()
#: An event and its one handler are no path.
_SHORTEST_PATH: Final = 3
_TITLES: Final = ("Field", "A", "B")


@dataclass(eq=False)
class ComparedRow(TreeNode):
    """A group, or a row in one.

    Attributes:
        group: Which group it is, or is in.
        texts: What stands in the columns.
        values: The values of A and B as JSON text, None for none; empty where it is not about values.
        notes: What stands below the values of A and B.
        shares: How long the bars below them are, 0 to 1; empty for no bars.
        marked: It is in every failure and in no pass; of the times, the part that explains most.
        filters: The filters for A's value and for B's, empty where there is none.
        steps: Of a path the executions of A and B, ``NO_EXECUTION`` for none.
        tones: Of a path the colours of A and B.
        mark: What ``marked`` says to who cannot see it.
    """

    group: str
    texts: tuple[str, str, str]
    values: tuple[str | None, ...] = ()
    notes: tuple[str, str] = ("", "")
    shares: tuple[float, ...] = ()
    marked: bool = False
    filters: tuple[str, str] = ("", "")
    steps: tuple[ExecutionIndex, ...] = ()
    tones: tuple[str, ...] = ()
    mark: str = ""

    @property
    def is_group(self) -> bool:
        """It is a group."""
        return self.parent is not None and self.parent.parent is None


class ComparisonModel(TreeModel[ComparedRow]):
    """What separates two executions, what else differs, what does not, and where their time went."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(ComparedRow("", ("", "", "")), len(_TITLES), parent)
        self.strongest: ComparedRow | None = None

    def show_none(self) -> None:
        """Show nothing."""
        self._set([])

    def show_compared(self, journal: Journal, compared: ComparedExecutions) -> None:
        """Show a comparison."""
        groups: list[tuple[ComparedRow, list[ComparedRow]]] = []
        comparison = compared.comparison
        if comparison is None:
            groups.append((_group(SEPARATING, f"The values of {compared.missing} are not recorded."), []))
        else:
            groups += _value_groups(comparison)
        groups += _path_groups(journal, compared)
        groups += _timing_groups(journal, compared)
        self._set(groups)

    def _set(self, groups: list[tuple[ComparedRow, list[ComparedRow]]]) -> None:
        self.beginResetModel()
        self.root = ComparedRow("", ("", "", ""))
        for place, (group, rows) in enumerate(groups):
            group.parent, group.row = self.root, place
            self.root.children.append(group)
            for row, node in enumerate(rows):
                node.parent, node.row = group, row
                group.children.append(node)
        self.strongest = next((row for _, rows in groups for row in rows if row.group == SEPARATING), None)
        self.endResetModel()

    def group(self, name: str) -> QModelIndex:
        """Return the index of a group, an invalid one when there is none."""
        return self.index_of_node(next((node for node in self.root.children if node.group == name), None))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the title of a column."""
        shown = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return _TITLES[section] if shown and 0 <= section < len(_TITLES) else None

    def data(self, index: Index, role: int = 0) -> Any:
        """Return the text of a cell, what it says to who cannot see it, or whether it is marked."""
        if not index.isValid():
            return None
        node, column = self.node(index), index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return node.texts[column]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            note = node.notes[column - 1] if column else ""
            mark = node.mark if node.marked and not column else ""
            return ", ".join(part for part in (node.texts[column], note, mark) if part)
        if role == Role.TONE:
            return "warn" if node.marked else "dim" if node.is_group else ""
        return None


def _group(group: str, title: str, *columns: str) -> ComparedRow:
    a, b = columns or ("", "")
    return ComparedRow(group, (title, a, b))


def _value_groups(comparison: Comparison) -> list[tuple[ComparedRow, list[ComparedRow]]]:
    groups: list[tuple[ComparedRow, list[ComparedRow]]] = []
    if comparison.equal:
        groups.append((_group(SEPARATING, "Same in every value. Only the timing differs."), []))
    if comparison.separating:
        rows = [_telling(difference, comparison) for difference in comparison.separating]
        groups.append((_group(SEPARATING, "What separates them"), rows))
    if comparison.others:
        groups.append((_group(OTHERS, "Also different"), [_differing(OTHERS, field) for field in comparison.others]))
    if comparison.changing:
        verb = "differs" if len(comparison.changing) == 1 else "differ"
        title = f"{plural(len(comparison.changing), 'id or time', 'ids and times')} · {verb} every time"
        groups.append((_group(CHANGING, title), [_differing(CHANGING, field) for field in comparison.changing]))
    if comparison.same:
        rows = [
            ComparedRow(SAME, (one_line(field_name(path)), one_line(value), one_line(value)), (value, value))
            for path, value in comparison.same
        ]
        groups.append((_group(SAME, f"{plural(len(rows), 'value')} · same in A and B"), rows))
    return groups


def _differing(group: str, difference: FieldDifference) -> ComparedRow:
    a, b = (one_line(value_words(value, by_length=difference.by_length)) for value in (difference.a, difference.b))
    values = (difference.a, difference.b)
    filters = filter_text(difference.path, difference.a), filter_text(difference.path, difference.b)
    return ComparedRow(group, (one_line(difference.name), a, b), values, filters=filters)


def _telling(difference: FieldDifference, comparison: Comparison) -> ComparedRow:
    row = _differing(SEPARATING, difference)
    row.notes = share_words(difference, comparison)
    pairs = ((difference.failed, comparison.failed), (difference.passed, comparison.passed))
    row.shares = tuple(count / total if total else 0.0 for count, total in pairs)
    row.marked, row.mark = comparison.always(difference), comparison.always_words
    return row


def _path_groups(journal: Journal, compared: ComparedExecutions) -> list[tuple[ComparedRow, list[ComparedRow]]]:
    """Return the path, where there is more of it than the event and its handler."""
    path = compare_paths(journal, compared.a, compared.b)
    if len(path.pairs) < _SHORTEST_PATH:
        return []
    rows = []
    for pair in path.pairs:
        indent = " " * 3 * pair.step.depth
        texts = (
            indent + one_line(pair.step.name),
            step_words(pair.a) or "only in B",
            step_words(pair.b) or "only in A",
        )
        steps = tuple(NO_EXECUTION if step is None else step.execution for step in (pair.a, pair.b))
        tones = tuple(
            "dim" if step is None or step.status in ("", "ok") else f"{step.status}_text" for step in (pair.a, pair.b)
        )
        mark = "at or after the first difference"
        rows.append(ComparedRow(PATH, texts, steps=steps, tones=tones, marked=pair.differs, mark=mark))
    limit = f" · first {format_count(MOST_STEPS)} steps" if path.left_out else ""
    return [(_group(PATH, f"Path · {path_words(path)}{limit}"), rows)]


def _timing_groups(journal: Journal, compared: ComparedExecutions) -> list[tuple[ComparedRow, list[ComparedRow]]]:
    a, b = timings(journal, compared.a), timings(journal, compared.b)
    if a is None or b is None:
        return []
    scale = max(*a, *b, 1)
    most = max(range(1, len(TIMINGS)), key=lambda part: a[part] - b[part])
    rows = []
    for place, (name, first, second) in enumerate(zip(TIMINGS, a, b, strict=True)):
        texts = (name, format_duration(first), format_duration(second))
        notes = ("", f"A \N{MINUS SIGN} B {format_offset(first - second)}")
        marked = place == most and first > second
        rows.append(ComparedRow(TIMING, texts, notes=notes, shares=(first / scale, second / scale), marked=marked))
    return [(_group(TIMING, "Timing"), rows)]


def short_value(row: ComparedRow) -> str:
    """Return A's value of a row for a button: without quotes, cut; with its field where it is a number or a flag."""
    value = row.values[0] if row.values else None
    exact = json.loads(value) if value is not None else ""
    if isinstance(exact, str) and any(map(str.isalpha, exact)):
        return one_line(exact, 18)
    return one_line(f"{row.texts[0]} {exact if isinstance(exact, str) else value}".strip(), 24)
