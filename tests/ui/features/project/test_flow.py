"""Somebody's own project in a real window, in a real process of its own."""

from __future__ import annotations

import asyncio
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMessageBox

from inspector.app.places import kept_settings_path, trust_path
from inspector.app.projects import options_of, project_of
from inspector.hosts.child import ChildHost
from inspector.hosts.kept import KeptSettings, Trust
from inspector.hosts.project import Project
from inspector.ui.features.project.dialogs import (
    LoadTroubleDialog,
    MissingSettingsDialog,
    OpenProjectDialog,
    ProjectSettingsDialog,
)
from inspector.ui.kit.boxes import EmptyState
from inspector.ui.kit.buttons import Button
from tests.hosts.children import old_python
from tests.patience import until
from tests.ui.windows import Opened, drop_file, opened

WIRING = """
import os
{needs}

class Placed:
    def __init__(self, number: int = 1) -> None:
        self.number = number

def ship(event: Placed) -> None:
    {body}

def count(event: Placed) -> None:
    pass

class Bus:
    def __init__(self):
        self.handlers = {{Placed: [ship, count]}}
    def publish(self, event):
        for handler in self.handlers[type(event)]:
            try:
                handler(event)
            except ValueError:
                pass

bus = Bus()
"""


def write(folder: Path, body: str = "pass", needs: str = "") -> Project:
    """Make a small project with a bus of its own; a handler's failure is swallowed by that bus."""
    (folder / "parcels.py").write_text(textwrap.dedent(WIRING).format(body=body, needs=needs))
    return Project.from_options("parcels:bus", cwd=folder)


def dialog(shown: Opened, kind: type[QDialog]) -> Any:
    """Give the dialog of a kind that is open, None when there is none."""
    return next((each for each in shown.window.shell.findChildren(kind) if each.isVisible()), None)


async def fire(shown: Opened) -> None:
    shown.desk.selection.select_event("Placed")
    before = len(shown.journal.publications)
    assert shown.window.commands.run("fire.selected")
    await shown.settled(before + 1)


async def test_a_project_is_shown_with_its_handlers_and_what_its_bus_keeps_quiet(tmp_path: Path) -> None:
    project = write(tmp_path, body="raise ValueError('no parcels today')")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        await fire(shown)
        statuses = {
            shown.journal.execution(i).handler.method: shown.journal.execution(i).status
            for i in range(len(shown.journal.executions))
        }
        assert statuses == {"ship": "failed", "count": "ok"}
        assert "parcels · Python" in shown.window.shell.bar.source.accessibleName()
        assert isinstance(shown.window.workbench.recording.host, ChildHost)


