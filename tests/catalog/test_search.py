import pytest

from inspector.catalog.search import CatalogIndex, begins_parts, parts
from tests.catalog.samples import demo_catalog

INDEX = CatalogIndex(demo_catalog())


def found(query: str) -> list[str]:
    return [event.name for event in INDEX.search(query)]


def test_an_empty_query_gives_all_in_order() -> None:
    assert found("  ") == [event.name for event in demo_catalog().events]


def test_the_name_counts_more_than_other_places() -> None:
    hits = found("useremail")
    assert hits == []
    hits = found("emailverification")
    assert hits[:3] == ["EmailVerificationAttempted", "EmailVerificationSucceeded", "EmailVerificationFailed"]
    hits = found("session")
    assert hits[0].startswith("Session")
    assert hits.index("UserLoginSucceeded") > hits.index("SuspiciousSessionActivityEvent")


def test_an_exact_name_comes_first() -> None:
    assert found("FileImportSucceeded")[0] == "FileImportSucceeded"


def test_every_word_must_be_found_somewhere() -> None:
    assert found("file_import failed") == ["FileImportFailed"]
    assert found("file_import nowhere") == []


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("PortfolioEventHandler", "AccountBalanceUpdated"),
        ("records_processed", "FileImportProgress"),
        ("USER_PASSWORD_CHANGED", "UserPasswordChangeSucceeded"),
        ("import.progress", "FileImportProgress"),
        ("upcs", "UserPasswordChangeSucceeded"),
        ("uspasch", "UserPasswordChangeFailed"),
        ("published service", "RoleAssignmentFailed"),
    ],
)
def test_handlers_fields_actions_docs_and_initials_are_searched(query: str, name: str) -> None:
    assert name in found(query)


def test_names_gives_the_set_for_a_filter() -> None:
    assert INDEX.names("rate_limit_check denied") == {"RateLimitCheckDenied"}


def test_parts_of_a_class_name() -> None:
    assert parts("SSEFrameSent2") == ["sse", "frame", "sent2"]


@pytest.mark.parametrize(
    ("word", "fits"),
    [
        ("u", True),
        ("upc", True),
        ("userch", True),
        ("pc", False),
        ("ucp", False),
        ("userx", False),
        ("", False),
    ],
)
def test_beginnings_of_parts(word: str, fits: bool) -> None:
    assert begins_parts(["user", "password", "change"], word) is fits
