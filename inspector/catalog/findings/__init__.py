"""Findings: what is wrong in a catalog and its wiring, without running anything."""

from inspector.catalog.findings.check import RULES, find
from inspector.catalog.findings.model import SEVERITIES, SEVERITY_WORDS, Finding, Rule, Severity, marks, worst
from inspector.catalog.findings.report import as_json, as_sarif
from inspector.catalog.findings.settings import CheckSettings, Ignore, read_settings, settings_of_project

__all__ = [
    "RULES",
    "SEVERITIES",
    "SEVERITY_WORDS",
    "CheckSettings",
    "Finding",
    "Ignore",
    "Rule",
    "Severity",
    "as_json",
    "as_sarif",
    "find",
    "marks",
    "read_settings",
    "settings_of_project",
    "worst",
]
