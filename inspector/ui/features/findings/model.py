"""Findings as a tree for Qt: rule → finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby
from pathlib import PurePath
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt

from inspector.app.text import one_line
from inspector.catalog.findings import RULES, SEVERITIES, SEVERITY_WORDS, Finding, Rule, Severity
from inspector.ui.kit.rows import Index, TreeModel, TreeNode

MESSAGE, EVENT, PLACE = range(3)
_TITLES: Final = ("Finding", "Event", "Place")


class FindingRole(IntEnum):
    """What the model answers beside the text: ``SEVERITY``, the ``COUNT`` below a rule (0 for a finding)."""

    SEVERITY = Qt.ItemDataRole.UserRole + 1
    COUNT = Qt.ItemDataRole.UserRole + 2


@dataclass(eq=False)
class FindingRow(TreeNode):
    """A row: a rule with its findings below, or a finding."""

    code: str
    severity: Severity
    finding: Finding | None = None

    def text(self, column: int) -> str:
        """Return the text of a cell."""
        if self.finding is None:
            return _rule_title(self.code) if column == MESSAGE else ""
        texts = {MESSAGE: self.finding.message, EVENT: self.finding.event, PLACE: short_place(self.finding)}
        return one_line(texts[column])


_NAMING: Final = "EV1"
#: Groups of rules by what they cost: wiring, the source, server-sent events, audit, classes, the check itself, names.
_COSTS: Final = ("EV3", "EV6", "EV5", "EV4", "EV2", "EV0", _NAMING)


class FindingsModel(TreeModel[FindingRow]):
    """Findings by rule; ``set_filter`` leaves some out.

    Args:
        parent: The owner.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(_root(), len(_TITLES), parent)
        self._findings: tuple[Finding, ...] = ()
        self._text = ""
        self._severities: frozenset[str] = frozenset(SEVERITIES)
        self._by, self._falling = -1, False

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort the findings of each rule by a column, and the rules by their first ones; -1: the worst first."""
        self._by, self._falling = column, order == Qt.SortOrder.DescendingOrder
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        nodes = [self.node(index) for index in before]
        self._arrange()
        pairs = zip(before, nodes, strict=True)
        self.changePersistentIndexList(before, [self.createIndex(node.row, i.column(), node) for i, node in pairs])
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        """Put the rows in the order that was asked for."""
        rules = self.root.children
        if self._by < 0:
            places = {id(finding): place for place, finding in enumerate(self._findings)}
            for rule in rules:
                rule.children.sort(key=lambda row: places[id(row.finding)])
            rules.sort(key=lambda rule: places[id(rule.children[0].finding)])
        else:
            for rule in rules:
                rule.children.sort(key=self._sort_key, reverse=self._falling)
            # Rules have a text in the first column only.
            whole = self._by == MESSAGE
            rules.sort(key=lambda rule: self._sort_key(rule if whole else rule.children[0]), reverse=self._falling)
        for rows in (rules, *(rule.children for rule in rules)):
            for place, row in enumerate(rows):
                row.row = place

    def _sort_key(self, row: FindingRow) -> tuple[str, int]:
        finding = row.finding
        if finding is not None and self._by == PLACE:
            return finding.file.casefold(), finding.line
        return row.text(self._by).casefold(), 0

    def set_findings(self, findings: Iterable[Finding]) -> None:
        """Show other findings: the worst first, and those first that cost most; else in the order of ``find``."""
        ranks = {severity: place for place, severity in enumerate(SEVERITIES)}
        self._findings = tuple(sorted(findings, key=lambda finding: (ranks[finding.severity], cost(finding.code))))
        self._rebuild()

    def set_filter(self, text: str, severities: Iterable[str] = SEVERITIES) -> None:
        """Show only findings of these severities that have every word of ``text`` somewhere."""
        self._text, self._severities = text.strip(), frozenset(severities)
        self._rebuild()

    @property
    def counts(self) -> dict[Severity, int]:
        """How many findings there are of each severity, shown or not."""
        return {severity: sum(finding.severity == severity for finding in self._findings) for severity in SEVERITIES}

    @property
    def shown(self) -> int:
        """How many findings the filter leaves."""
        return sum(len(row.children) for row in self.root.children)

    def finding(self, index: Index) -> Finding | None:
        """Return the finding of a row, None for a rule's."""
        return self.node(index).finding

    def rule(self, index: Index) -> Rule | None:
        """Return the rule of a row, or the rule that found it; None when it is not one of the check's."""
        return RULES.get(self.node(index).code)

    def index_of_event(self, event: str) -> QModelIndex:
        """Return the worst finding about an event; invalid when there is none."""
        rows = (row for rule in self.root.children for row in rule.children)
        return self.index_of_node(next((row for row in rows if row.finding and row.finding.event == event), None))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        """Return the title of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or a fact behind it (``FindingRole``)."""
        if not index.isValid():
            return None
        row = self.node(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text(index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{SEVERITY_WORDS[row.severity]}: {row.text(index.column())}"
        if role == FindingRole.SEVERITY:
            return row.severity
        return len(row.children) if role == FindingRole.COUNT else None

    def _rebuild(self) -> None:
        self.beginResetModel()
        wanted = self._text.lower().split()
        shown = (
            finding for finding in self._findings if finding.severity in self._severities and _has(finding, wanted)
        )
        root = self.root = _root()
        for (code, severity), group in groupby(shown, key=lambda finding: (finding.code, finding.severity)):
            rule = FindingRow(code, severity, parent=root, row=len(root.children))
            root.children.append(rule)
            for number, finding in enumerate(group):
                rule.children.append(FindingRow(code, severity, finding, parent=rule, row=number))
        self._arrange()
        self.endResetModel()


def is_naming(code: str) -> bool:
    """Return whether a rule is about names: worth a look, but nothing goes wrong by it."""
    return code.startswith(_NAMING)


def cost(code: str) -> int:
    """Return how soon a rule is to be read, 0 first: handlers that do not run cost most, names least."""
    return next((place for place, group in enumerate(_COSTS) if code.startswith(group)), len(_COSTS))


def _root() -> FindingRow:
    return FindingRow("", "information")


def short_place(finding: Finding) -> str:
    """Return where a finding stands, short: ``events.py:12``."""
    if not finding.file:
        return ""
    name = PurePath(finding.file).name
    return f"{name}:{finding.line}" if finding.line else name


def _rule_title(code: str) -> str:
    rule = RULES.get(code)
    return f"{code}  {rule.title}" if rule is not None else code


def _has(finding: Finding, wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    parts = (finding.code, _rule_title(finding.code), finding.message, finding.event, finding.handler, finding.file)
    text = "\n".join(parts).lower()
    return all(word in text for word in wanted)
