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

`inspector check` tells what is wrong in a catalog and its wiring before anything fails. Nothing is run: it reads what
the program declares, what its classes and handlers are made of, and its source.

```
inspector check [--app MODULE:ATTR …] [--json | --sarif] [--fail-on error|warning]
```

Without `--app` it is the project of the folder (`[tool.inspector]` in its `pyproject.toml`), else the demo.

- **error**: breaks something or loses something when the program runs, for certain or nearly so. **warning**: usually a
  mistake. **information**: worth knowing, such as names.
- Ends with 1 when there is a finding of the severity that `--fail-on` names (by itself `error`), or worse; with 2 when
  it is used wrongly; else with 0.
- `--json` prints `{"findings": [{"code", "severity", "message", "fix", "event", "handler", "file", "line"}]}`; what is
  not known is null. `--sarif` prints SARIF 2.1.0.
- Rules over the source read the Python files below the project's folder, without tests, environments and builds. The
  project's interpreter reads them, so its syntax may be newer than that of the Python that runs the inspector.

## What a project says about its check

```toml
[tool.inspector.check]
fail-on = "warning"                 # by itself, error
exclude = ["scripts/*"]             # source that is not read
ignore = [                          # rule by code or name, event by name; * stands for any text
  { rule = "EV102", event = "FileImport*", reason = "clients know it by that name" },
  { rule = "personal-data", event = "*", reason = "deleted after 30 days, see docs/privacy.md" },
]

[tool.inspector.check.kinds]        # handlers for what the registry requires that are called otherwise
audit = ["Ledger*"]
```

An entry without a reason, with a rule that does not exist, or that nothing needs any more is told.

A handler is taken to be one for logging, audit, email or session by a word in the name of its class (or function):
`AuditEventHandler`, `send_welcome_email`. Secrets are recognised by the words in a field's name; a class hides a field
with `__redact__ = ("name",)`, `Annotated[str, SECRET]` or `field(repr=False)`.
"""


def _weight(rule: Rule) -> str:
    return rule.severity if rule.worst == rule.severity else f"{rule.severity}, up to {rule.worst}"


def render() -> str:
    """Return the page."""
    parts = [_INTRODUCTION]
    for prefix, title in _GROUPS.items():
        rules = [rule for code, rule in RULES.items() if code.startswith(prefix)]
        rows = "\n".join(f"| [{rule.code}](#{rule.code.lower()}) | {rule.name} | {_weight(rule)} |" for rule in rules)
        parts.append(f"## {title}\n\n| code | rule | severity |\n|---|---|---|\n{rows}\n")
        parts += [
            f"### {rule.code}\n\n**{rule.name}** ({_weight(rule)}). {rule.explanation}\n\n*Fix:* {rule.fix}\n"
            for rule in rules
        ]
    return "\n".join(parts)


if __name__ == "__main__":
    print(render(), end="")
