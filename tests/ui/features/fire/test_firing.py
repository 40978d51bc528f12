"""Which events switched faults are seen with."""

from __future__ import annotations

from inspector.analysis.journal import Journal
from inspector.app.faults import affected_events
from inspector.core.description import EventDescription, HandlerDescription
from inspector.core.records.host import ActiveFault


def test_faults_name_the_events_whose_handlers_go_wrong_first_those_that_are_seen_at_once() -> None:
    journal = Journal()
    journal.handlers[:] = [
        HandlerDescription("a", "Audit.write", "Audit", "write"),
        HandlerDescription("m", "Mail.send", "Mail", "send"),
    ]
    journal.events[:] = [
        EventDescription(name, name, name, "", "", "", handlers=handlers)
        for name, handlers in (("Hung", ("m",)), ("Failed", ("a", "m")), ("Fine", ("a",)), ("Unheard", ()))
    ]
    rules = [
        ActiveFault("Mail.*", "Hung", "hang"),
        ActiveFault("Audit.*", "Failed", "fail"),
        ActiveFault("Mail.*", "*", "slow"),
    ]
    assert affected_events(journal, rules) == ["Failed", "Hung"]
    assert affected_events(journal, []) == []
