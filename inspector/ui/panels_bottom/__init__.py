"""The panels at the bottom of the window: log, failures, latency, sessions."""

from inspector.ui.panels_bottom.conformance import ConformancePanel
from inspector.ui.panels_bottom.failures import FailureSource, FailuresPanel
from inspector.ui.panels_bottom.findings import FindingsPanel
from inspector.ui.panels_bottom.latency import LatencyPanel
from inspector.ui.panels_bottom.log import LogPanel
from inspector.ui.panels_bottom.sessions import SessionsPanel

__all__ = [
    "ConformancePanel",
    "FailureSource",
    "FailuresPanel",
    "FindingsPanel",
    "LatencyPanel",
    "LogPanel",
    "SessionsPanel",
]