async def test_a_window_that_is_closed_waits_for_no_project_that_is_still_being_loaded(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    needs = f"import time\nopen({str(ran)!r}, 'w').close()\ntime.sleep(600)"
    project = replace(write(tmp_path, needs=needs), load_timeout=600.0)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(ran.exists, "the project is being loaded")
    assert shown.task.result() == 0
    assert not shown.notices


async def test_a_project_that_was_only_found_is_not_loaded_before_the_person_says_so(tmp_path: Path) -> None:
    project = write(tmp_path, needs=f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    async with opened(tmp_path / "s.db", project=project) as shown:
        await until(lambda: dialog(shown, QMessageBox) is not None, "the question")
        question = dialog(shown, QMessageBox)
        assert str(tmp_path) in question.text()
        assert not (tmp_path / "ran").exists()
        next(button for button in question.buttons() if button.text() == "Cancel").click()
        await until(lambda: not shown.window.tasks.running("Loading the project"))
        await until(lambda: "no project" in shown.window.shell.bar.source.accessibleName())
        assert not (tmp_path / "ran").exists()
        assert Trust(trust_path()).needs_consent(project) is not None
        for place in (shown.desk.timeline.empty, shown.desk.catalog.empty):
            assert place.words().startswith("No project loaded")
            assert place.button.caption() == place.button.accessibleName() == "Open project…"
        assert not any("Fire" in place.words() for place in shown.window.shell.findChildren(EmptyState))
        assert shown.window.workbench.fire_blocked() == "No project loaded"
        shown.click(shown.desk.timeline.empty.button)
        await until(lambda: dialog(shown, OpenProjectDialog) is not None, "the form")
        dialog(shown, OpenProjectDialog).reject()


async def test_a_stored_session_can_be_read_while_no_project_is_loaded(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as shown:
        await shown.fire("UserLoginAttempted")
    (tmp_path / "p").mkdir()
    async with opened(tmp_path / "s.db", project=write(tmp_path / "p")) as shown:
        await until(lambda: dialog(shown, QMessageBox) is not None, "the question")
        next(each for each in dialog(shown, QMessageBox).buttons() if each.text() == "Cancel").click()
        await until(lambda: shown.window.workbench.idle, "nothing is loaded")
        assert shown.window.commands.run("session.list")
        await until(lambda: shown.desk.sessions.known, "the list")
        shown.desk.sessions.open(shown.desk.sessions.known[0].id)
        await until(
            lambda: shown.window.context.journal is not None and len(shown.journal.publications) == 1, "the session"
        )
        shown.window.roof.standing.refresh()
        assert shown.window.commands.reason("session.live") == "No project loaded"
        assert shown.window.workbench.fire_blocked() == "No project loaded"


async def test_an_empty_session_offers_the_way_back_to_where_events_can_be_fired(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as shown:
        workbench = shown.window.workbench
        await until(lambda: workbench.live_session, "it is stored")
        await workbench.rename(workbench.live_session, "mine")  # else it would not be kept: it has no event
    async with opened(tmp_path / "s.db") as shown:
        empty = shown.desk.timeline.empty
        assert empty.button.caption() == "Fire event"
        assert shown.window.commands.run("record.toggle")
        await until(lambda: empty.button.caption() == "Resume", "it is paused")
        shown.click(empty.button)
        await until(lambda: empty.button.caption() == "Fire event", "it goes on")
        await until(lambda: len(shown.desk.sessions.known) == 2, "both sessions are listed")
        shown.desk.sessions.open(shown.desk.sessions.known[1].id)
        await until(lambda: empty.button.caption() == "Back to live", "the empty session")
        shown.click(empty.button)
        await until(lambda: shown.window.workbench.live and empty.button.caption() == "Fire event", "back")


async def test_a_missing_setting_is_asked_for_and_kept(tmp_path: Path) -> None:
    project = write(tmp_path, needs="URL = os.environ['PARCELS_URL']")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: dialog(shown, MissingSettingsDialog) is not None, "the form")
        form = dialog(shown, MissingSettingsDialog)
        assert list(form.fields) == ["PARCELS_URL"]
        assert not form.load_button.isEnabled()
        await until(lambda: QApplication.focusWidget() is form.fields["PARCELS_URL"], "it has the keyboard")
        shown.type("http://localhost")
        shown.key(Qt.Key.Key_Return)
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        await fire(shown)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as again:
        await until(lambda: again.desk.flow.project is not None, "it is not asked for twice")


async def test_a_setting_that_is_missed_while_the_window_closes_is_not_asked_for(tmp_path: Path) -> None:
    project = write(tmp_path, needs="import time\ntime.sleep(0.5)\nURL = os.environ['PARCELS_URL']")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.window.tasks.names, "it is being loaded")
    assert shown.task.result() == 0


NEEDS_PORT = """
PORT = int(os.environ['PARCELS_PORT'])
SECRET = os.environ.get('PARCELS_TOKEN', '')
"""


def kept() -> KeptSettings:
    return KeptSettings(kept_settings_path())


async def test_a_mistyped_setting_is_mended_where_it_kept_the_program_from_loading(tmp_path: Path) -> None:
    project = write(tmp_path, needs=NEEDS_PORT)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: dialog(shown, MissingSettingsDialog) is not None, "the form")
        form = dialog(shown, MissingSettingsDialog)
        form.fields["PARCELS_PORT"].setText("8o80")
        form.load_button.click()
        await until(lambda: dialog(shown, LoadTroubleDialog) is not None, "the explanation")
        dialog(shown, LoadTroubleDialog).settings_button.click()
        await until(lambda: dialog(shown, ProjectSettingsDialog) is not None, "the settings")
        settings = dialog(shown, ProjectSettingsDialog)
        assert [row.name.text() for row in settings.rows] == ["PARCELS_PORT"]
        assert not settings.save_button.isEnabled()
        settings.rows[0].value.setText("8080")
        settings.save_button.click()
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        assert kept().of(project) == {"PARCELS_PORT": "8080"}


async def test_settings_of_a_running_project_are_changed_added_and_forgotten(tmp_path: Path) -> None:
    project = write(tmp_path, body="open(os.environ['PARCELS_OUT'], 'w').write(SECRET)", needs=NEEDS_PORT)
    kept().keep(project, {"PARCELS_PORT": "1", "PARCELS_TOKEN": "old", "PARCELS_OUT": str(tmp_path / "out"), "OLD": ""})
    async with opened(tmp_path / "s.db") as demo:
        assert demo.window.commands.reason("project.settings") == "Open a project first"
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        assert shown.window.commands.run("project.settings")
        settings = dialog(shown, ProjectSettingsDialog)
        assert settings.save_button.caption() == "Save and reload"
        rows = {row.name.text(): row for row in settings.rows}
        assert rows["PARCELS_TOKEN"].value.displayText() != "old", "a secret is not shown"
        assert rows["PARCELS_PORT"].value.displayText() == "1"
        rows["PARCELS_TOKEN"].value.setText("new")
        rows["OLD"].drop.click()
        settings.add_button.click()
        fresh = settings.rows[-1]
        for wrong in ("", "2ND", "PARCELS_PORT"):
            fresh.name.setText(wrong)
            assert not settings.save_button.isEnabled()
        fresh.name.setText("MORE")
        settings.save_button.click()
        await until(lambda: "Reloaded" in shown.desk.strip.text.text(), "the program was started anew")
        await fire(shown)
        assert (tmp_path / "out").read_text() == "new"
        assert sorted(kept().of(project)) == ["MORE", "PARCELS_OUT", "PARCELS_PORT", "PARCELS_TOKEN"]


async def test_the_form_names_the_kept_settings_of_a_folder_and_lets_them_be_changed(tmp_path: Path) -> None:
    project = write(tmp_path)
    kept().keep(project, {"PARCELS_URL": "postgres://me:hidden@host/db"})
    async with opened(tmp_path / "s.db") as shown:
        form = shown.desk.flow.ask(tmp_path)
        await until(lambda: form.settings.text() == "PARCELS_URL", "the name alone is told")
        form.change.click()
        settings = dialog(shown, ProjectSettingsDialog)
        assert settings.save_button.caption() == "Save"
        assert "hidden" not in settings.rows[0].value.displayText()
        settings.rows[0].drop.click()
        settings.save_button.click()
        await until(lambda: form.settings.text().startswith("None"), "none is left")
        assert kept().of(project) == {}
        form.reject()


async def test_what_cannot_be_loaded_is_explained_and_the_demo_stays(tmp_path: Path) -> None:
    project = write(tmp_path, needs="import no_such_library")
    async with opened(tmp_path / "s.db") as shown:
        before = shown.window.workbench.view
        shown.desk.flow.projects._trust.remember(project)
        shown.desk.flow.open(project)
        await until(lambda: dialog(shown, LoadTroubleDialog) is not None, "the explanation")
        explained = dialog(shown, LoadTroubleDialog)
        words = " ".join(label.text() for label in explained.findChildren(QLabel))
        assert "no_such_library" in words
        assert shown.window.workbench.view is before
        explained.accept()
        await until(lambda: dialog(shown, OpenProjectDialog) is not None, "the form")
        form = dialog(shown, OpenProjectDialog)
        assert (form.fields["app"].text(), form.fields["cwd"].text()) == ("parcels:bus", str(tmp_path))
        form.reject()
        await shown.activate()
        await shown.fire("UserLoginAttempted")


#: Takes until there is a file.
_SLOW = "import os\nwhile not os.path.exists({!r}): pass"


async def test_a_project_that_takes_long_is_given_more_time_where_that_is_told(tmp_path: Path) -> None:
    go = tmp_path / "go"
    project = replace(write(tmp_path, needs=_SLOW.format(str(go))), load_timeout=2.0)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: dialog(shown, LoadTroubleDialog) is not None, "the explanation")
        explained = dialog(shown, LoadTroubleDialog)
        words = " ".join(label.text() for label in explained.findChildren(QLabel))
        assert "parcels took more than 2 s and was stopped at parcels.py:" in words
        assert explained.longer_button.caption() == "Retry with more time"
        go.touch()
        explained.longer_button.click()
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        assert not any(
            isinstance(each, LoadTroubleDialog) and each.isVisible() for each in shown.window.shell.children()
        )
        assert shown.desk.flow.project.load_timeout == 30.0
        assert shown.desk.flow.projects.recent()[0]["load_timeout"] == "30"
        form = shown.desk.flow.ask()
        assert form.fields["load_timeout"].text() == "30"
        assert project_of(form.options()).load_timeout == 30.0
        form.fields["load_timeout"].setText("a while")
        await until(lambda: "Invalid load timeout: a while" in form._problem.text(), "it is refused")
        assert not form.open_button.isEnabled()
        form.reject()


