"""Findings for programs: JSON of our own, and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from inspector.catalog.findings.model import Finding, Rule

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "information": "note"}


def as_json(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return ``{"findings": [{code, severity, message, fix, event, handler, file, line}]}``; None where unknown."""
    return {
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity,
                "message": finding.message,
                "fix": finding.fix,
                "event": finding.event or None,
                "handler": finding.handler or None,
                "file": finding.file or None,
                "line": finding.line or None,
            }
            for finding in findings
        ]
    }


def as_sarif(findings: Sequence[Finding], rules: Iterable[Rule], version: str, base: Path) -> dict[str, Any]:
    """Return the findings as a SARIF log with one run.

    Args:
        findings: What was found.
        rules: The rules that were applied.
        version: Version of the inspector.
        base: Files below this folder are named relative to it, as services that show SARIF expect.
    """
    listed = list(rules)
    places = {rule.code: index for index, rule in enumerate(listed)}
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {"name": "inspector", "version": version, "rules": [_rule(rule) for rule in listed]},
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {"SRCROOT": {"uri": f"{base.absolute().as_uri()}/"}},
                "results": [_result(finding, places, base.absolute()) for finding in findings],
            }
        ],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.explanation},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
    }


def _result(finding: Finding, places: dict[str, int], base: Path) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message} {finding.fix}"},
    }
    if finding.code in places:
        result["ruleIndex"] = places[finding.code]
    names = [
        {"name": name, "kind": kind} for name, kind in ((finding.event, "type"), (finding.handler, "function")) if name
    ]
    location: dict[str, Any] = {"logicalLocations": names} if names else {}
    if finding.file:
        place: dict[str, Any] = {"artifactLocation": _artifact(Path(finding.file), base)}
        if finding.line:
            place["region"] = {"startLine": finding.line}
        location["physicalLocation"] = place
    if location:
        result["locations"] = [location]
    return result


def _artifact(file: Path, base: Path) -> dict[str, str]:
    if file.is_relative_to(base):
        relative = file.relative_to(base)
        # ``as_uri`` quotes what has to be; it wants an absolute path.
        return {"uri": (Path("/") / relative).as_uri().removeprefix("file:///"), "uriBaseId": "SRCROOT"}
    return {"uri": file.absolute().as_uri()}
