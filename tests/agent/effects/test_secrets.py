"""Which secrets a publication has, read without the code of anybody's class, and seen at once where it has none."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from inspector.agent.effects.secrets import Reader
from inspector.core.values.snapshot import Codec

CANARY = "canary-0123456789abcdef"


class Hostile(type):
    """A metaclass that lets nobody hash its classes."""

    def __hash__(cls) -> int:
        raise RuntimeError("hashed")


@dataclass
class Guarded(metaclass=Hostile):
    reset_token: str = CANARY


@dataclass
class Open(metaclass=Hostile):
    number: int = 7


@dataclass
class Plain:
    number: int = 7


@dataclass
class Named:
    api_token: str = CANARY


@dataclass
class Nested:
    number: int = 7
    details: dict[str, Any] = field(default_factory=lambda: {"password": CANARY})


@pytest.fixture
def reader() -> Reader:
    codec = Codec()
    return Reader(lambda event: codec.frozen_values(event) is not None)


def published(event: Any, cause: Any = None, shown: Any = None) -> Any:
    return SimpleNamespace(event=event, cause=cause, shown=shown, values=Codec().frozen_values(event))


@pytest.mark.parametrize(("event", "secrets"), [(Guarded(), {CANARY: "reset_token"}), (Open(), {})])
def test_a_class_that_cannot_be_hashed_is_read_like_any_other(reader: Reader, event: Any, secrets: Any) -> None:
    for _ in range(2):
        assert reader.secrets(published(event)) == secrets


@pytest.mark.parametrize("event", [Plain(), Open()])
def test_a_plain_event_is_seen_at_once_to_hide_nothing(reader: Reader, event: Any) -> None:
    publication = published(event)
    assert not reader.hides_nothing(publication)  # nothing is known of its class yet
    assert reader.secrets(publication) == {}
    assert reader.hides_nothing(publication)
    publication.values = None  # written down meanwhile
    assert not reader.hides_nothing(publication)
    assert reader.secrets(publication) == {}


@pytest.mark.parametrize("event", [Named(), Nested(), Guarded()])
def test_an_event_that_may_hide_something_is_looked_through_each_time(reader: Reader, event: Any) -> None:
    for _ in range(2):
        publication = published(event)
        assert not reader.hides_nothing(publication)
        assert list(reader.secrets(publication)) == [CANARY]


def test_what_caused_an_event_and_what_is_shown_in_its_place_count(reader: Reader) -> None:
    reader.secrets(published(Plain()))
    caused = published(Plain(), cause=SimpleNamespace(publication=published(Named())))
    assert not reader.hides_nothing(caused)
    assert reader.secrets(caused) == {CANARY: "api_token"}
    shown = published(Plain(), shown={"password": CANARY})
    assert not reader.hides_nothing(shown)
    assert reader.secrets(shown) == {CANARY: "password"}
