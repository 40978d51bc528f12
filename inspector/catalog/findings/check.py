"""The check: every rule over one program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from inspector.catalog.findings import (
    rules_audit,
    rules_classes,
    rules_names,
    rules_project,
    rules_source,
    rules_sse,
    rules_wiring,
)
from inspector.catalog.findings.model import SEVERITIES, Finding, Rule
from inspector.catalog.findings.settings import CheckSettings, check_rules_exist
from inspector.catalog.findings.subject import Subject

if TYPE_CHECKING:
    from inspector.core.description import CatalogDescription
    from inspector.core.facts import CatalogFacts
    from inspector.core.source import SourceScan

#: Every rule, by code.
RULES: Final[dict[str, Rule]] = {
    rule.code: rule
    for rule in (
        *rules_project.RULES,
        *rules_names.RULES,
        *rules_classes.RULES,
        *rules_wiring.RULES,
        *rules_audit.RULES,
        *rules_sse.RULES,
        *rules_source.RULES,
    )
}


def find(
    description: CatalogDescription,
    facts: CatalogFacts,
    source: SourceScan | None = None,
    settings: CheckSettings | None = None,
) -> list[Finding]:
    """Check a program. Pure: it may run on any thread, and nothing of the program is called.

    Args:
        description: What the program declares.
        facts: What is known of its classes and handlers; empty facts leave rules silent that need them.
        source: What stands in its source; None leaves those rules silent.
        settings: What the project says about its check.

    Returns:
        The findings that are not ignored: the worst first, then by code, file and line.

    Raises:
        UsageError: The settings name a rule that does not exist.
    """
    settings = settings or CheckSettings()
    # One table of exceptions serves both commands: rules of a run are known here, too.
    from inspector.catalog.conformance.rules import BY_CODE

    check_rules_exist(settings, [*RULES.values(), *BY_CODE.values()])
    subject = Subject(description, facts, source, settings)
    findings = [finding for rule in RULES.values() for finding in rule.check(subject)]
    return sorted(_without_ignored(findings, settings), key=_order)


def _without_ignored(findings: Iterable[Finding], settings: CheckSettings) -> list[Finding]:
    used: set[int] = set()
    rest: list[Finding] = []
    for finding in findings:
        fitting = [i for i, entry in enumerate(settings.ignore) if entry.fits(finding, RULES[finding.code].name)]
        used.update(fitting)
        if not fitting:
            rest.append(finding)
    rule = rules_project.unused_ignore
    for number, entry in enumerate(settings.ignore):
        if number not in used:
            text = f"{settings.where} ignores {entry.rule} for {entry.event}, but nothing matches."
            rest.append(Finding(rule.code, rule.severity, text, rule.fix, file=settings.file))
    return rest


def _order(finding: Finding) -> tuple[int, str, str, int, str, str]:
    severity = SEVERITIES.index(finding.severity)
    return severity, finding.code, finding.file, finding.line, finding.event, finding.message
