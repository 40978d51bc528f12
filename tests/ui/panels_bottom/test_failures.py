import asyncio

from PySide6.QtGui import QGuiApplication

from inspector.analysis.query import parse
from inspector.app.tasks import TaskOwner
from inspector.core.capture import capture_failure
from inspector.models.failures import COUNT, TYPE
from inspector.ui.panels_bottom import FailuresPanel
from tests.analysis.sample_runs import MS, Run, Story, Told, failure


def failed(at, text, status="failed"):
    return Told("Paid", at, [Run(at, at + MS, "app:Audit.handle", status, failure=text)])


def filled(theme, selection, shown, *publications):
    story = Story()
    if publications:
        story.tell(publications)
    panel = FailuresPanel(theme, selection)
    panel.set_journal(story.journal)
    return story, shown(panel)


def cells(panel, column):
    return [panel.sorted.index(row, column).data() for row in range(panel.sorted.rowCount())]


def test_the_newest_group_is_first_and_its_newest_failure_is_read(theme, selection, shown):
    old, new = failed(0, failure("KeyError", "first")), failed(5 * MS, failure("OSError", "second"))
    story, panel = filled(theme, selection, shown, old, new)
    assert cells(panel, TYPE) == ["OSError", "KeyError"]
    assert panel._title.text() == "✕ OSError"
    assert panel._message.text() == "second"
    assert selection.execution == -1
    panel.folded(story.tell([failed(10 * MS, failure("KeyError", "third"))]))
    assert cells(panel, TYPE) == ["KeyError", "OSError"]
    assert cells(panel, COUNT) == ["2", "1"]
    assert panel._title.text() == "✕ OSError"


def test_choosing_a_group_selects_its_newest_execution(theme, selection, shown):
    _, panel = filled(theme, selection, shown, *(failed(n * MS, failure("KeyError", f"no {n}")) for n in range(3)))
    asked = []
    panel.show_in_timeline.connect(asked.append)
    panel.table.setCurrentIndex(panel.sorted.index(0, 1))
    panel.table.clearSelection()
    panel._before.click()
    assert (selection.execution, selection.publication, selection.handler, selection.event_name) == (1, 1, 0, "Paid")
    assert panel._of.text() == "2 of 3"
    assert panel._message.text() == "no 1"
    panel._before.click()
    assert not panel._before.isEnabled()
    panel._after.click()
    panel._show_in_timeline()
    assert asked == [1]


def test_an_execution_selected_elsewhere_shows_its_group_and_itself(theme, selection, shown):
    publications = [failed(n * MS, failure("KeyError" if n < 3 else "OSError", f"no {n}")) for n in range(5)]
    _, panel = filled(theme, selection, shown, *publications)
    selection.select_execution(1, 1, "Paid", 0)
    assert panel._title.text() == "✕ KeyError"
    assert panel._message.text() == "no 1"
    assert panel.table.currentIndex().data() == "KeyError"


def test_a_traceback_shows_source_locals_and_cause_as_plain_text(theme, selection, shown):
    secretive = "<b>&lt;bold</b>"
    try:
        try:
            raise LookupError("inner")
        except LookupError as error:
            raise RuntimeError(f"outer {secretive}") from error
    except RuntimeError as error:
        text = capture_failure(error)
    _, panel = filled(theme, selection, shown, failed(0, text.replace('"mine": false', '"mine": true')))
    read = panel.traceback.toPlainText()
    assert "in test_a_traceback_shows_source_locals_and_cause_as_plain_text" in read
    assert 'raise RuntimeError(f"outer' in read
    assert "▸" in read
    assert f"secretive = '{secretive}'" in read.replace("  ", " ").replace(" =", " =")
    assert "caused by  LookupError  inner" in read
    assert panel._message.text() == f"outer {secretive}"
    panel._as_text()
    from inspector.ui.text import copy_text

    copy_text(panel._as_text())
    assert QGuiApplication.clipboard().text().startswith("✕ RuntimeError\nouter <b>")


def test_text_that_is_no_failure_and_no_text_at_all_are_shown(theme, selection, shown):
    _, panel = filled(theme, selection, shown, failed(0, "odd text"))
    assert panel.traceback.toPlainText() == "odd text"
    _, panel = filled(theme, selection, shown, failed(0, "", status="timed_out"))
    assert panel._title.text() == "◔ timed out in Audit.handle"
    assert panel.traceback.toPlainText() == "Nothing was raised."


def test_a_light_theme_rewrites_the_traceback(theme, selection, shown):
    _, panel = filled(theme, selection, shown, failed(0, failure("KeyError")))
    before = panel.traceback.toPlainText()
    colour = panel.traceback.document().begin().begin().fragment().charFormat().foreground().color()
    theme.set_choice("light")
    assert panel.traceback.toPlainText() == before
    assert panel.traceback.document().begin().begin().fragment().charFormat().foreground().color() != colour


def test_without_failures_the_panel_says_so_and_counts_them_when_they_come(theme, selection, shown):
    story, panel = filled(theme, selection, shown)
    counts = []
    panel.count_changed.connect(counts.append)
    assert panel._empty.isVisible()
    panel.folded(story.tell([failed(0, failure("KeyError"))]))
    assert not panel._empty.isVisible()
    panel.set_filter(parse("error:OSError"))
    assert panel._empty.isVisible()
    assert counts == [1, 0]


async def test_a_failure_no_longer_at_hand_is_asked_for_and_late_answers_are_dropped(theme, selection, notices, shown):
    story = Story()
    story.tell([failed(n * MS, failure("KeyError", f"no {n}")) for n in range(2)])
    answers = {n: asyncio.get_running_loop().create_future() for n in range(2)}

    class Details:
        async def failure(self, execution):
            return await answers[execution]

    tasks = TaskOwner(notices)
    panel = FailuresPanel(theme, selection, Details(), tasks)
    panel.set_journal(story.journal)
    shown(panel)
    story.journal.failures._values.clear()
    panel._step(-1)
    panel._step(1)
    answers[1].set_result(failure("KeyError", "newest, looked up"))
    answers[0].set_result(failure("KeyError", "too late"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert panel._message.text() == "newest, looked up"
    await tasks.cancel_all()
