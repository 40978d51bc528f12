"""The catalog: where events are found, chosen and fired from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from inspector.app.commands import Command
from inspector.ui.feature import Feature, Parts
from inspector.ui.kit.menus import MenuItem

if TYPE_CHECKING:
    from inspector.analysis.entries import Change
    from inspector.app.checking import Checked
    from inspector.ui.context import Context
    from inspector.ui.features.catalog.panel import CatalogPanel
    from inspector.ui.first_frame import FirstFrame

#: Settings: what is open in the tree, and the event that was selected last.
_OPEN: Final = "catalog.open"
_EVENT: Final = "catalog.event"


def first_frame(frame: FirstFrame) -> CatalogPanel:
    """Make the catalog, with the rows that are known without the program."""
    from inspector.ui.features.catalog.panel import CatalogPanel

    panel = CatalogPanel(frame.theme, frame.selection)
    remembered = frame.settings.strings(_OPEN)
    if remembered:
        panel.set_expanded(remembered)
    if frame.catalog is not None:
        panel.preview(frame.catalog)
        panel.choose_event(frame.settings.text(_EVENT))
    return panel


def make(context: Context) -> Parts:
    """Connect the catalog of a window."""
    from inspector.app.faults import affected_events
    from inspector.catalog.findings import marks
    from inspector.ui.features.catalog.panel import CatalogPanel

    def fire_now(name: str) -> None:
        if context.shell.answers:
            context.fire_wanted.emit(name)
        else:  # there is nothing yet that could be fired
            context.shell.run_later("fire.selected")

    panel = context.first_panels[FEATURE.id]
    assert isinstance(panel, CatalogPanel)  # noqa: S101 - ``first_frame`` made it
    panel.fire_requested.connect(context.form_wanted)
    panel.fire_now_requested.connect(fire_now)
    context.event_wanted.connect(panel.reveal)
    panel.reading_requested.connect(lambda: context.commands.run("spec.show"))

    def built() -> None:
        panel.set_fire_shortcut(context.shortcut("fire.selected"))
        panel.take_keyboard()

    def choose() -> None:
        panel.choose_event(context.settings.text(_EVENT))

    def folded(change: Change) -> None:
        if change.catalog:
            choose()

    def mark(checked: Checked | None) -> None:
        panel.model.set_marks(marks(checked.findings) if checked is not None else {})

    def remember() -> None:
        context.settings.set(_OPEN, panel.expanded())
        context.settings.set(_EVENT, context.selection.event_name)

    def find() -> None:
        context.raise_panel(FEATURE.id)
        panel.focus_search()

    def go_to(event: str) -> None:
        context.selection.select_event(event)
        panel.show_all()
        panel.reveal(event)
        context.shell.focus_panel(FEATURE.id)

    def go_to_handler(number: int, label: str) -> None:
        context.selection.select_handler(number)
        context.shell.focus_panel(FEATURE.id)
        panel.search.setText(label)

    def events() -> list[MenuItem]:
        journal = context.journal
        names = [event.name for event in journal.events] if journal is not None else []
        return [MenuItem(name, partial(go_to, name), icon="event", hint="event") for name in names]

    def handlers() -> list[MenuItem]:
        journal = context.journal
        numbered = enumerate(journal.handlers) if journal is not None else ()
        return [
            MenuItem(handler.label, partial(go_to_handler, number, handler.label), icon="code", hint="handler")
            for number, handler in numbered
        ]

    def actions() -> list[MenuItem]:
        return [
            MenuItem("Catalog: Expand All", panel.tree.expandAll, icon="plus", hint="action"),
            MenuItem("Catalog: Collapse All", panel.tree.collapseAll, icon="minus", hint="action"),
        ]

    def show_faults() -> None:
        journal, rules = context.journal, context.workbench.rules_in_view
        panel.set_struck(affected_events(journal, rules) if journal is not None else ())

    context.workbench.faults.listen(show_faults)
    context.view_shown.connect(show_faults)
    context.built.connect(built)
    context.view_shown.connect(choose)
    context.folded.connect(folded)
    context.checked.connect(mark)
    context.closing.connect(remember)
    return Parts(
        panel,
        commands=(
            Command(
                "catalog.find",
                "Find Event…",
                find,
                "Edit",
                "find",
                ("Ctrl+E",),
                "search",
                "Focus the catalog filter",
            ),
        ),
        finds=(events, handlers, actions),
    )


FEATURE: Final = Feature("catalog", "Catalog", "tree", "left", make, first_frame)
