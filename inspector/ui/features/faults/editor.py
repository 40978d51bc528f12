"""The form of a rule: event, handler, what goes wrong, and how often."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QWidget

from inspector.app.text import plural
from inspector.core.errors import UsageError
from inspector.core.faults import FAULT_KINDS, FaultRule
from inspector.ui.kit.buttons import Button
from inspector.ui.kit.layouts import form, hbox, vbox
from inspector.ui.kit.spins import CountBox, DecimalBox
from inspector.ui.kit.text import PlainLabel, set_tone

if TYPE_CHECKING:
    from collections.abc import Callable

    from inspector.analysis.journal import Journal
    from inspector.ui.kit.theme import Theme

_MARGINS: Final = (18, 16, 18, 14)
_WORDS: Final = {
    "fail": "Raise an exception",
    "slow": "Delay",
    "hang": "Hang until the timeout",
    "swallow": "Swallow an exception",
    "cancel": "Cancel",
    "drop": "Drop: do not call the handler",
}
#: Exceptions that are offered; any other can be written.
_ERRORS: Final = (
    "RuntimeError: injected fault",
    "TimeoutError: no answer",
    "ConnectionError: connection lost",
    "ValueError: invalid value",
    "PermissionError: not allowed",
    "OSError: disk full",
)
_ANY: Final = "*"


class FaultDialog(QDialog):
    """Asks for a rule.

    Args:
        theme: Its look.
        journal: Whose events and handlers are offered.
        rule: What is edited; None makes a new one.
        about: Event and handler of a new one, empty for any.
        done: Called once with the rule, None when the person gave up.
        parent: The window.
    """

    def __init__(
        self,
        theme: Theme,
        journal: Journal,
        rule: FaultRule | None,
        about: tuple[str, str],
        done: Callable[[FaultRule | None], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Edit Fault" if rule is not None else "Add Fault")
        self.setMinimumWidth(480)
        self._journal = journal
        self._before = rule or FaultRule(about[1] or _ANY, about[0] or _ANY, "fail")
        self.event_box = _combo("Event", [_ANY, *sorted(event.name for event in journal.events)], self._before.event)
        labels = sorted({handler.label for handler in journal.handlers})
        owners = sorted({f"{handler.owner}.*" for handler in journal.handlers if handler.owner})
        self.handler = _combo("Handler", [_ANY, *owners, *labels], self._before.handler)
        self.kind = QComboBox()
        self.kind.setAccessibleName("What happens")
        for kind in FAULT_KINDS:
            self.kind.addItem(_WORDS[kind], kind)
        self.kind.setCurrentIndex(FAULT_KINDS.index(self._before.kind))
        self.error = _combo("Exception", _ERRORS, self._before.error)
        self.delay = _spin("Delay", 0.0, 3_600.0, self._before.delay, " s")
        self.every = CountBox()
        self.every.setRange(1, 1_000_000)
        self.every.setValue(self._before.every)
        self.every.setAccessibleName("Every n-th execution")
        self.probability = _spin("Probability", 0.01, 1.0, self._before.probability, "")
        for spin in (self.delay, self.every, self.probability):
            spin.lineEdit().setTextMargins(6, 0, 0, 0)
        titles = ("Event", "Handler", "What happens", "Exception", "Seconds", "Every n-th", "Probability")
        fields = (self.event_box, self.handler, self.kind, self.error, self.delay, self.every, self.probability)
        self._rows = [(PlainLabel(title), field) for title, field in zip(titles, fields, strict=True)]
        self.verdict = PlainLabel("", "dim", wrap=True)
        self.ok = Button(theme, "Save" if rule is not None else "Add", "bolt", kind="primary", on_click=self.accept)
        self.ok.setDefault(True)
        buttons = hbox(1, Button(theme, "Cancel", on_click=self.reject), self.ok, spacing=-1)
        vbox(form(*self._rows), self.verdict, buttons, owner=self, margins=_MARGINS, spacing=12)
        for box in (self.event_box, self.handler, self.error):
            box.editTextChanged.connect(lambda _: self._tell())
        self.kind.currentIndexChanged.connect(lambda _: self._tell())
        for spin in (self.delay, self.every, self.probability):
            spin.valueChanged.connect(lambda _: self._tell())
        self.accepted.connect(lambda: done(self.rule()))
        self.rejected.connect(lambda: done(None))
        self._tell()

    def rule(self) -> FaultRule:
        """Return what is asked for.

        Raises:
            UsageError: It is no rule.
        """
        kind = str(self.kind.currentData())
        more: dict[str, Any] = {}
        if kind in ("fail", "swallow"):
            more["error"] = self.error.currentText().strip() or self._before.error
        if kind == "slow":
            more["delay"] = self.delay.value()
        return replace(
            FaultRule(self.handler.currentText().strip(), self.event_box.currentText().strip(), kind),
            every=self.every.value(),
            probability=round(self.probability.value(), 4),
            **more,
        )

    def _tell(self) -> None:
        """Show what the rule is about, or what is wrong with it."""
        kind = self.kind.currentData()
        shown = {self.error: kind in ("fail", "swallow"), self.delay: kind == "slow"}
        for caption, field in self._rows:
            for widget in (caption, field):
                widget.setVisible(shown.get(field, True))
        try:
            rule = self.rule()
        except UsageError as error:
            self._say(error.text, "failed", possible=False)
            return
        labels = {handler.key: handler.label for handler in self._journal.handlers}
        count = sum(
            rule.fits(labels.get(key, key), event.name) for event in self._journal.events for key in event.handlers
        )
        if count:
            self._say(f"{rule.how[:1].upper()}{rule.how[1:]} · {plural(count, 'subscription')}", "dim", possible=True)
        else:
            self._say("No matching handlers yet.", "warn", possible=True)

    def _say(self, text: str, tone: str, *, possible: bool) -> None:
        self.verdict.setText(text)
        set_tone(self.verdict, tone)
        self.ok.setEnabled(possible)


def _combo(name: str, texts: Any, text: str) -> QComboBox:
    box = QComboBox()
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    box.addItems(list(texts))
    box.setCurrentText(text)
    box.setAccessibleName(name)
    line = box.lineEdit()
    if isinstance(line, QLineEdit):
        line.setAccessibleName(name)
    return box


def _spin(name: str, least: float, most: float, value: float, suffix: str) -> DecimalBox:
    spin = DecimalBox()
    spin.setRange(least, most)
    spin.setDecimals(2)
    spin.setSingleStep(0.05)
    spin.setSuffix(suffix)
    spin.setValue(value)
    spin.setAccessibleName(name)
    return spin
