"""The registry and its queries, by the statements of the reference document."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass
from enum import Enum

import pytest

from inspector.core import (
    DomainEvent,
    EventCategory,
    EventMetadata,
    EventRegistry,
    InspectorError,
    WorkflowPhase,
    get_all_events,
    get_events_requiring_handler,
    get_expected_audit_actions,
    get_statistics,
    get_workflow_events,
)


@dataclass(frozen=True, kw_only=True)
class LoginAttempted(DomainEvent):
    email: str


@dataclass(frozen=True, kw_only=True)
class LoginSucceeded(DomainEvent):
    email: str


@dataclass(frozen=True, kw_only=True)
class CheckDenied(DomainEvent):
    cost: int


class Room(Enum):
    KITCHEN = "kitchen"
    CELLAR = "cellar"


class Step(Enum):
    DONE = "done"


ATTEMPTED = EventMetadata(LoginAttempted, EventCategory.AUTHENTICATION, "user_login", WorkflowPhase.ATTEMPTED)
SUCCEEDED = EventMetadata(
    event_class=LoginSucceeded,
    category=EventCategory.AUTHENTICATION,
    workflow_name="user_login",
    phase=WorkflowPhase.SUCCEEDED,
    requires_email=True,
    requires_session=True,
    audit_action_name="USER_LOGIN_SUCCESS",
)
DENIED = EventMetadata(
    CheckDenied, EventCategory.RATE_LIMIT, "rate_limit_check", WorkflowPhase.DENIED, requires_audit=False
)
REGISTRY = EventRegistry([ATTEMPTED, SUCCEEDED, DENIED])


def test_event_category_has_the_members_of_the_reference() -> None:
    assert [each.value for each in EventCategory] == [
        "authentication", "authorization", "provider", "data_sync", "session", "rate_limit", "admin",
    ]  # fmt: skip


def test_workflow_phase_has_the_members_of_the_reference() -> None:
    assert [each.value for each in WorkflowPhase] == [
        "attempted", "succeeded", "failed", "allowed", "denied", "operational",
    ]  # fmt: skip


def test_default_all_events_logged_and_audited_no_email_no_session_handling() -> None:
    assert (ATTEMPTED.requires_logging, ATTEMPTED.requires_audit) == (True, True)
    assert (ATTEMPTED.requires_email, ATTEMPTED.requires_session) == (False, False)
    assert ATTEMPTED.required_kinds == ("logging", "audit")


def test_audit_action_name_is_auto_computed_if_empty() -> None:
    assert ATTEMPTED.audit_action_name == "USER_LOGIN_ATTEMPTED"
    assert SUCCEEDED.audit_action_name == "USER_LOGIN_SUCCESS"


def test_metadata_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        ATTEMPTED.workflow_name = "x"  # type: ignore[misc]


def test_get_all_events_lists_event_classes_in_order() -> None:
    assert get_all_events(REGISTRY) == [LoginAttempted, LoginSucceeded, CheckDenied]
    assert get_all_events(registry=EventRegistry()) == []


@pytest.mark.parametrize(
    ("kind", "events"),
    [
        ("logging", [LoginAttempted, LoginSucceeded, CheckDenied]),
        ("audit", [LoginAttempted, LoginSucceeded]),
        ("email", [LoginSucceeded]),
        ("session", [LoginSucceeded]),
    ],
)
def test_get_events_requiring_handler(kind: str, events: list[type[DomainEvent]]) -> None:
    assert get_events_requiring_handler(kind, REGISTRY) == events


@pytest.mark.parametrize("kind", ["sms", "", "requires_email", "EMAIL"])
def test_value_error_if_handler_type_is_invalid(kind: str) -> None:
    with pytest.raises(ValueError, match="Must be one of"):
        get_events_requiring_handler(kind, registry=REGISTRY)


def test_get_workflow_events_maps_phase_to_event_class() -> None:
    assert get_workflow_events("user_login", REGISTRY) == {
        WorkflowPhase.ATTEMPTED: LoginAttempted,
        WorkflowPhase.SUCCEEDED: LoginSucceeded,
    }
    assert get_workflow_events("nothing", registry=REGISTRY) == {}


def test_get_expected_audit_actions_covers_events_that_require_audit() -> None:
    assert get_expected_audit_actions(REGISTRY) == {
        LoginAttempted: "USER_LOGIN_ATTEMPTED",
        LoginSucceeded: "USER_LOGIN_SUCCESS",
    }


def test_get_statistics_has_the_keys_of_the_reference() -> None:
    assert get_statistics(REGISTRY) == {
        "total_events": 3,
        "by_category": {"authentication": 2, "rate_limit": 1},
        "by_phase": {"attempted": 1, "succeeded": 1, "denied": 1},
        "requiring_logging": 3,
        "requiring_audit": 2,
        "requiring_email": 1,
        "requiring_session": 1,
        "total_workflows": 2,
    }


def test_the_functions_work_for_any_iterable_of_metadata() -> None:
    assert get_statistics(iter([ATTEMPTED]))["total_events"] == 1
    assert get_all_events([DENIED]) == [CheckDenied]


def test_a_program_may_have_categories_and_phases_of_its_own() -> None:
    registry = EventRegistry([EventMetadata(LoginAttempted, Room.KITCHEN, "cook", Step.DONE)])
    assert registry[LoginAttempted].audit_action_name == "COOK_DONE"
    assert get_statistics(registry)["by_category"] == {"kitchen": 1}
    assert registry.categories == (Room.KITCHEN, Room.CELLAR)


def test_an_event_class_registered_twice_is_an_error_that_names_it() -> None:
    with pytest.raises(InspectorError, match="LoginAttempted"):
        EventRegistry([ATTEMPTED, SUCCEEDED, ATTEMPTED])


def test_look_up_is_by_exact_class() -> None:
    assert REGISTRY[CheckDenied] is REGISTRY.get(CheckDenied) is DENIED
    assert REGISTRY.get(DomainEvent) is None
    assert CheckDenied in REGISTRY
    assert DomainEvent not in REGISTRY
    assert (len(REGISTRY), list(REGISTRY)) == (3, [ATTEMPTED, SUCCEEDED, DENIED])
    assert REGISTRY.workflows == ("user_login", "rate_limit_check")