async def test_the_form_keeps_what_the_project_says_of_its_bus(tmp_path: Path) -> None:
    write(tmp_path)
    table = '[tool.inspector]\napp = "parcels:bus"\nhandlers = ["handlers"]\npublish = "publish"\nadapter = "map"\n'
    (tmp_path / "pyproject.toml").write_text(table + 'load-timeout = 25\nname = "Parcels"\n')
    async with opened(tmp_path / "s.db") as shown:
        form = shown.desk.flow.ask(tmp_path)
        project = project_of(form.options())
        assert (project.handlers, project.publish, project.adapter) == (("handlers",), "publish", "map")
        assert (project.load_timeout, project.name) == (25.0, "Parcels")
        assert project_of(options_of(project)) == project
        form.fields["app"].setText("other:bus")
        other = project_of(form.options())
        assert (other.handlers, other.publish, other.adapter, other.name) == ((), "", "", "other")
        form.reject()


async def test_only_what_lacks_time_is_given_more_of_it(tmp_path: Path) -> None:
    project = write(tmp_path, needs="import no_such_library")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: dialog(shown, LoadTroubleDialog) is not None, "the explanation")
        explained = dialog(shown, LoadTroubleDialog)
        assert "Retry with more time" not in [button.caption() for button in explained.findChildren(Button)]
        explained.reject()


