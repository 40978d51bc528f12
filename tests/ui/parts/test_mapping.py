"""The form that asks which value goes where in an event that has changed."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from inspector.catalog.replay import FieldMapping, Replay
from inspector.core.description import FieldShape
from inspector.ui.kit.theme import Theme
from inspector.ui.parts.mapping import MappingDialog, ask_mapping
from tests.catalog.samples import INT, STR, UUID_SHAPE, event_of
from tests.patience import PATIENCE

ID = "0199a1b2-7c1d-7000-8000-00000000b81c"


def changed() -> Replay:
    remark, user = FieldShape("remark", STR, True), FieldShape("user_id", UUID_SHAPE, True)
    event = event_of("Asked", FieldShape("amount", INT, True), user, remark)
    unfit = {"user_id": "user_id must be a UUID"}
    return Replay(
        event, {"amount": 3, "user_id": "ada"}, ("token",), {"note": "hello", "token": None}, (remark,), unfit
    )


@pytest.fixture
def theme(qapp: QApplication) -> Theme:
    return Theme("light")


def test_nothing_is_left_out_silently_and_wrong_values_are_refused(theme: Theme, qapp: QApplication) -> None:
    dialog = MappingDialog(theme, changed(), "Retry")
    assert {name: label.text() for name, label in dialog.left_out.items()} == {
        "note": "is left out",
        "token": "is left out",
    }
    assert dialog.rows["user_id"].choice == "written"
    assert not dialog.ok.isEnabled()
    assert "user_id" in dialog.problem.text()
    dialog.rows["user_id"].value.setText(ID)
    dialog.rows["remark"].choose("note")
    assert dialog.left_out["note"].text() == "goes to remark"
    assert dialog.ok.isEnabled()
    expected = FieldMapping({"remark": "note"}, {"user_id": ID}, frozenset({"user_id", "remark", "note", "token"}))
    assert dialog.mapping() == expected
    dialog.rows["user_id"].choose("nothing")
    assert dialog.mapping().written == {}
    assert dialog.rows["user_id"].source.currentText() == "Synthetic value"
    dialog.close()


def test_a_field_that_was_renamed_is_proposed(theme: Theme, qapp: QApplication) -> None:
    remark = FieldShape("remark", STR, False, default="none")
    replay = Replay(event_of("Asked", remark), {}, (), {"note": "hello"}, (remark,))
    dialog = MappingDialog(theme, replay, "Fire")
    assert dialog.rows["remark"].choice == "note"
    assert dialog.ok.caption() == "Fire"
    other = Replay(event_of("Asked", remark), {}, (), {"note": 3}, (remark,))
    dialog.close()
    dialog = MappingDialog(theme, other, "Fire")
    assert dialog.rows["remark"].choice == "nothing"  # its type is another
    dialog.close()


async def test_it_is_awaited(theme: Theme, qapp: QApplication) -> None:
    parent = QWidget()
    remark = FieldShape("remark", STR, False, default="none")
    replay = Replay(event_of("Asked", remark), {}, (), {"note": "hello"}, (remark,))
    for accept in (True, False):
        answer = ask_mapping(theme, parent, replay, "Retry")
        dialog = parent.findChildren(MappingDialog)[-1]
        (dialog.accept if accept else dialog.reject)()
        mapping = await asyncio.wait_for(answer, PATIENCE)
        assert (mapping is not None) == accept
    parent.close()
