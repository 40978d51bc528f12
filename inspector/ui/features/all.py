"""The features of the window: a line each.

The order counts: panels of one area are tabs in it, and commands of one menu stand in it.
"""
# ruff: noqa: F401 - that a feature is imported here is what makes it one of the window's

from __future__ import annotations

from typing import Final

from inspector.ui.feature import Feature

# isort: off
from inspector.ui.features.event.feature import FEATURE as EVENT
from inspector.ui.features.fire.feature import FEATURE as FIRE
from inspector.ui.features.execution.feature import FEATURE as EXECUTION
from inspector.ui.features.causality.feature import FEATURE as CAUSALITY
from inspector.ui.features.compare.feature import FEATURE as COMPARE
from inspector.ui.features.catalog.feature import FEATURE as CATALOG
from inspector.ui.features.log.feature import FEATURE as LOG
from inspector.ui.features.failures.feature import FEATURE as FAILURES
from inspector.ui.features.losses.feature import FEATURE as LOSSES
from inspector.ui.features.latency.feature import FEATURE as LATENCY
from inspector.ui.features.findings.feature import FEATURE as FINDINGS
from inspector.ui.features.output.feature import FEATURE as OUTPUT
from inspector.ui.features.conformance.feature import FEATURE as CONFORMANCE
from inspector.ui.features.faults.feature import FEATURE as FAULTS
from inspector.ui.features.spec.feature import FEATURE as SPEC
from inspector.ui.features.project.feature import FEATURE as PROJECT
from inspector.ui.features.run.feature import FEATURE as RUN
from inspector.ui.features.sessions.feature import FEATURE as SESSIONS
from inspector.ui.features.processes.feature import FEATURE as PROCESSES
from inspector.ui.features.tests.feature import FEATURE as TESTS
from inspector.ui.features.timeline.feature import FEATURE as TIMELINE
from inspector.ui.features.retry.feature import FEATURE as RETRY
from inspector.ui.features.tasks.feature import FEATURE as TASKS
from inspector.ui.features.preferences.feature import FEATURE as PREFERENCES
from inspector.ui.features.help.feature import FEATURE as HELP
# isort: on

FEATURES: Final = tuple(value for value in vars().values() if isinstance(value, Feature))
