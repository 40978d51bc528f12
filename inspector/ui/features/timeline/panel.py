"""The timeline as a panel: head, canvas, minimap."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal

from inspector.analysis.timeline.groupings import GROUPINGS
from inspector.app.commands import Command
from inspector.app.text import format_count, format_duration, plural
from inspector.ui.features.timeline.actions import ACTIONS, shortcut_of
from inspector.ui.features.timeline.axis import RULER_HEIGHT
from inspector.ui.features.timeline.canvas import TimelineCanvas
from inspector.ui.features.timeline.controller import TimelineController
from inspector.ui.features.timeline.menus import lanes_menu
from inspector.ui.features.timeline.minimap import Minimap
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.kit.buttons import Button, IconButton
from inspector.ui.kit.fields import SearchField
from inspector.ui.kit.layouts import vbox
from inspector.ui.kit.menus import SEPARATOR, MenuItem
from inspector.ui.kit.widgets import SectionHeader
from inspector.ui.panel import JournalPanel

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from inspector.analysis.entries import Change
    from inspector.analysis.journal import Journal
    from inspector.analysis.timeline.index import ExecutionFilter
    from inspector.app.workbench import View
    from inspector.ui.kit.theme import Theme
    from inspector.ui.selection import Selection

#: The scope of the timeline's commands: the id of the feature.
SCOPE: Final = "timeline"


class TimelinePanel(JournalPanel):
    """The live timeline.

    Args:
        theme: Colours and fonts.
        selection: Shared with the other panels.
        fire: The next step offered while nothing was recorded; None offers none.
        clock: Seconds, monotonic.
        parent: The owner.

    Signals:
        state_changed: Something that a command's mark or title tells has changed.
        search_requested: A person wants to type a filter.
        filter_back_requested: A person wants the filter back that was in force before.
    """

    state_changed = Signal()
    search_requested = Signal()
    filter_back_requested = Signal()

    def __init__(
        self,
        theme: Theme,
        selection: Selection,
        *,
        fire: Callable[[], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, selection, parent)
        self._state: object = None
        self._span = -1
        self.controller = TimelineController(selection, clock, self._refresh)
        self.canvas = TimelineCanvas(theme, self.controller, verbs=lambda: self.verbs)
        self.minimap = Minimap(theme, self.controller)
        self._header = SectionHeader(theme, "Timeline")
        self._group = Button(theme, "By handler", kind="section")
        self._group.set_menu(self._group_menu)
        self._follow = Button(theme, "Following", kind="section", on_click=self.controller.toggle_follow)
        #: How many events there were when following was stopped.
        self._seen = 0
        self._hidden = Button(theme, "", kind="section", on_click=self.controller.lanes.show_all)
        self._hidden.set_tone("accent_text")
        self._hidden.hide()
        self._window = Button(theme, "", kind="section")
        self._window.set_menu(self._window_menu)
        self._find = SearchField(theme, "Find lane…", "↵")
        self._find.setMaximumWidth(200)
        self._find.textChanged.connect(self.controller.lanes.set_only)
        self._find.left.connect(self._leave_find)
        self._find.hide()
        self._find.returnPressed.connect(self._found)
        self.controller.find_lane_wanted.connect(self._open_find)
        self.controller.search_wanted.connect(self.search_requested)
        self.controller.filter_back_wanted.connect(self.filter_back_requested)
        self._fill_header()
        self.empty = EmptyState(
            *(theme, "timeline", "Nothing recorded yet", "Fire an event to see its handlers run."),
            None if fire is None else ("Fire event", fire),
            roomy=True,
        )
        self._over = vbox(self.empty, owner=self.canvas, margins=(0, RULER_HEIGHT, 0, 0))
        vbox(self._header, (self.canvas, 1), self.minimap, owner=self)
        self.setFocusProxy(self.canvas)
        self._refresh()

    # What the window calls.

    def show_view(self, view: View) -> None:
        """Show a session, live or as it is read."""
        self.set_journal(view.journal, live=view.live, records=view.records)

    def set_journal(self, journal: Journal, *, live: bool = True, records: int = 0) -> None:
        """Show a session.

        Args:
            journal: The run.
            live: It is still being recorded.
            records: How many records there will be when all of it has been read, 0 when nobody knows.
        """
        super().set_journal(journal)
        self._seen = len(journal.publications)
        self.controller.set_journal(journal, live=live, records=records)
        self._refresh()

    def execution_selected(self, index: int) -> None:  # noqa: ARG002 - both are looked up
        """Stop following, and bring what is selected into sight unless the timeline is being pointed at."""
        if self._selection.publication < 0:
            return
        self.controller.stand_still()
        if not self.canvas.underMouse():  # else it says where the selection is
            self.controller.reveal_selection()

    publication_selected = execution_selected

    def folded(self, change: Change) -> None:
        """Show what the journal has just folded."""
        self.controller.folded(change)

    def set_filter(self, chosen: ExecutionFilter | None, *, hide_others: bool | None = None) -> None:
        """Let only some executions through; the others are dimmed, or left out when asked to."""
        if hide_others is not None:
            self.controller.hide_others = hide_others
        self.controller.set_filter(chosen)

    def commands(self) -> tuple[Command, ...]:
        """Return what the timeline can do as commands; their shortcuts work while the focus is in it."""
        controller = self.controller
        switches: dict[str, Callable[[], bool]] = {
            "timeline.follow": lambda: controller.navigator.following,
            "timeline.measure": lambda: controller.measure.mode,
            "timeline.fold_gaps": lambda: controller.folding,
        }
        keyed = tuple(
            Command(
                *(action.id, action.title, partial(action.run, controller)),
                menu="Timeline",
                section=action.section,
                shortcuts=action.keys,
                scope=SCOPE,
                checked=switches.get(action.id),
            )
            for action in ACTIONS
        )
        grouped = tuple(
            Command(
                f"timeline.group.{name}",
                f"Group {title.lower()}",
                partial(self.controller.lanes.set_group, name),
                menu="Timeline",
                section="Group",
                checked=partial(self._grouped, name),
                blocked=self._one_process if name == "process" else None,
            )
            for name, title in GROUPINGS.items()
        )
        return keyed + grouped

    def palette_items(self) -> list[MenuItem]:
        """Return what its menus offer and no command does, for the palette."""
        items = [*lanes_menu(self.controller), *self._view_menu()]
        named = [replace(item, label=f"Timeline: {item.label}", hint="action") for item in items if not item.hint]
        spans = [replace(item, label=f"Timeline: Show {item.label}", hint="action") for item in self._window_menu()]
        return [*named, *spans]

    def set_fire_shortcut(self, text: str) -> None:
        """Set the keys that fire the first event, as the empty timeline names them."""
        self.empty.set("Nothing recorded yet", f"Fire an event: {text}")

    # The head.

    def _fill_header(self) -> None:
        for widget in (self._group, self._follow, self._find):
            self._header.add_left(widget)
        fit = Button(self._theme, "Fit", kind="section", on_click=self.controller.fit)
        fit.set_help(f"Zoom to session ({shortcut_of('timeline.fit')})")
        closer = IconButton(self._theme, "plus", f"Zoom in ({shortcut_of('timeline.zoom_in')})")
        wider = IconButton(self._theme, "minus", f"Zoom out ({shortcut_of('timeline.zoom_out')})")
        closer.clicked.connect(self.controller.zoom_in)
        wider.clicked.connect(self.controller.zoom_out)
        lanes = IconButton(self._theme, "more", "Lanes")
        lanes.set_menu(lambda: [*lanes_menu(self.controller), SEPARATOR, *self._view_menu()])
        self._hidden.set_help(f"Show all lanes ({shortcut_of('timeline.show_all')})")
        for widget in (self._hidden, self._window, fit, closer, wider, lanes):
            self._header.add_right(widget)
        self._follow.set_help(f"Follow live ({shortcut_of('timeline.follow')})")
        self._group.set_help("Group lanes")
        self._window.set_help("Visible time span")

    def _group_menu(self) -> list[MenuItem]:
        return [
            MenuItem(title, partial(self.controller.lanes.set_group, name), name == self.controller.source.group)
            for name, title in GROUPINGS.items()
            if name != "process" or self._journal.processes.several
        ]

    def _one_process(self) -> str:
        return "" if self._journal.processes.several else "The program is a single process"

    def _grouped(self, name: str) -> bool:
        return self.controller.source.group == name

    def _window_menu(self) -> list[MenuItem]:
        def show(span: int) -> None:
            controller = self.controller
            middle = controller.scene.gutter + controller.scene.view.width / 2
            controller.zoom_at(span / max(1, controller.navigator.view.span), middle)

        spans = (10**6, 10**7, 10**8, 10**9, 10 * 10**9, 60 * 10**9, 600 * 10**9)
        return [MenuItem(format_duration(span), partial(show, span)) for span in spans]

    def _view_menu(self) -> list[MenuItem]:
        canvas, controller = self.canvas, self.controller

        def toggle_wall() -> None:
            canvas.wall = not canvas.wall
            canvas.refresh()

        def toggle_others() -> None:
            controller.hide_others = not controller.hide_others
            canvas.refresh()

        return [
            MenuItem(
                "Fold idle gaps", controller.toggle_folds, controller.folding, hint=shortcut_of("timeline.fold_gaps")
            ),
            MenuItem("Show clock time", toggle_wall, canvas.wall),
            MenuItem("Hide non-matching", toggle_others, controller.hide_others),
            MenuItem(
                "Measure by dragging",
                controller.measure.toggle,
                controller.measure.mode,
                hint=shortcut_of("timeline.measure"),
            ),
        ]

    def numbers_changed(self) -> None:
        """Write the time window anew."""
        self._span = -1
        self._refresh()

    def _open_find(self) -> None:
        self._find.show()
        self._find.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._find.selectAll()

    def _found(self) -> None:
        if not self._find.text() or self.controller.lanes.go_to(self._find.text()):
            self._leave_find()

    def _leave_find(self) -> None:
        self._find.clear()
        self._find.hide()
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refresh(self) -> None:
        if self.layout() is None:  # still being made
            return
        controller = self.controller
        journal = controller.source.journal
        empty = not len(journal.publications) and not len(journal.executions)
        self.empty.setVisible(empty)
        self.minimap.setVisible(not empty)
        following = controller.navigator.following
        switches = (controller.measure.mode, controller.folding)
        state = (following, controller.source.group, switches)
        if state != self._state:
            self._state = state
            self._group.set_text(GROUPINGS[controller.source.group])
            self._follow.set_text("Following" if following else "Follow")
            self._follow.set_dot("accent" if following else "")
            self._follow.set_tone("accent_text" if following else "")
            self.state_changed.emit()
        if controller.navigator.view.span != self._span:
            self._span = controller.navigator.view.span
            self._window.set_text(f"{format_duration(self._span)} window")
        if following:
            self._seen = len(journal.publications)
        new = max(0, len(journal.publications) - self._seen) if controller.live else 0
        self._follow.set_hint(f"{format_count(new)} new" if new else "")
        hidden = controller.scene.layout.hidden
        self._hidden.set_text(f"{plural(hidden, 'lane')} hidden" if hidden else "")
        self._hidden.setVisible(hidden > 0)
        self.canvas.refresh()
        self.minimap.update()
