"""Settings survive, and a broken file hurts nobody."""

import json
from pathlib import Path

import pytest

from inspector.app.notices import Notice, Notices
from inspector.app.settings import Settings


@pytest.fixture
def seen() -> list[Notice]:
    return []


@pytest.fixture
def notices(seen: list[Notice]) -> Notices:
    hub = Notices()
    hub.attach(seen.append)
    return hub


def test_values_come_back(tmp_path: Path, notices: Notices) -> None:
    path = tmp_path / "deep" / "settings.json"
    settings = Settings(path, notices)
    settings.set("theme", "dark")
    settings.set("follow", True)
    settings.set("zoom", 1.5)
    settings.set("last", {"UserLogin": {"user_id": "7"}})
    assert settings.save()
    again = Settings(path, notices)
    assert again.text("theme") == "dark"
    assert again.flag("follow") is True
    assert again.number("zoom") == 1.5
    assert again.mapping("last") == {"UserLogin": {"user_id": "7"}}


def test_a_value_of_another_type_does_not_count(tmp_path: Path, notices: Notices) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"theme": 7, "follow": "yes", "zoom": true, "recent": [1, "a"], "last": []}')
    settings = Settings(path, notices)
    assert settings.text("theme", "system") == "system"
    assert settings.flag("follow", default=True) is True
    assert settings.number("zoom", 2.0) == 2.0
    assert settings.strings("recent") == ["a"]
    assert settings.mapping("last") == {}


@pytest.mark.parametrize("broken", ["{", "[]", "\x00", "[" * 100_000])
def test_a_broken_file_gives_defaults_a_notice_and_is_kept(
    tmp_path: Path, notices: Notices, seen: list[Notice], broken: str
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(broken)
    settings = Settings(path, notices)
    assert settings.text("theme", "system") == "system"
    assert [n.severity for n in seen] == ["warning"]
    assert (tmp_path / "settings.broken.json").read_text() == broken
    settings.set("theme", "light")
    assert settings.save()
    assert json.loads(path.read_text()) == {"theme": "light"}


def test_the_most_recent_comes_first_and_once(tmp_path: Path, notices: Notices) -> None:
    settings = Settings(tmp_path / "settings.json", notices)
    for name in ("a", "b", "a", "c"):
        settings.remember("recent", name, limit=2)
    assert settings.strings("recent") == ["c", "a"]
    settings.forget("recent", "c")
    assert Settings(settings.path, notices).strings("recent") == ["a"]


def test_a_folder_that_cannot_be_written_becomes_a_notice_and_leaves_nothing(
    tmp_path: Path, notices: Notices, seen: list[Notice]
) -> None:
    (tmp_path / "file").write_text("")
    settings = Settings(tmp_path / "file" / "settings.json", notices)
    seen.clear()
    assert not settings.save()
    assert "Cannot save" in seen[0].text


def test_a_failed_save_keeps_the_old_file(tmp_path: Path, notices: Notices, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(tmp_path / "settings.json", notices)
    settings.set("theme", "dark")
    settings.save()

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    settings.set("theme", "light")
    assert not settings.save()
    assert [p.name for p in tmp_path.iterdir()] == ["settings.json"]
    assert json.loads(settings.path.read_text()) == {"theme": "dark"}
