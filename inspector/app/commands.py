"""Commands as data: menus, top bar, palette, shortcuts and the ``?`` sheet are all made from one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import CoroutineType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from inspector.app.notices import Notices
    from inspector.app.tasks import TaskOwner

#: The order of the menus; others come before the last.
MENU_ORDER: Final = ("File", "Edit", "Fire", "Session", "Timeline", "View", "Help")
#: Menus of which a list of everything speaks last.
_ASIDE: Final = ("File", "Edit", "View", "Help", "")
#: The scope of commands that work wherever the focus is.
WINDOW: Final = "window"


@dataclass(frozen=True)
class Command:
    """One thing the program can do.

    Attributes:
        id: Stable name, dotted: ``fire.selected``.
        title: What it does, in the imperative; menus and the palette show it.
        run: Does it. May return a coroutine, which is then run by the task owner.
        menu: The menu it stands in; empty when in none (the palette has it all the same).
        section: Commands of one section stand together between two lines of a menu.
        shortcuts: Portable key texts, ``Ctrl+Return``; the first is shown.
        icon: Name of an icon.
        tooltip: More than the title says, one sentence.
        scope: ``window``, or the panels (their names, with spaces between) of which one must have the focus for the
            shortcuts to work.
        label: A title that changes, when it does.
        blocked: The reason why it cannot be done now; an empty text when it can.
        checked: Makes it a switch and says whether it is on.
        share: How much is done of what runs, 0 to 1; None when nothing does. The command stops it then.
        present: Says whether it can be done here at all; where it cannot, nothing shows it.
        listed: Lists of all commands have it; a button alone has what another command does under another name.
    """

    id: str
    title: str
    run: Callable[[], object]
    menu: str = ""
    section: str = ""
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tooltip: str = ""
    scope: str = WINDOW
    label: Callable[[], str] | None = None
    blocked: Callable[[], str] | None = None
    checked: Callable[[], bool] | None = None
    share: Callable[[], float | None] | None = None
    present: Callable[[], bool] | None = None
    listed: bool = True

    @property
    def scopes(self) -> frozenset[str]:
        """The names in ``scope``."""
        return frozenset(self.scope.split())


Listener = Callable[[frozenset[str]], None]


class CommandTable:
    """All commands by id, in the order in which they were added.

    Args:
        notices: Where it is reported when a command fails or is asked for while blocked.
        tasks: Runs what a command's coroutine does.
    """

    def __init__(self, notices: Notices, tasks: TaskOwner) -> None:
        self._notices = notices
        self._tasks = tasks
        self._commands: dict[str, Command] = {}
        self._listeners: list[Listener] = []
        self._stand_ins: set[str] = set()

    def add(self, *commands: Command) -> None:
        """Add commands.

        Raises:
            ValueError: An id is there already, or a shortcut is taken in the same scope (or in the window's).
        """
        for command in commands:
            if command.id in self._commands and command.id not in self._stand_ins:
                raise ValueError(f"there is a command {command.id} already")
            self._stand_ins.discard(command.id)
            for shortcut in command.shortcuts:
                other = self._holder(shortcut, command.scopes)
                if other is not None and other.id != command.id:
                    raise ValueError(f"{shortcut} of {command.id} belongs to {other.id}")
            self._commands[command.id] = command
        self._tell(frozenset(command.id for command in commands))

    def stand_in(self, command: Command) -> None:
        """Add a command that stands in for one of this id, which may be added later and takes its place."""
        self.add(command)
        self._stand_ins.add(command.id)

    def arrange(self, command_ids: Sequence[str]) -> None:
        """Put these commands before all others but those of the panels, in this order: menus and palette follow it."""
        panels = [command_id for command_id in self._commands if command_id.startswith("panel.")]
        order = dict.fromkeys([*panels, *command_ids, *self._commands])
        self._commands = {command_id: self._commands[command_id] for command_id in order}

    def get(self, command_id: str) -> Command:
        """Return the command.

        Raises:
            KeyError: There is none of this id.
        """
        return self._commands[command_id]

    def __contains__(self, command_id: object) -> bool:
        return command_id in self._commands

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands.values())

    def __len__(self) -> int:
        return len(self._commands)

    def by_use(self) -> list[Command]:
        """Return all commands: what is done with events first, then the window's own, in the order of the menus."""
        return sorted(self._commands.values(), key=lambda command: (command.menu in _ASIDE, _rank(command.menu)))

    def title(self, command_id: str) -> str:
        """Return the title as it is now."""
        command = self._commands[command_id]
        return command.label() if command.label is not None else command.title

    def reason(self, command_id: str) -> str:
        """Return the reason why the command cannot be run now, empty when it can."""
        command = self._commands[command_id]
        return command.blocked() if command.blocked is not None else ""

    def present(self, command_id: str) -> bool:
        """Return whether the command is to be shown."""
        command = self._commands[command_id]
        return command.present is None or command.present()

    def enabled(self, command_id: str) -> bool:
        """Return whether the command can be run now."""
        return not self.reason(command_id)

    def checked(self, command_id: str) -> bool:
        """Return whether the switch is on; False for what is no switch."""
        command = self._commands[command_id]
        return command.checked() if command.checked is not None else False

    def run(self, command_id: str) -> bool:
        """Run the command and say whether it ran; a blocked or failing one becomes a notice.

        Raises:
            KeyError: There is none of this id.
        """
        command = self._commands[command_id]
        reason = self.reason(command_id)
        if reason:
            self._notices.info(f"{command.title} is not available now.", reason)
            return False
        try:
            outcome = command.run()
            if isinstance(outcome, CoroutineType):
                self._tasks.start(command.title, outcome)
        except Exception as error:  # noqa: BLE001  (a command is where a person's wish meets the program: told, never raised)
            self._notices.report(error, command.title)
            return False
        if command.checked is not None:
            self.changed(command_id)
        return True

    def changed(self, *command_ids: str) -> None:
        """Notify listeners that label, reason or switch of these commands (none named: of all) may have changed."""
        self._tell(frozenset(command_ids or self._commands))

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with the ids of commands whose state changed; return the way to stop it."""
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def menus(self) -> list[tuple[str, list[list[Command]]]]:
        """Return the menus in their order; each is a list of sections, each a list of commands."""
        menus: dict[str, dict[str, list[Command]]] = {}
        for command in self._commands.values():
            if command.menu:
                menus.setdefault(command.menu, {}).setdefault(command.section, []).append(command)
        names = sorted(menus, key=_rank)
        return [(name, list(menus[name].values())) for name in names]

    def _holder(self, shortcut: str, scopes: frozenset[str]) -> Command | None:
        """Return the command that would answer to the shortcut in one of these scopes too."""
        for command in self._commands.values():
            if shortcut in command.shortcuts and (command.scopes & scopes or WINDOW in command.scopes | scopes):
                return command
        return None

    def _tell(self, command_ids: frozenset[str]) -> None:
        for listener in list(self._listeners):
            listener(command_ids)


def _rank(menu: str) -> float:
    """Return the place of a menu; one that is not in the order stands before the last."""
    return MENU_ORDER.index(menu) if menu in MENU_ORDER else len(MENU_ORDER) - 1.5
