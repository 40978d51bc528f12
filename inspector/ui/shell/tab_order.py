"""Where Tab goes: through the window as it is read, whatever was made first.

Qt goes from widget to widget in the order in which they were made. Fields of a form, links and rows come anew with
every event that is chosen: Tab reached them after everything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea, QSplitter, QWidget

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLayout


def stops(root: QWidget) -> Iterator[QWidget]:
    """Yield the widgets at which Tab stops in what can be seen of ``root``, in the order of its layouts."""
    if not root.isVisible() or not root.isEnabled():
        return
    if root.focusPolicy() & Qt.FocusPolicy.TabFocus and root.focusProxy() is None:
        yield root
    for part in _parts(root):
        yield from stops(part)


def go(parts: Sequence[QWidget], *, forward: bool, now: QWidget | None) -> bool:
    """Return the keyboard to the next or the previous stop, after the last one to the first.

    Args:
        parts: What is gone through, in this order.
        forward: To the next.
        now: What has the keyboard.

    Returns:
        Whether there was somewhere to go from here.
    """
    chain = [stop for part in parts for stop in stops(part)]
    at = now
    while at is not None and at not in chain:  # what was clicked may be no stop itself
        at = at.parentWidget()
    if at is None:
        return False
    following = chain[(chain.index(at) + (1 if forward else -1)) % len(chain)]
    following.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    around = following.parentWidget()
    while around is not None:
        if isinstance(around, QScrollArea):
            around.ensureWidgetVisible(following)
        around = around.parentWidget()
    return True


def _parts(widget: QWidget) -> list[QWidget]:
    """Return what is inside a widget: first what its layout or splitter holds, in its order."""
    inside = [child for child in widget.children() if isinstance(child, QWidget) and not child.isWindow()]
    if isinstance(widget, QSplitter):
        held = (widget.widget(place) for place in range(widget.count()))
        placed = [child for child in held if child is not None]
    else:
        layout = widget.layout()
        placed = list(_laid_out(layout)) if layout is not None else []
    return [*placed, *(child for child in inside if child not in placed)]


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if item is None:
            continue
        widget, inner = item.widget(), item.layout()
        if widget is not None:
            yield widget
        elif inner is not None:
            yield from _laid_out(inner)