async def test_a_reload_that_takes_long_is_given_more_time_where_that_is_told(tmp_path: Path) -> None:
    go = tmp_path / "go"
    go.touch()
    project = replace(write(tmp_path, needs=_SLOW.format(str(go))), load_timeout=4.0)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        strip = shown.desk.strip
        go.unlink()
        assert shown.window.commands.run("project.reload")
        await until(lambda: strip.isVisible() and "Reload failed" in strip.text.text(), "the strip")
        assert "stopped at parcels.py:" in strip.text.text()
        assert [button.caption() for button in strip.buttons] == ["Retry with more time", "Retry"]
        go.touch()
        strip.buttons[0].click()
        await until(lambda: "Reloaded" in strip.text.text(), "it is loaded")
        assert shown.desk.flow.project.load_timeout == 30.0


async def test_a_python_that_is_too_old_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    python = str(old_python(tmp_path, "3.10.13"))
    project = replace(write(tmp_path, needs=f"open({str(tmp_path / 'ran')!r}, 'w').close()"), python=python)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: dialog(shown, LoadTroubleDialog) is not None, "the explanation")
        explained = dialog(shown, LoadTroubleDialog)
        words = [label.text() for label in explained.findChildren(QLabel)]
        assert any(text.endswith("is Python 3.10.13; 3.11 or newer is required.") for text in words)
        assert "Choose another interpreter." in words
        assert not (tmp_path / "ran").exists()
        explained.reject()


