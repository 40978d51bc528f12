"""The editor of a field is chosen by what the list of atoms says of its type."""

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QWidget

from inspector.app.valuetree import value_text
from inspector.core.description import FieldShape, TypeShape
from inspector.core.values.shape import describe_type
from inspector.core.values.snapshot import decode, snapshot
from inspector.core.values.table import BY_KIND
from inspector.ui.features.fire.editors import ChoiceEditor, FieldRow, LineEditor, make_editor
from inspector.ui.kit.fields import HiddenHint
from inspector.ui.kit.theme import Theme
from tests.atoms import COLOUR, Rgb, registered

Show = Callable[[QWidget], QWidget]


@pytest.mark.parametrize("kind", sorted(set(BY_KIND) - {"none"}))
def test_every_atom_has_an_editor(theme: Theme, show: Show, kind: str) -> None:
    atom = BY_KIND[kind]
    editor = make_editor(theme, FieldShape("thing", TypeShape(kind, kind), required=True))
    show(editor)
    if atom.choices:
        assert isinstance(editor, ChoiceEditor)
        assert [editor.box.itemText(index) for index in range(editor.box.count())] == list(atom.choices)
        return
    assert isinstance(editor, LineEditor)
    assert editor.line.placeholderText() == ("" if kind == "str" else atom.words)
    assert (editor.fresh is not None) == (atom.fresh is not None)


def test_a_new_atom_has_an_editor_and_is_shown_in_payloads(theme: Theme, show: Show) -> None:
    with registered(COLOUR):
        row = FieldRow(theme, FieldShape("colour", describe_type(Rgb), required=True))
        show(row)
        assert isinstance(row.editor, LineEditor)
        assert row.editor.line.placeholderText() == "a colour, like #1f77b4"
        assert value_text(decode(snapshot(Rgb(255, 0, 0)))) == ("#ff0000", "string")


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("gnp\u202egpj.exe", "⟨U+202E⟩"),
        ("a\u200bb", "⟨U+200B⟩"),
        ("\u2067right\u2069", "⟨U+2067⟩"),
        ("zwj\u200d", "⟨U+200D⟩"),
    ],
)
@pytest.mark.parametrize("kind", ["str", "dict"])
def test_hidden_characters_in_a_field_are_made_visible(
    theme: Theme, show: Show, kind: str, text: str, marker: str
) -> None:
    row = FieldRow(theme, FieldShape("thing", TypeShape(kind, kind), required=True))
    show(row)
    hint = row.findChild(HiddenHint)
    assert hint is not None
    row.editor.set_text("plain\tétoile")
    assert hint.isHidden()
    row.editor.set_text(text)
    assert hint.isVisible()
    assert marker in hint.text()
    row.editor.set_text("plain")
    assert hint.isHidden()
