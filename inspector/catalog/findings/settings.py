"""What a project says about its check: ``[tool.inspector.check]``, or the same table in Python (docs/findings.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from inspector.core.errors import UsageError, alternatives

if TYPE_CHECKING:
    from inspector.catalog.findings.model import Finding

FailOn = Literal["error", "warning"]


class NamedRule(Protocol):
    """A rule of any kind, as entries of ``ignore`` name it."""

    @property
    def code(self) -> str:
        """Stable, never given to another rule."""

    @property
    def name(self) -> str:
        """Stable, readable."""


_KEYS: Final = ("ignore", "kinds", "exclude", "fail-on")
_ENTRY: Final = ("rule", "event", "reason")


@dataclass(frozen=True)
class Ignore:
    """Findings that are known and meant.

    Attributes:
        rule: Code or name of the rule; ``*`` stands for any text.
        event: Name of the event; ``*`` stands for any text. Findings about no event fit ``*`` only.
        reason: Why.
    """

    rule: str
    event: str
    reason: str

    def fits(self, finding: Finding, name: str) -> bool:
        """Return whether the entry is about a finding of the rule ``name``."""
        by_rule = fnmatchcase(finding.code, self.rule) or fnmatchcase(name, self.rule)
        return by_rule and fnmatchcase(finding.event, self.event)


@dataclass(frozen=True)
class CheckSettings:
    """How a project wants to be checked.

    Attributes:
        ignore: What is left out.
        kinds: By kind of handler (``logging audit email session``, or the registry's own) globs of handler labels that
            are of that kind, beside those that are called so.
        exclude: Globs of source files, below the project's folder, that are not read.
        fail_on: From which severity on a check fails; None leaves it to the command line.
        where: Where the table stands, for messages.
        file: Absolute path of the file that it stands in, empty when it stands in none.
    """

    ignore: tuple[Ignore, ...] = ()
    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    fail_on: FailOn | None = None
    where: str = "[tool.inspector.check]"
    file: str = ""


def read_settings(table: Mapping[str, Any], where: str = "[tool.inspector.check]") -> CheckSettings:
    """Read the table.

    Raises:
        UsageError: A key is unknown, or a value wrong.
    """
    values = {key.replace("_", "-"): value for key, value in table.items()}
    unknown = sorted(values.keys() - set(_KEYS))
    if unknown:
        raise UsageError(f"Unknown key {unknown[0]} in {where}.", f"Use {alternatives(_KEYS)}.")
    fail_on = values.get("fail-on")
    if fail_on not in (None, "error", "warning"):
        raise UsageError(f"{where}: fail-on must be error or warning, not {fail_on!r:.40}.")
    kinds = values.get("kinds", {})
    if not isinstance(kinds, Mapping):
        raise UsageError(f"{where}: kinds must be a table of lists.", 'For example: kinds = { audit = ["Ledger*"] }.')
    return CheckSettings(
        ignore=tuple(_entry(entry, where) for entry in _list(values.get("ignore", ()), "ignore", where)),
        kinds={str(kind): tuple(_texts(globs, f"kinds.{kind}", where)) for kind, globs in kinds.items()},
        exclude=tuple(_texts(values.get("exclude", ()), "exclude", where)),
        fail_on=fail_on,
        where=where,
    )


def settings_of_project(file: Path) -> CheckSettings:
    """Read ``[tool.inspector.check]`` of a ``pyproject.toml``; without a table nothing is set.

    Raises:
        UsageError: The file cannot be read, or the table is wrong.
    """
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"Cannot read {file}: {error}.") from error
    table: Any = content
    for key in ("tool", "inspector", "check"):
        table = table.get(key, {}) if isinstance(table, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"{file}: tool.inspector.check must be a table.")
    return replace(read_settings(table, f"{file}: [tool.inspector.check]"), file=str(file.absolute()))


def check_rules_exist(settings: CheckSettings, rules: Iterable[NamedRule]) -> None:
    """Refuse an entry that names no rule: it is misspelt, and would hide nothing.

    Raises:
        UsageError: There is one.
    """
    names = [text for rule in rules for text in (rule.code, rule.name)]
    for entry in settings.ignore:
        if not any(fnmatchcase(name, entry.rule) for name in names):
            raise UsageError(f"{settings.where}: unknown rule {entry.rule}.", "All rules are in docs/findings.md.")


def _entry(value: Any, where: str) -> Ignore:
    if not isinstance(value, Mapping) or not value.keys() <= set(_ENTRY):
        raise UsageError(f"{where}: an ignore entry needs rule, event and reason, not {value!r:.60}.")
    texts = {key: value.get(key, "*" if key == "event" else "") for key in _ENTRY}
    for key, text in texts.items():
        if not isinstance(text, str) or not text.strip():
            raise UsageError(f"{where}: an ignore entry needs a {key}.", "Explain it to the next reader.")
    return Ignore(**texts)


def _list(value: Any, key: str, where: str) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise UsageError(f"{where}: {key} must be a list.")
    return list(value)


def _texts(value: Any, key: str, where: str) -> list[str]:
    texts = _list(value, key, where)
    if not all(isinstance(text, str) for text in texts):
        raise UsageError(f"{where}: {key} must be a list of strings.")
    return texts
