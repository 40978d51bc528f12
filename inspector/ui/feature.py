"""What a feature of the window is: a manifest, and what it brings into a window."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from PySide6.QtWidgets import QWidget

    from inspector.app.commands import Command
    from inspector.ui.context import Context
    from inspector.ui.first_frame import FirstFrame
    from inspector.ui.kit.menus import MenuProvider

#: Where a panel stands at first: docked at a side, or between them. ``""`` is for a feature without a panel.
Area = Literal["left", "right", "bottom", "centre", ""]


@dataclass(frozen=True)
class Parts:
    """What one feature has brought into one window.

    Attributes:
        panel: Its panel, most often a ``JournalPanel``; None when the feature has none.
        commands: What it can be asked for. Menus, palette, shortcuts and the ``?`` sheet are made from them. Shortcuts
            of a command whose ``scope`` is the feature's id work while the keyboard is in the panel.
        gestures: What the mouse does in the panel, for the ``?`` sheet: gesture and effect.
        start: Awaited when the window is shown and the sessions database is open; False: there is nothing to show.
        stop: Awaited before the sessions database is closed, to end what is under way.
        menus: What buttons of the bar and commands in the menus open, filled when they open: ``session``, or the id of
            the command.
        offered: Returns whether something can be done in the panel now; while not, it has no tab. None: always.
        finds: What the palette finds besides the commands, listed whenever it opens: name, what choosing it does, and
            as hint what it is (``event``).
    """

    panel: QWidget | None = None
    commands: Sequence[Command] = ()
    gestures: Sequence[tuple[str, str]] = ()
    start: Callable[[], Awaitable[bool]] | None = None
    stop: Callable[[], Awaitable[None]] | None = None
    menus: Mapping[str, MenuProvider] = field(default_factory=dict)
    finds: Sequence[MenuProvider] = ()
    offered: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Feature:
    """A feature of the window: one folder below ``inspector/ui/features``, whose ``feature.py`` holds one as FEATURE.

    Nothing else in the program imports the folder but the list, ``inspector/ui/features/all.py``. Features do not
    import one another: they talk through the context.

    Attributes:
        id: Stable name: the layout is saved under it, and ``panel.<id>`` opens and closes the panel.
        title: What its tab and the View menu say.
        icon: Name of the icon of its command.
        area: Where its panel stands at first.
        make: Makes what it brings into a window; called once for each window. It imports what it needs, so that the
            window need not wait for modules that its first frame does not show.
        first_frame: Makes what the first frame shows of it, of the least that has to be loaded: a panel that ``make``
            takes over (``Context.first_panels``) or replaces, or a button's command; None for no panel. Features that
            have it are made as soon as that frame has been painted, all others after them.
        late: Its panel is numbered after all others, so that the keys of those stay what people know.
    """

    id: str
    title: str
    icon: str
    area: Area
    make: Callable[[Context], Parts]
    first_frame: Callable[[FirstFrame], QWidget | None] | None = None
    late: bool = False
