"""What came of firing everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from inspector.catalog.conformance.compare import compare, is_ignored
from inspector.catalog.conformance.contexts import Difference, as_findings, differences
from inspector.catalog.conformance.observed import BARE
from inspector.catalog.findings.model import SEVERITIES
from inspector.catalog.findings.report import as_json
from inspector.catalog.findings.settings import CheckSettings

if TYPE_CHECKING:
    from inspector.catalog.conformance.observed import Fired
    from inspector.catalog.conformance.rules import RunFinding
    from inspector.core.description import CatalogDescription
    from inspector.core.facts import CatalogFacts
    from inspector.core.records.account import NotCalled, RunCounts


@dataclass(frozen=True)
class Report:
    """Declared against observed.

    Attributes:
        program: What people call the program.
        contexts: In which contexts everything was fired.
        seed: Seed of the synthetic values.
        events: How many events could be fired.
        fired: How often in all, for there may be several contexts.
        publications: What came of them, derived publications included.
        executions: Calls of handlers.
        findings: The worst first.
        differences: Handlers that do not do the same in every context; empty when there was one context.
        labels: What people call each handler, by key.
        spans: Indexes of the first execution and of the one after the last in the run's journal, by context.
        sessions: The program has database sessions, as far as the contexts asked for one.
        left_out: Names of classes that were not fired: they only stand above other events.
        run: The run, counted as everywhere; None when it was not recorded.
        uncalled: Handlers that were subscribed and were not called.
    """

    program: str
    contexts: tuple[str, ...]
    seed: int
    events: int
    fired: int
    publications: int
    executions: int
    findings: tuple[RunFinding, ...]
    differences: tuple[Difference, ...]
    labels: dict[str, str]
    spans: dict[str, tuple[int, int]]
    sessions: bool = True
    left_out: tuple[str, ...] = ()
    run: RunCounts | None = None
    uncalled: tuple[NotCalled, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each severity."""
        counted = Counter(finding.severity for finding in self.findings)
        return {severity: counted[severity] for severity in SEVERITIES}

    @property
    def bad(self) -> bool:
        """There is an error or a warning."""
        return any(finding.severity != "information" for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """Return the report as JSON; ``findings`` have the same keys as those of a check, and more."""
        return {
            "program": self.program,
            "contexts": list(self.contexts),
            "seed": self.seed,
            "events": self.events,
            "fired": self.fired,
            "publications": self.publications,
            "executions": self.executions,
            **({} if self.run is None else _beyond(self.run)),
            "not_called": [uncalled.as_json() for uncalled in self.uncalled],
            "left_out": list(self.left_out),
            "counts": self.counts,
            "findings": [
                {**entry, **_more(finding)}
                for entry, finding in zip(as_json(self.findings)["findings"], self.findings, strict=True)
            ],
            "differences": [difference.as_json(self.labels) for difference in self.differences],
        }


def _beyond(run: RunCounts) -> dict[str, Any]:
    """Return the counts of a run but for those that a report has anyway."""
    return {name: value for name, value in asdict(run).items() if name not in ("published", "executions")}


def _more(finding: RunFinding) -> dict[str, Any]:
    """Return what the JSON of a run's finding has beyond that of a check's."""
    return {
        "contexts": list(finding.contexts),
        "publication": finding.publication or None,
        "execution": finding.execution or None,
    }


def make_report(
    description: CatalogDescription,
    fired: Sequence[Fired],
    *,
    contexts: Sequence[str],
    seed: int,
    facts: CatalogFacts | None = None,
    settings: CheckSettings | None = None,
    spans: Mapping[str, tuple[int, int]] | None = None,
) -> Report:
    """Compare a run with what is declared, and its contexts with each other."""
    asked = [fire.session for fire in fired if fire.context != BARE and fire.publications]
    sessions = any(asked) or not asked
    differing = differences(fired) if len(contexts) > 1 else []
    about_contexts = as_findings(differing, description, sessions=sessions)
    about_differences = (finding for finding in about_contexts if not is_ignored(finding, settings or CheckSettings()))
    findings = [*compare(description, fired, facts, settings), *about_differences]
    findings.sort(key=lambda finding: (SEVERITIES.index(finding.severity), finding.code))
    publications = [publication for fire in fired for publication in fire.publications]
    return Report(
        program=description.program,
        contexts=tuple(contexts),
        seed=seed,
        events=len({fire.event for fire in fired if not fire.refusal}),
        fired=sum(not fire.refusal for fire in fired),
        publications=len(publications),
        executions=sum(len(publication.executions) for publication in publications),
        findings=tuple(findings),
        differences=tuple(differing),
        labels={handler.key: handler.label for handler in description.handlers},
        spans=dict(spans or {}),
        sessions=sessions,
        uncalled=tuple(uncalled for fire in fired for uncalled in fire.uncalled),
    )