async def test_a_project_for_another_python_says_so(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = '>=3.99'\n")
    async with opened(tmp_path / "s.db", project=write(tmp_path), confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        (notice,) = [notice for notice in shown.notices if "requires Python >=3.99" in notice.text]
        assert (notice.severity, notice.hint) == ("warning", "Choose another interpreter.")


async def test_what_the_file_around_a_project_says_in_vain_is_told(tmp_path: Path) -> None:
    project = replace(write(tmp_path), unused="Not used with --app: catalog of [tool.inspector].")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: any(notice.text == project.unused for notice in shown.notices), "the notice")


async def test_opening_a_project_ends_the_demo_and_starts_a_session_of_its_own(tmp_path: Path) -> None:
    project = write(tmp_path)
    async with opened(tmp_path / "s.db") as shown:
        await shown.fire("UserLoginAttempted")
        demo = shown.window.workbench.recording
        form = shown.desk.flow.ask(tmp_path)
        assert isinstance(form, OpenProjectDialog)
        assert form.fields["cwd"].text() == str(tmp_path)
        assert not form.open_button.isEnabled()
        form.fields["app"].setText("parcels:bus")
        await until(form.open_button.isEnabled, "the form is complete")
        form.open_button.click()
        await until(lambda: shown.window.workbench.recording is not demo, "the project is loaded, without a question")
        assert dialog(shown, QMessageBox) is None
        await until(lambda: not demo.host.running, "the demo has ended")
        await fire(shown)
        await until(lambda: len(shown.desk.sessions.known) == 2, "both sessions are listed")
        assert Trust(trust_path()).needs_consent(project) is None
        assert shown.desk.flow.projects.recent()[0]["app"] == "parcels:bus"


async def test_back_to_the_demo_and_to_the_project_again_without_a_question(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db", project=write(tmp_path), confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        commands, source = shown.window.commands, shown.window.shell.bar.source
        child = shown.window.workbench.host
        assert commands.run("project.demo")
        await until(lambda: "embedded bus" in source.accessibleName(), "the demo runs")
        await until(lambda: child is not None and not child.running, "the project has ended")
        assert commands.reason("project.demo") == "The demo is running"
        await shown.fire("UserLoginAttempted")
        (recent,) = shown.desk.flow.recent_items()
        assert recent.label == f"parcels — {tmp_path}"
        assert recent.run is not None
        recent.run()
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded again")
        assert dialog(shown, QMessageBox) is None
        await fire(shown)


async def test_a_new_session_of_the_demo_and_of_a_project(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as shown:
        await shown.fire("UserLoginAttempted")
        first = shown.window.workbench.recording
        assert shown.window.commands.run("session.new")
        await until(lambda: shown.window.workbench.recording is not first, "the new session")
        await until(lambda: len(shown.desk.sessions.known) == 2, "both are listed")
        assert not len(shown.journal.publications)
        await shown.fire("UserLoginAttempted")
    async with opened(tmp_path / "p.db", project=write(tmp_path), confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        await fire(shown)
        assert shown.window.commands.run("project.pin")
        shown.window.commands.run("project.watch")
        first = shown.window.workbench.recording
        assert shown.window.commands.run("session.new")
        await until(lambda: not shown.window.tasks.running("Loading the project"), "the new session")
        assert shown.window.workbench.recording is not first
        assert shown.window.commands.checked("project.pin"), "it is fired after each reload all the same"
        assert not shown.window.commands.checked("project.watch")
        await fire(shown)


async def test_clearing_asks_and_leaves_an_empty_session_in_place_of_the_old_one(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as shown:
        await shown.fire("UserLoginAttempted")
        old = shown.window.workbench.live_session
        for answer in ("Cancel", "Clear"):
            assert shown.window.commands.run("session.clear")
            question = dialog(shown, QMessageBox)
            assert "1 event and" in question.informativeText()
            next(button for button in question.buttons() if button.text() == answer).click()
            await until(lambda: dialog(shown, QMessageBox) is None, "it is answered")
            assert answer == "Clear" or shown.window.workbench.live_session == old
        await until(lambda: shown.window.workbench.live_session not in (0, old), "the new session")
        await until(lambda: old not in [info.id for info in shown.desk.sessions.known], "the old one is gone")
        assert not len(shown.journal.publications)
        await shown.fire("UserLoginAttempted")


async def test_the_stored_session_that_is_shown_is_deleted_from_the_menu(tmp_path: Path) -> None:
    async with opened(tmp_path / "s.db") as shown:
        await shown.fire("UserLoginAttempted")
    async with opened(tmp_path / "s.db") as shown:
        commands = shown.window.commands
        assert "clear it" in commands.reason("session.delete")
        await until(lambda: len(shown.desk.sessions.known) == 2, "both are listed")
        old = shown.desk.sessions.known[1].id
        shown.desk.sessions.open(old)
        await until(lambda: not shown.window.workbench.live, "it is shown")
        assert "delete it" in commands.reason("session.clear")
        assert commands.run("session.delete")
        question = dialog(shown, QMessageBox)
        next(button for button in question.buttons() if button.text() == "Delete").click()
        await until(lambda: shown.window.workbench.live, "the live one is shown instead")
        await until(lambda: old not in [info.id for info in shown.desk.sessions.known], "it is gone")


async def test_what_was_allowed_on_the_command_line_is_not_asked_about_again(tmp_path: Path) -> None:
    project = write(tmp_path)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
    (tmp_path / "pyproject.toml").write_text('[tool.inspector]\napp = "parcels:bus"\n')
    found = Project.from_folder(tmp_path)
    async with opened(tmp_path / "s.db", project=found) as shown:
        await until(lambda: shown.desk.flow.project is not None, "it is loaded without a question")
        assert dialog(shown, QMessageBox) is None


async def test_a_folder_that_is_typed_is_read_like_one_that_is_browsed(tmp_path: Path) -> None:
    shop, bare = tmp_path / "shop", tmp_path / "bare"
    (shop / "src").mkdir(parents=True)
    bare.mkdir()
    (shop / "pyproject.toml").write_text(
        '[tool.inspector]\napp = "shop.wiring:bus"\nadapter = "odd"\nload-timeout = 4\n'
    )
    async with opened(tmp_path / "s.db") as shown:
        form = shown.desk.flow.ask()
        texts = {name: field.text for name, field in form.fields.items()}
        folder = form.fields["cwd"]
        folder.setFocus()
        await until(lambda: QApplication.focusWidget() is folder, "the form has the keyboard")
        shown.type(str(shop))
        await until(lambda: texts["app"]() == "shop.wiring:bus", "it is read while it is typed")
        assert (texts["cwd"](), texts["load_timeout"]()) == (str(shop), "4")
        form.fields["catalog"].setFocus()
        shown.type("shop.events")
        assert form.options()["adapter"] == "odd", "and all that has no field"
        folder.setFocus()
        folder.selectAll()
        shown.type(str(bare))

        shown.key(Qt.Key.Key_Tab)
        assert (texts["app"](), texts["load_timeout"](), texts["catalog"]()) == ("", "", "shop.events")
        assert "adapter" not in form.options() or not form.options()["adapter"]
        folder.setFocus()
        folder.selectAll()
        shown.type(str(shop / "src"))
        shown.key(Qt.Key.Key_Tab)
        assert (texts["app"](), texts["cwd"]()) == ("shop.wiring:bus", str(shop)), "the project is the one above"
        form.reject()


async def test_while_a_project_cannot_be_opened_the_form_says_what_is_missing(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "pyproject.toml").write_text("[tool.inspector\n")
    async with opened(tmp_path / "s.db") as shown:
        form = shown.desk.flow.ask()
        for folder, app, words in (
            (str(tmp_path), "", "App required"),
            (str(tmp_path / "nowhere"), "", "No folder"),
            (str(tmp_path), "", "App required"),
            (str(broken), "", "Cannot read"),
            (str(tmp_path), "not an import", "not an import"),
        ):
            form.fields["cwd"].setText(folder)
            form.fields["app"].setText(app)
            form._check()
            assert not form.open_button.isEnabled()
            shown_words = " ".join(label.text() for label in form.findChildren(QLabel) if label.isVisible())
            assert words in shown_words, (folder, app)
        form.fields["app"].setText("parcels:bus")
        form._check()
        assert form.open_button.isEnabled()
        form.reject()


async def test_a_saved_file_reloads_the_program_and_says_what_changed(tmp_path: Path) -> None:
    project = write(tmp_path, body="raise ValueError('no')")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        await fire(shown)
        assert shown.window.commands.run("project.pin")
        write(tmp_path, body="pass")
        strip = shown.desk.strip
        await until(lambda: strip.isVisible() and "Reloaded" in strip.text.text(), "the strip")
        assert "1 handler fixed" in strip.text.text()
        assert "1 unchanged" in strip.text.text()
        assert "Placed: parcels.ship" in strip.hint.text() or "ship" in strip.hint.text()


async def test_after_the_first_reload_it_is_offered_to_fire_each_time(tmp_path: Path) -> None:
    project = write(tmp_path, body="raise ValueError('no')")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        assert not shown.desk.fire_panel.context.session.isVisibleTo(shown.desk.fire_panel)  # it names none
        assert "session" not in shown.desk.fire_panel.context.summary()
        await fire(shown)
        write(tmp_path, body="pass")
        strip = shown.desk.strip
        await until(lambda: strip.isVisible() and "no event fires after a reload" in strip.text.text(), "the strip")
        before = len(shown.window.workbench.recording.journal.executions)
        strip.buttons[0].click()
        await until(lambda: len(shown.window.workbench.recording.journal.executions) > before, "it is fired")
        assert not strip.isVisible()
        write(tmp_path, body="raise ValueError('no')")
        await until(lambda: strip.isVisible() and "1 handler broke" in strip.text.text(), "the strip")


async def test_why_a_saved_file_cannot_be_loaded_stays_told_until_it_can(tmp_path: Path) -> None:
    project = write(tmp_path)
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        strip = shown.desk.strip
        (tmp_path / "parcels.py").write_text("this is no Python\n")
        await until(lambda: strip.isVisible() and "Reload failed" in strip.text.text(), "the strip")
        await asyncio.sleep(0.6)  # who looks after the process has seen by now that it has ended
        assert "parcels.py:1" in strip.text.text()
        assert [button.caption() for button in strip.buttons] == ["Retry"]
        await until(lambda: shown.desk.fire_panel.reason() == "The program has stopped", "it is reloading no longer")
        assert not any("parcels.py" in notice.text for notice in shown.notices), "once is enough"
        write(tmp_path)
        await until(lambda: "Reloaded" in strip.text.text(), "it is mended")


async def test_a_program_that_is_stopped_while_it_hangs_says_so(tmp_path: Path) -> None:
    project = write(tmp_path, body="while True: pass")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        shown.desk.selection.select_event("Placed")
        shown.window.commands.run("fire.selected")
        strip = shown.desk.strip
        await until(lambda: strip.isVisible() and "ship" in strip.text.text(), "it hangs")
        host = shown.window.workbench.recording.host
        await until(lambda: host.lag > 1_000_000_000, "the lag is told while it lasts")
        # Its text goes on while one waits, each time with new buttons.
        stop = lambda: [button for button in strip.buttons if button.caption() == "Stop" and button.isVisible()]  # noqa: E731
        await until(stop, "the button")
        shown.click(stop()[0])
        await until(lambda: [button.caption() for button in strip.buttons] == ["Restart"], "it is stopped")
        await asyncio.sleep(0.3)
        assert "is ended" not in strip.text.text()
        await until(lambda: all(band.end >= 0 for band in shown.desk.timeline.controller.scene.bands), "no more band")


async def test_a_program_that_dies_is_told_with_its_handler_and_can_be_restarted(tmp_path: Path) -> None:
    project = write(tmp_path, body="os._exit(3)")
    async with opened(tmp_path / "s.db", project=project, confirmed=True) as shown:
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        shown.desk.selection.select_event("Placed")
        shown.window.commands.run("fire.selected")
        strip = shown.desk.strip
        await until(lambda: strip.isVisible() and bool(strip.buttons), "the strip")
        await until(lambda: "ship" in strip.text.text(), "the host has said how it ended")
        assert not any("exit code 3" in notice.text for notice in shown.notices), "the strip tells it, and stays"
        reason = shown.window.commands.reason
        await until(lambda: reason("record.toggle") == "The program has stopped", "nothing can be recorded")
        await until(lambda: not shown.desk.conformance.fire.isEnabled(), "nor can everything be fired")
        for width in (1280, shown.window.shell.minimumWidth()):
            shown.window.shell.resize(width, 700)
            await until(lambda: strip.text.height() >= strip.text.heightForWidth(strip.text.width()), "all is seen")
            await until(lambda: strip.rect().contains(strip.buttons[-1].geometry()), "the buttons are laid out")
        assert shown.journal.execution(0).status == "interrupted"
        assert "stopped" in shown.window.workbench.fire_blocked() or shown.window.workbench.fire_blocked()
        write(tmp_path, body="pass")
        host = shown.window.workbench.recording.host
        await until(lambda: host.running, "it was loaded again because the file was saved")
        await fire(shown)
        assert shown.journal.execution(len(shown.journal.executions) - 1).status == "ok"


@pytest.mark.parametrize("name", ["a folder", "pyproject.toml"])
async def test_a_folder_that_is_dropped_fills_the_form_and_loads_nothing(tmp_path: Path, name: str) -> None:
    write(tmp_path, needs=f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    (tmp_path / "pyproject.toml").write_text('[tool.inspector]\napp = "parcels:bus"\n')
    async with opened(tmp_path / "s.db") as shown:
        assert drop_file(shown.window.shell, tmp_path if name == "a folder" else tmp_path / name)
        await until(lambda: dialog(shown, OpenProjectDialog) is not None, "the form")
        form = dialog(shown, OpenProjectDialog)
        assert form.fields["app"].text() == "parcels:bus"
        assert not (tmp_path / "ran").exists()
        form.reject()


async def test_a_mistake_in_the_settings_of_the_check_does_not_leave_the_findings_of_another_program(
    tmp_path: Path,
) -> None:
    project = write(tmp_path)
    async with opened(tmp_path / "s.db") as shown:
        panel = shown.desk.findings
        await until(lambda: panel.model.rowCount() > 0, "the demo is checked")
        (tmp_path / "pyproject.toml").write_text('[tool.inspector.check]\nfail-on = "never"\n')
        shown.desk.flow.projects._trust.remember(project)
        shown.desk.flow.open(project)
        await until(lambda: shown.desk.flow.project is not None, "the project is loaded")
        await until(lambda: panel.model.rowCount() == 0, "nothing is said of a program that could not be checked")
        assert panel.marks() == {}
        assert any("never" in notice.text for notice in shown.notices)
