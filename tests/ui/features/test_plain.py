"""Whatever a program or a payload says is shown as these very characters: no markup, no picture is loaded."""

import json
from dataclasses import asdict

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from inspector.core.description import CatalogDescription, EventDescription, FieldShape, HandlerDescription, TypeShape
from inspector.core.records.capture import Failure, Frame
from inspector.core.records.host import FireRefused, FireSettled
from inspector.core.values.snapshot import snapshot
from inspector.ui.features.catalog.panel import CatalogPanel
from inspector.ui.features.causality.panel import CausalityPanel
from inspector.ui.features.event.panel import EventPanel
from inspector.ui.features.execution.panel import ExecutionPanel
from inspector.ui.features.fire.panel import FirePanel
from inspector.ui.kit.theme import Theme
from inspector.ui.selection import Selection
from tests.catalog.runs import Run

CANARY = "<b>canary</b><img src='file:///nowhere'>"
EVENT = EventDescription(
    CANARY,
    CANARY,
    CANARY,
    category=CANARY + "1",
    workflow=CANARY + "2",
    phase=CANARY,
    doc=f"{CANARY}\n\n{CANARY}",
    file=CANARY,
    line=1,
    fields=(FieldShape(CANARY, TypeShape("str", CANARY), required=False, default=CANARY),),
    handlers=("k",),
    requires=(CANARY,),
    audit_action=CANARY,
)
HANDLER = HandlerDescription("k", CANARY, CANARY, CANARY, CANARY, CANARY, 1, is_async=False, doc=CANARY)
FAILURE = Failure(CANARY, "", CANARY, (Frame(CANARY, 1, CANARY, True, ((1, CANARY),), ((CANARY, CANARY),)),))


@pytest.fixture
def run() -> Run:
    run = Run(CatalogDescription(CANARY, (EVENT,), (HANDLER,)))
    number = run.publish(
        CANARY, payload=snapshot({CANARY: CANARY}), correlation=CANARY, metadata={CANARY: CANARY}, fire=1
    )
    execution = run.start(number, "k")
    run.note(execution, number, CANARY, CANARY, data=CANARY)
    run.end(execution, "failed", 1, json.dumps(asdict(FAILURE)))
    run.host(FireRefused, fire=1, reason=CANARY, hint=CANARY)
    run.host(FireSettled, fire=1, published=1)
    run.fold()
    return run


def every_widget(panel: QWidget) -> list[QWidget]:
    return [panel, *panel.findChildren(QWidget)]


@pytest.mark.parametrize("kind", [CatalogPanel, EventPanel, FirePanel, ExecutionPanel, CausalityPanel])
def test_nothing_is_taken_for_markup(kind: type, theme: Theme, selection: Selection, run: Run, show, qapp) -> None:
    panel = show(kind(theme, selection))
    panel.set_journal(run.journal)
    selection.select_event(CANARY)
    selection.select_execution(0, 0, CANARY, 0)
    if isinstance(panel, FirePanel):
        panel.fire_started(1)
    qapp.processEvents()
    panel.grab()
    for widget in every_widget(panel):
        if isinstance(widget, QLabel):
            assert widget.textFormat() == Qt.TextFormat.PlainText, widget.text()
        assert "<img" not in widget.toolTip(), widget
        assert "<b>" not in widget.toolTip(), widget


@pytest.mark.parametrize("kind", [CatalogPanel, EventPanel, FirePanel, ExecutionPanel, CausalityPanel])
def test_every_control_has_a_name(kind: type, theme: Theme, selection: Selection, run: Run, show, qapp) -> None:
    panel = show(kind(theme, selection))
    panel.set_journal(run.journal)
    selection.select_event(CANARY)
    selection.select_execution(0, 0, CANARY, 0)
    qapp.processEvents()
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSpinBox

    controls = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QSpinBox)
    for widget in every_widget(panel):
        if isinstance(widget, controls) and widget.isVisibleTo(panel) and widget.objectName() != "qt_spinbox_lineedit":
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert widget.accessibleName() or text, widget
