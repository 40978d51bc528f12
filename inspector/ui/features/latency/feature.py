"""Latency: how long handlers take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from inspector.ui.feature import Feature, Parts

if TYPE_CHECKING:
    from inspector.ui.context import Context
    from inspector.ui.kit.menus import MenuItem


def make(context: Context) -> Parts:
    """Make the latencies of a window."""
    from inspector.ui.features.latency.panel import LatencyPanel

    panel = LatencyPanel(context.theme, context.selection, context.notices)
    panel.execution_activated.connect(lambda _: context.raise_panel("execution"))
    panel.filter_requested.connect(context.set_filter)

    def actions() -> list[MenuItem]:
        return [replace(item, label=f"Latency: {item.label}", hint="action") for item in panel.export_items()]

    return Parts(panel, finds=(actions,))


FEATURE: Final = Feature("latency", "Latency", "chart", "bottom", make)
