"""The page docs/findings.md, made of the rules: ``python -m inspector.catalog.findings.page > docs/findings.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from inspector.catalog.findings.check import RULES

if TYPE_CHECKING:
    from inspector.catalog.findings.model import Rule

_GROUPS: Final = {
    "EV0": "The check itself",
    "EV1": "Names, workflows, phases",
    "EV2": "Classes and fields",
    "EV3": "Handlers and subscriptions",
    "EV4": "Audit",
    "EV5": "Server-sent events",
    "EV6": "Source",
}
_INTRODUCTION: Final = """\
# Findings

`inspector check` finds mistakes in a catalog and its wiring before anything fails. Nothing is run: it reads what the
program declares, its classes and handlers, and its source.

```
inspector check [--app MODULE:ATTR …] [--json | --sarif] [--fail-on error|warning]
```

Without `--app` it checks the project of the current folder (`[tool.inspector]` in its `pyproject.toml`), otherwise the
demo.

- **error**: breaks or loses something at runtime, for certain or nearly so. **warning**: usually a mistake.
  **information** (shown as *note*): worth knowing, such as names.
- Exit code 1 if there is a finding of the `--fail-on` severity (default: `error`) or worse, 2 for wrong usage,
  otherwise 0.
- `--json` prints `{"findings": [{"code", "severity", "message", "fix", "event", "handler", "file", "line"}]}`; unknown
  values are null. `--sarif` prints SARIF 2.1.0.
- Source rules read the Python files in the project's folder, without tests, environments and builds. The project's
  interpreter parses them, so its syntax may be newer than that of the inspector's Python.

## Settings

```toml
[tool.inspector.check]
fail-on = "warning"                 # default: error
exclude = ["scripts/*"]             # source files to skip
ignore = [                          # rule by code or name, event by name; * matches any text
  { rule = "EV102", event = "FileImport*", reason = "clients know it by that name" },
  { rule = "personal-data", event = "*", reason = "deleted after 30 days, see docs/privacy.md" },
]

[tool.inspector.check.kinds]        # handlers with other names for what the registry requires
audit = ["Ledger*"]
```

An ignore entry without a reason, with an unknown rule, or that matches nothing is reported.

Logging, audit, email and session handlers are recognized by a word in their class (or function) name:
`AuditEventHandler`, `send_welcome_email`. Secrets are recognized by words in the field name; a class hides a field with
`__redact__ = ("name",)`, `Annotated[str, SECRET]` or `field(repr=False)`.
"""


def _weight(rule: Rule) -> str:
    return rule.severity if rule.worst == rule.severity else f"{rule.severity}, up to {rule.worst}"


def render() -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for prefix, title in _GROUPS.items():
        rules = [rule for code, rule in RULES.items() if code.startswith(prefix)]
        rows = "\n".join(
            f"| [{rule.code}](#{rule.code.lower()}) | {rule.title} | {rule.name} | {_weight(rule)} |" for rule in rules
        )
        parts.append(f"## {title}\n\n| code | title | name | severity |\n|---|---|---|---|\n{rows}\n")
        parts += [
            f"### {rule.code}\n\n**{rule.title}** ({_weight(rule)}). {rule.explanation}\n\n*Fix:* {rule.fix}\n"
            for rule in rules
        ]
    return "\n".join(parts)


if __name__ == "__main__":
    print(render(), end="")
